#include "audit/check_chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "audit/replay.hpp"
#include "objects/tree_object.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

std::string place_of(const std::optional<ObjectId>& id) {
  return id ? id->hex() : std::string("nowhere");
}

class Check {
 public:
  Check(const ObjectDatabase& database, ChainCheck& result)
      : database_(database), result_(result) {}

  /// Events must come in the order of the chain, oldest first.
  void event(const ObjectId& id) {
    ChainLink link;
    try {
      link = read_link(database_, id);
    } catch (const Error& error) {
      add(previous_ ? previous_->event.sequence + 1 : 1, "unreadable", error.what());
      lost_ = true;
      return;
    }
    check_link(link);
    check_signature(link);
    apply_moves(refs_, link.event.moves);
    check_refs(link);
    if (previous_ && link.event.time < previous_->event.time) {
      result_.warnings.push_back(fmt::format("event {}: the clock ran backwards, from {} to {}",
                                             link.event.sequence, rfc3339(previous_->event.time),
                                             rfc3339(link.event.time)));
    }
    previous_ = std::move(link);
    lost_ = false;
  }

  void real_refs(const RefMap& real) {
    for (const ForeignRef& foreign : find_foreign(real, refs_)) {
      const auto expected = refs_.find(foreign.ref);
      add(0, "ref",
          fmt::format(
              "'{}' is at {}, the chain put it at {}", foreign.ref, place_of(foreign.found),
              place_of(expected == refs_.end() ? std::nullopt : std::optional(expected->second))));
    }
  }

 private:
  void add(std::uint64_t sequence, std::string kind, std::string detail) {
    result_.problems.push_back({sequence, std::move(kind), std::move(detail)});
  }

  void check_link(const ChainLink& link) {
    const std::uint64_t sequence = link.event.sequence;
    if (lost_) return;  // the event before could not be read: that is said already
    const std::uint64_t expected = previous_ ? previous_->event.sequence + 1 : 1;
    if (sequence != expected) {
      add(sequence, "sequence", fmt::format("it should be event {}", expected));
    }
    const Trailers trailers = parse_trailers(
        parse_commit(database_.read(link.id, ObjectType::Commit).bytes, link.id).message);
    const Sha256 before = previous_ ? previous_->commit_digest : Sha256();
    if (find_trailer(trailers, "Previous-SHA256") != before.hex()) {
      add(sequence, "link", "its Previous-SHA256 is not that of the event before it");
    }
    if (find_trailer(trailers, "Event") != link.event.event_id) {
      add(sequence, "link", "its message and its event.json name different events");
    }
  }

  void check_signature(const ChainLink& link) {
    const std::uint64_t sequence = link.event.sequence;
    try {
      const Commit commit =
          parse_commit(database_.read(link.id, ObjectType::Commit).bytes, link.id);
      if (commit.signature.empty()) {
        add(sequence, "signature", "it is not signed");
        return;
      }
      const signing::PublicKey key =
          signing::verify_signature(commit_payload(commit), commit.signature);
      const auto own = signing::parse_allowed_signers(read_allowed_signers(database_, link));
      const auto& trusted = signers_.empty() ? own : signers_;
      const auto signer = std::find_if(trusted.begin(), trusted.end(),
                                       [&](const auto& allowed) { return allowed.key == key; });
      if (signer == trusted.end()) {
        add(sequence, "untrusted",
            fmt::format("the key {} was not trusted by the event before it", key.fingerprint()));
        return;  // so its own list is not believed either
      }
      if (commit.committer.email != clean_ident(signer->principal, "user@localhost")) {
        add(sequence, "actor",
            fmt::format("it names '{}', the key belongs to '{}'", commit.committer.email,
                        signer->principal));
      }
      signers_ = own;
    } catch (const Error& error) {
      add(sequence, "signature", error.what());
    }
  }

  void check_refs(const ChainLink& link) {
    const std::uint64_t sequence = link.event.sequence;
    if (lost_) return;
    if (digest_of(refs_) != link.refs_digest) {
      add(sequence, "refs", "its Refs-SHA256 is not that of the refs its moves lead to");
    }
    if (sequence % kRefsListEvery != 0) return;
    try {
      if (replay_refs(database_, link.id) != refs_) {
        add(sequence, "refs", "its refs.txt is not what the moves before it lead to");
      }
    } catch (const Error& error) {
      add(sequence, "refs", error.what());
    }
  }

  const ObjectDatabase& database_;
  ChainCheck& result_;
  RefMap refs_;
  std::optional<ChainLink> previous_;
  std::vector<signing::AllowedSigner> signers_;
  bool lost_ = false;
};

}  // namespace

ChainCheck check_chain(const ObjectDatabase& database, const ObjectId& head,
                       const RefMap& real_refs) {
  ChainCheck result;
  std::vector<ObjectId> ids;
  for (std::optional<ObjectId> next = head; next;) {
    ids.push_back(*next);
    try {
      const Commit commit = parse_commit(database.read(*next, ObjectType::Commit).bytes, *next);
      next = commit.parents.empty() ? std::nullopt : std::optional(commit.parents.front());
    } catch (const Error& error) {
      result.problems.push_back({0, "unreadable", error.what()});
      break;
    }
  }
  result.events = ids.size();
  Check check(database, result);
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) check.event(*id);
  check.real_refs(real_refs);
  return result;
}

}  // namespace stravinsky
