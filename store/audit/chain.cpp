#include "audit/chain.hpp"

#include <fmt/format.h>

#include <algorithm>

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

ObjectId blob_in(const ObjectDatabase& database, const ObjectId& tree, std::string_view name,
                 const ObjectId& event) {
  for (const TreeEntry& entry : parse_tree(database.read(tree, ObjectType::Tree).bytes, tree)) {
    if (entry.name == name && entry.mode == GitMode::File) return entry.id;
  }
  throw bad_event(event, fmt::format("its tree has no '{}'", name));
}

}  // namespace

ChainLink read_link(const ObjectDatabase& database, const ObjectId& id) {
  const Object object = database.read(id, ObjectType::Commit);
  const Commit commit = parse_commit(object.bytes, id);
  if (commit.parents.size() > 1) throw bad_event(id, "it has more than one parent");
  ChainLink link;
  link.id = id;
  if (!commit.parents.empty()) link.parent = commit.parents.front();
  link.tree = commit.tree;
  link.commit_digest = sha256(object.bytes);
  const Trailers trailers = parse_trailers(commit.message);
  link.refs_digest = sha256_trailer(trailers, "Refs-SHA256", id);
  const ObjectId blob = blob_in(database, commit.tree, "event.json", id);
  link.event = parse_event(database.read(blob, ObjectType::Blob).bytes, id);
  const auto sequence = find_trailer(trailers, "Sequence");
  if (!sequence || parse_unsigned(*sequence) != link.event.sequence) {
    throw bad_event(id, "its message and its event.json have different sequences");
  }
  return link;
}

std::vector<ChainLink> read_links_after(const ObjectDatabase& database, const ObjectId& head,
                                        std::uint64_t applied) {
  std::vector<ChainLink> links;
  std::optional<ObjectId> next = head;
  while (next) {
    ChainLink link = read_link(database, *next);
    if (!links.empty() && link.event.sequence + 1 != links.back().event.sequence) {
      throw Error(Errc::Signature,
                  fmt::format("cannot follow the audit chain below {}", head.hex()),
                  fmt::format("event {} is followed by event {}", link.event.sequence,
                              links.back().event.sequence),
                  "run `stravinsky audit verify`");
    }
    if (link.event.sequence <= applied) break;
    next = link.parent;
    links.push_back(std::move(link));
  }
  std::reverse(links.begin(), links.end());
  return links;
}

std::string read_allowed_signers(const ObjectDatabase& database, const ChainLink& link) {
  const ObjectId blob = blob_in(database, link.tree, "allowed_signers", link.id);
  return database.read(blob, ObjectType::Blob).bytes;
}

ChainLink write_link(ObjectWriter& writer, Event event, const std::optional<ChainLink>& head,
                     const std::string& allowed_signers, const RefMap& refs_after,
                     const signing::SigningKey& key) {
  event.sequence = head ? head->event.sequence + 1 : 1;
  const std::string refs_lines = lines_of(refs_after);
  const Sha256 refs_digest = sha256(refs_lines);

  std::vector<TreeEntry> entries;
  entries.push_back(
      {GitMode::File, "allowed_signers", writer.put(ObjectType::Blob, allowed_signers)});
  entries.push_back(
      {GitMode::File, "event.json", writer.put(ObjectType::Blob, encode_event(event))});
  if (event.sequence % kRefsListEvery == 0) {
    entries.push_back({GitMode::File, "refs.txt", writer.put(ObjectType::Blob, refs_lines)});
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
  ChainLink link;
  link.id = writer.put(ObjectType::Commit, bytes);
  if (head) link.parent = head->id;
  link.event = std::move(event);
  link.commit_digest = sha256(bytes);
  link.refs_digest = refs_digest;
  link.tree = commit.tree;
  return link;
}

}  // namespace stravinsky
