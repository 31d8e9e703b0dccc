// Ids are collected from the head downwards, since only parents are known; then the events are read
// upwards, in blocks: their objects and signatures by all processors, their order by one.
#include "audit/check_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "audit/event_signature.hpp"
#include "audit/replay.hpp"
#include "core/worker_pool.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kBlock = 512;          ///< events in memory at a time
constexpr std::size_t kAlwaysHashed = 1000;  ///< refs, and newest events

std::string place_of(const std::optional<ObjectId>& id) {
  return id ? id->hex() : std::string("nowhere");
}

/// What can be said of an event without the others.
struct Judged {
  LoadedLink loaded;
  SignatureCheck signature;
  std::string unreadable;  ///< empty: it was read
};

Judged judge(const ObjectDatabase& database, const ObjectId& id) {
  Judged judged;
  try {
    judged.loaded = load_link(database, id);
    judged.signature = check_signature(judged.loaded.commit);
  } catch (const Error& error) {
    judged.unreadable = error.what();
  }
  return judged;
}

class Check {
 public:
  Check(const ObjectDatabase& database, std::uint64_t events, ChainCheck& result)
      : database_(database), lists_(database), events_(events), result_(result) {}

  /// The event before the next one is not known, and so neither are the refs: said already.
  void lost() {
    lost_ = true;
    are_refs_known_ = false;
  }

  /// Events must come in the order of the chain, oldest first.
  void event(const Judged& judged) {
    ++done_;
    if (!judged.unreadable.empty()) {
      add(previous_ ? previous_->event.sequence + 1 : done_, "unreadable", judged.unreadable);
      lost();
      return;
    }
    const ChainLink& link = judged.loaded.link;
    check_link(judged.loaded);
    check_signature(judged);
    apply_moves(result_.refs, link.event.moves);
    for (const RefMove& move : link.event.moves) {
      result_.moved_by[move.name.str()] = link.event.sequence;
    }
    check_refs(link);
    if (previous_ && link.event.time < previous_->event.time) {
      result_.warnings.push_back(fmt::format("event {}: the clock ran backwards, from {} to {}",
                                             link.event.sequence, rfc3339(previous_->event.time),
                                             rfc3339(link.event.time)));
    }
    result_.last_sequence = link.event.sequence;
    previous_ = link;
    lost_ = false;
  }

  void real_refs(const RefMap& real) {
    if (!are_refs_known_) return;
    for (const ForeignRef& foreign : find_foreign(real, result_.refs)) {
      const auto expected = result_.refs.find(foreign.ref);
      const auto mover = result_.moved_by.find(foreign.ref);
      result_.problems.push_back(
          {mover == result_.moved_by.end() ? 0 : mover->second, "ref",
           fmt::format("'{}' is at {}, the chain put it at {}", foreign.ref,
                       place_of(foreign.found),
                       place_of(expected == result_.refs.end() ? std::nullopt
                                                               : std::optional(expected->second))),
           foreign.ref});
    }
  }

  /// What a key signed from the number on that its revocation names. The event that brought the
  /// key which revoked it is vouched for by that.
  void revocations() {
    for (const Revocation& revocation : revoked_) {
      const auto brought = brought_.find(revocation.by);
      for (const Span& span : spans_) {
        if (span.key != revocation.key) continue;
        for (std::uint64_t sequence = std::max(span.first, revocation.from);
             sequence <= std::min(span.last, revocation.sequence - 1); ++sequence) {
          if (brought != brought_.end() && brought->second == sequence) continue;
          add(sequence, "revoked",
              fmt::format("signed with the key {}, which event {} revoked from event {} on",
                          revocation.key, revocation.sequence, revocation.from));
        }
      }
    }
  }

 private:
  struct Span {
    std::uint64_t first, last;
    std::string key;
  };
  struct Revocation {
    std::string key;
    std::uint64_t from, sequence;
    std::string by;
  };

  void add(std::uint64_t sequence, std::string kind, std::string detail) {
    result_.problems.push_back({sequence, std::move(kind), std::move(detail), {}});
  }

  void check_link(const LoadedLink& loaded) {
    const ChainLink& link = loaded.link;
    const std::uint64_t sequence = link.event.sequence;
    for (const std::string& oddity : loaded.oddities) add(sequence, "form", oddity);
    if (find_trailer(loaded.trailers, "Event") != link.event.event_id) {
      add(sequence, "link", "its message and its event.json name different events");
    }
    if (lost_) return;  // the event before could not be read: that is said already
    const std::uint64_t expected = previous_ ? previous_->event.sequence + 1 : 1;
    if (sequence != expected) {
      add(sequence, "sequence", fmt::format("it should be event {}", expected));
    }
    const Sha256 before = previous_ ? previous_->commit_digest : Sha256();
    if (find_trailer(loaded.trailers, "Previous-SHA256") != before.hex()) {
      add(sequence, "link", "its Previous-SHA256 is not that of the event before it");
    }
  }

  void check_signature(const Judged& judged) {
    const ChainLink& link = judged.loaded.link;
    const std::uint64_t sequence = link.event.sequence;
    if (!judged.signature.key) {
      add(sequence, "signature", judged.signature.fault);
      return;  // so its own list is not believed either
    }
    try {
      const signing::PublicKey& key = *judged.signature.key;
      const auto& trusted = trusted_ ? lists_.read(*trusted_) : lists_.read(link.signers);
      const auto signer = find_principal(trusted, key);
      if (!signer) {
        add(sequence, "untrusted",
            fmt::format("the key {} was not trusted by the event before it", key.fingerprint()));
        return;
      }
      check_actor(judged.loaded, *signer);
      note_signer(link.event, key);
      if (trusted_ != link.signers) {
        trusted_ = link.signers;
        for (const signing::AllowedSigner& one : lists_.read(link.signers)) remember(one);
      }
    } catch (const Error& error) {
      add(sequence, "signature", error.what());
    }
  }

  void remember(const signing::AllowedSigner& signer) {
    const bool known =
        std::any_of(result_.signers.begin(), result_.signers.end(), [&](const auto& one) {
          return one.key == signer.key && one.principal == signer.principal;
        });
    if (!known) result_.signers.push_back(signer);
  }

  /// Who signed what, as far as a later revocation may ask.
  void note_signer(const Event& event, const signing::PublicKey& key) {
    const std::string name = key.fingerprint();
    const bool goes_on =
        !spans_.empty() && spans_.back().key == name &&
        spans_.back().last + 1 == event.sequence;  // never by more than it has events
    if (!goes_on) spans_.push_back({event.sequence, 0, name});
    spans_.back().last = event.sequence;
    const auto text = [&](const char* member) {
      const auto found = event.extra.find(member);
      return found != event.extra.end() && found->is_string() ? found->get<std::string>() : "";
    };
    if (event.event_type == kKeyChange) brought_[text("key_after")] = event.sequence;
    const auto from = event.extra.find("from");
    if (event.event_type == kKeyRevoke && from != event.extra.end() && from->is_number_unsigned()) {
      revoked_.push_back({text("key"), from->get<std::uint64_t>(), event.sequence, name});
    }
  }

  void check_actor(const LoadedLink& loaded, const std::string& signer) {
    const Event& event = loaded.link.event;
    const Commit& commit = loaded.commit;
    if (!is_by(commit, signer)) {
      add(event.sequence, "actor",
          fmt::format("it names '{}', the key belongs to '{}'",
                      commit.author.email == commit.committer.email ||
                              commit.author.email != clean_ident(signer, "user@localhost")
                          ? commit.author.email
                          : commit.committer.email,
                      signer));
    }
    if (commit.author.name != clean_ident(event.user, "user")) {
      add(event.sequence, "actor",
          fmt::format("its commit names '{}', its event.json '{}'", commit.author.name,
                      event.user));
    }
  }

  void check_refs(const ChainLink& link) {
    const std::uint64_t sequence = link.event.sequence;
    if (!are_refs_known_) return learn_refs(link);
    const bool hashed = result_.refs.size() <= kAlwaysHashed || done_ % kRefsListEvery == 0 ||
                        done_ + kAlwaysHashed > events_;
    if (hashed && digest_of(result_.refs) != link.refs_digest) {
      add(sequence, "refs", "its Refs-SHA256 is not that of the refs its moves lead to");
    } else if (!hashed && (!link.event.moves.empty() || !previous_)) {
      ++result_.unhashed;
    } else if (!hashed && previous_->refs_digest != link.refs_digest) {
      add(sequence, "refs", "it moved no ref, and its Refs-SHA256 is not that of the event before");
    }
    if (!link.refs_list) return;
    try {
      if (database_.read(*link.refs_list, ObjectType::Blob).bytes != lines_of(result_.refs)) {
        add(sequence, "refs", "its refs.txt is not what the moves before it lead to");
      }
    } catch (const Error& error) {
      add(sequence, "refs", error.what());
    }
  }

  /// From a list of all refs, if the event has one.
  void learn_refs(const ChainLink& link) {
    if (!link.refs_list) return;
    try {
      result_.refs = replay_refs(database_, link.id);
      are_refs_known_ = digest_of(result_.refs) == link.refs_digest;
    } catch (const Error& error) {
      add(link.event.sequence, "refs", error.what());
    }
  }

  const ObjectDatabase& database_;
  SignerLists lists_;
  std::uint64_t events_, done_ = 0;
  ChainCheck& result_;
  std::optional<ChainLink> previous_;
  std::optional<ObjectId> trusted_;  ///< the blob of the list that counts
  std::vector<Span> spans_;          ///< events in a row that one key signed
  std::vector<Revocation> revoked_;
  std::map<std::string, std::uint64_t> brought_;  ///< by key: the event that made it the signer
  bool lost_ = false, are_refs_known_ = true;
};

/// The parent that a commit names, whatever else is wrong with it: what lies below an event that
/// must be refused is to be checked all the same.
std::optional<ObjectId> parent_in(std::string_view commit) {
  constexpr std::string_view kParent = "\nparent ";
  const std::size_t at = commit.substr(0, commit.find("\n\n")).find(kParent);
  if (at == std::string_view::npos) return std::nullopt;
  return ObjectId::from_hex(commit.substr(at + kParent.size(), 2 * ObjectId::kSize));
}

/// The ids of the chain, newest first, as far as they can be followed.
std::vector<ObjectId> collect_ids(const ObjectDatabase& database, const ObjectId& head,
                                  ChainCheck& result) {
  std::vector<ObjectId> ids;
  try {
    for (std::optional<ObjectId> next = head; next;) {
      const std::string commit = database.read(*next, ObjectType::Commit).bytes;
      ids.push_back(*next);
      next = parent_in(commit);
    }
    result.first = ids.back();
  } catch (const Error& error) {
    const std::string above =
        ids.empty() ? "the newest event" : fmt::format("the event before {}", ids.back().hex());
    result.problems.push_back(
        {0, "unreadable", fmt::format("{} cannot be read: {}", above, error.what()), {}});
  }
  return ids;
}

void judge_block(const ObjectDatabase& database, WorkerPool& pool,
                 std::span<const ObjectId> newest_first, std::vector<Judged>& judged) {
  judged.clear();
  judged.resize(newest_first.size());
  constexpr std::size_t kJob = 32;
  for (std::size_t from = 0; from < judged.size(); from += kJob) {
    pool.submit([&, from] {
      for (std::size_t i = from; i < std::min(from + kJob, judged.size()); ++i) {
        judged[i] = judge(database, newest_first[newest_first.size() - 1 - i]);
      }
    });
  }
  pool.wait();
}

}  // namespace

ChainCheck check_chain(const ObjectDatabase& database, const ObjectId& head,
                       const RefMap& real_refs, const std::vector<SeenEvent>& seen,
                       const std::function<void(std::uint64_t)>& advance) {
  ChainCheck result;
  const std::vector<ObjectId> ids = collect_ids(database, head, result);
  result.events = ids.size();
  result.found.resize(seen.size());
  Check check(database, ids.size(), result);
  if (result.first.is_zero()) check.lost();
  WorkerPool pool;
  std::vector<Judged> judged;
  for (std::size_t left = ids.size(); left > 0;) {
    const std::size_t size = std::min(left, kBlock);
    left -= size;
    judge_block(database, pool, std::span(ids).subspan(left, size), judged);
    for (const Judged& one : judged) {
      check.event(one);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        const ChainLink& link = one.loaded.link;
        if (one.unreadable.empty() && link.event.sequence == seen[i].sequence) {
          result.found[i] = link.id;
        }
      }
    }
    if (advance) advance(size);
  }
  check.revocations();
  check.real_refs(real_refs);
  return result;
}

}  // namespace stravinsky
