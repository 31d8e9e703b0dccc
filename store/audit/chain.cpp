#include "audit/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "objects/tree_object.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

Error bad_event(const ObjectId& id, std::string_view reason) {
  return Error(Errc::Corrupt, fmt::format("cannot read the event {}", id.hex()),
               std::string(reason), "run `stravinsky verify` to see what is damaged");
}

Sha256 sha256_trailer(const Trailers& trailers, std::string_view key, const ObjectId& id) {
  const auto text = find_trailer(trailers, key);
  const auto digest = text ? Sha256::from_hex(*text) : std::nullopt;
  if (!digest) throw bad_event(id, fmt::format("it has no trailer '{}'", key));
  return *digest;
}

/// Takes the blobs out of an event's tree.
void read_event_tree(const ObjectDatabase& database, LoadedLink& loaded, ObjectId& event_json) {
  ChainLink& link = loaded.link;
  for (const TreeEntry& entry :
       parse_tree(database.read(link.tree, ObjectType::Tree).bytes, link.tree)) {
    if (entry.mode != GitMode::File) {
      loaded.oddities.push_back(fmt::format("its tree has {}, no plain file", quoted(entry.name)));
    } else if (entry.name == "event.json") {
      event_json = entry.id;
    } else if (entry.name == "allowed_signers") {
      link.signers = entry.id;
    } else if (entry.name == "refs.txt") {
      link.refs_list = entry.id;
    } else {
      loaded.oddities.push_back(fmt::format("its tree has a file {}", quoted(entry.name)));
    }
  }
  for (const auto& [name, id] :
       {std::pair("event.json", event_json), std::pair("allowed_signers", link.signers)}) {
    if (id.is_zero()) throw bad_event(link.id, fmt::format("its tree has no '{}'", name));
  }
}

}  // namespace

LoadedLink load_link(const ObjectDatabase& database, const ObjectId& id) {
  const Object object = database.read(id, ObjectType::Commit);
  LoadedLink loaded;
  loaded.commit = parse_commit(object.bytes, id);
  const Commit& commit = loaded.commit;
  if (commit.parents.size() > 1) throw bad_event(id, "it has more than one parent");
  ChainLink& link = loaded.link;
  link.id = id;
  if (!commit.parents.empty()) link.parent = commit.parents.front();
  link.tree = commit.tree;
  link.commit_digest = sha256(object.bytes);
  loaded.trailers = parse_trailers(commit.message);
  link.refs_digest = sha256_trailer(loaded.trailers, "Refs-SHA256", id);
  ObjectId event_json;
  read_event_tree(database, loaded, event_json);
  const std::string text = database.read(event_json, ObjectType::Blob).bytes;
  bool is_only_form = false;
  link.event = parse_event(text, id, &is_only_form);
  const auto sequence = find_trailer(loaded.trailers, "Sequence");
  if (!sequence || parse_unsigned(*sequence) != link.event.sequence) {
    throw bad_event(id, "its message and its event.json have different sequences");
  }
  // One text for one event: else two readers of JSON could see two events under one signature.
  if (!is_only_form) {
    loaded.oddities.emplace_back("its event.json is not in its only form");
  }
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(link.event.time).time_since_epoch().count();
  for (const Ident* ident : {&commit.author, &commit.committer}) {
    if (ident->seconds == seconds && ident->zone == "+0000") continue;
    loaded.oddities.emplace_back("its commit and its event.json give different times");
    break;
  }
  const std::string title = commit.message.substr(0, commit.message.find('\n'));
  if (title.starts_with(link.event.event_type + " ")) {
    link.event.subject = title.substr(link.event.event_type.size() + 1);
  } else if (title != link.event.event_type) {
    loaded.oddities.emplace_back("its message names another type of event");
  }
  if (link.refs_list.has_value() != (link.event.sequence % kRefsListEvery == 0)) {
    loaded.oddities.emplace_back(link.refs_list ? "it has a refs.txt out of turn"
                                                : "it has no refs.txt");
  }
  return loaded;
}

ChainLink read_link(const ObjectDatabase& database, const ObjectId& id) {
  return load_link(database, id).link;
}

std::optional<ChainWalk::Step> ChainWalk::next() {
  if (!next_) return std::nullopt;
  const ObjectId id = *std::exchange(next_, std::nullopt);
  Commit commit = parse_commit(database_.read(id, ObjectType::Commit).bytes, id);
  if (!commit.parents.empty()) next_ = commit.parents.front();
  return Step{id, std::move(commit.message)};
}

ObjectId find_first_event(const ObjectDatabase& database, const ObjectId& head) {
  ObjectId first = head;
  ChainWalk walk(database, head);
  while (const auto step = walk.next()) first = step->id;
  return first;
}

std::optional<std::uint64_t> sequence_in(std::string_view message) {
  const auto text = find_trailer(parse_trailers(message), "Sequence");
  return text ? parse_unsigned(*text) : std::nullopt;
}

std::optional<ObjectId> find_sequence(const ObjectDatabase& database, const ObjectId& head,
                                      std::uint64_t sequence) {
  ChainWalk walk(database, head);
  while (const auto step = walk.next()) {
    const auto found = sequence_in(step->message);
    if (found == sequence) return step->id;
    if (found && *found > sequence) continue;
    if (step->id == head && found) return std::nullopt;
    break;
  }
  throw Error(Errc::Signature, fmt::format("cannot find event {} of the audit chain", sequence),
              "the numbers of its events do not lead there", "run `stravinsky audit verify`");
}

std::vector<ChainLink> read_links_after(const ObjectDatabase& database, const ChainLink& head,
                                        std::uint64_t applied) {
  std::vector<ChainLink> links;
  if (head.event.sequence > applied) links.push_back(head);
  // The last one's number says what stands before it: that is not read for nothing.
  while (!links.empty() && links.back().parent && links.back().event.sequence > applied + 1) {
    ChainLink link = read_link(database, *links.back().parent);
    if (link.event.sequence + 1 != links.back().event.sequence) {
      throw Error(Errc::Signature,
                  fmt::format("cannot follow the audit chain below {}", head.id.hex()),
                  fmt::format("event {} is followed by event {}", link.event.sequence,
                              links.back().event.sequence),
                  "run `stravinsky audit verify`");
    }
    links.push_back(std::move(link));
  }
  std::reverse(links.begin(), links.end());
  return links;
}

std::string read_allowed_signers(const ObjectDatabase& database, const ChainLink& link) {
  return database.read(link.signers, ObjectType::Blob).bytes;
}

ChainLink write_link(ObjectWriter& writer, Event event, const std::optional<ChainLink>& head,
                     const std::string& allowed_signers, const RefMap& refs_after,
                     const signing::SigningKey& key) {
  event.sequence = head ? head->event.sequence + 1 : 1;
  const Sha256 refs_digest = digest_of(refs_after);

  ChainLink link;
  link.signers = writer.put(ObjectType::Blob, allowed_signers);
  std::vector<TreeEntry> entries;
  entries.push_back({GitMode::File, "allowed_signers", link.signers});
  entries.push_back(
      {GitMode::File, "event.json", writer.put(ObjectType::Blob, encode_event(event))});
  if (event.sequence % kRefsListEvery == 0) {
    link.refs_list = writer.put(ObjectType::Blob, lines_of(refs_after));
    entries.push_back({GitMode::File, "refs.txt", *link.refs_list});
  }
  Commit commit;
  commit.tree = writer.put(ObjectType::Tree, encode_tree(entries));
  if (head) commit.parents.push_back(head->id);
  commit.author.name = clean_ident(event.user, "user");
  commit.author.email = clean_ident(key.principal(), "user@localhost");
  commit.author.seconds =
      std::chrono::floor<std::chrono::seconds>(event.time).time_since_epoch().count();
  commit.committer = commit.author;
  std::string subject = event.event_type;
  if (!event.subject.empty()) subject += " " + event.subject;
  commit.message = message_with_trailers(
      subject, {{"Sequence", std::to_string(event.sequence)},
                {"Event", event.event_id},
                {"Previous-SHA256", head ? head->commit_digest.hex() : Sha256().hex()},
                {"Refs-SHA256", refs_digest.hex()}});
  commit.signature = key.sign(commit_payload(commit));

  const std::string bytes = encode_commit(commit);
  link.id = writer.put(ObjectType::Commit, bytes);
  if (head) link.parent = head->id;
  link.event = std::move(event);
  link.commit_digest = sha256(bytes);
  link.refs_digest = refs_digest;
  link.tree = commit.tree;
  return link;
}

}  // namespace stravinsky
