// The chain, what refs it says there are, what it names, and what others remember of it. What none
// of these can show is said aloud: a check that is silent there would be believed too much.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "audit/check_chain.hpp"
#include "audit/checkpoint.hpp"
#include "audit/event_signature.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "core/worker_pool.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "transaction/kept_checkpoint.hpp"
#include "transaction/signers_file.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kTags = "refs/tags/", kTrash = "refs/stravinsky/trash/";

/// What of a snapshot its commit vouches for at first hand: the signature, and that the two digests
/// in it are those of the manifest and of the top directory. `stravinsky verify` goes further down.
std::string fault_of(const ObjectDatabase& database, const ObjectId& id,
                     const std::vector<signing::AllowedSigner>& signers) {
  try {
    const Commit commit = parse_commit(database.read(id, ObjectType::Commit).bytes, id);
    const SignatureCheck check = check_signature(commit);
    if (!check.key) return check.fault;
    const bool listed = std::any_of(signers.begin(), signers.end(), [&](const auto& signer) {
      return signer.key == *check.key && is_by(commit, signer.principal);
    });
    if (!listed)
      return fmt::format("signed with the key {}, which the chain never trusted for {}",
                         check.key->fingerprint(), quoted(commit.committer.email));
    const Snapshot snapshot = read_snapshot_commit(database, id);
    const SnapshotRoots roots = read_snapshot_roots(database, snapshot);
    if (sha256(database.read(roots.manifest, ObjectType::Blob).bytes) != snapshot.manifest) {
      return "its snapshot.json is not that of its Manifest-SHA256";
    }
    read_directory(database, roots.top, "", Position::Top);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

class Verification {
 public:
  Verification(Store::Parts& parts, Progress& progress) : parts_(parts), progress_(progress) {}

  /// What others remember, before the chain is looked at: it may only grow meanwhile.
  void read_checkpoints(const AuditVerifyOptions& options) {
    for (const auto& [name, text] : options.checkpoints) {
      given_.emplace_back(name, parse_checkpoint(text));
    }
    try {
      kept_ = find_kept_checkpoint(parts_);
    } catch (const Error& error) {
      add(0, "checkpoint", error.what());
    }
  }

  void check_chain_and_refs() {
    // Both at one time: whoever writes meanwhile moves the head and the refs.
    const RefMap refs = parts_.read_found_refs();
    const auto head = refs.find(kAuditRef);
    result_.head = head != refs.end() ? head->second : parts_.audit_head();
    std::vector<SeenEvent> seen;
    for (const auto& [name, given] : given_) {
      seen.push_back({given.checkpoint.sequence, given.checkpoint.commit});
    }
    if (kept_) seen.push_back({kept_->sequence, kept_->head});
    chain_ = check_chain(*parts_.database, result_.head, covered_by_events(refs), seen,
                         [this](std::uint64_t events) { advance(events); });
    result_.events = chain_.events;
    result_.sequence = chain_.last_sequence;
    result_.warnings = chain_.warnings;
    for (const ChainProblem& problem : chain_.problems) {
      // A clone has brought some refs along and not others, and calls branches otherwise.
      if (parts_.is_clone && problem.kind == "ref" && !is_wrong_in_clone(problem.ref, refs)) {
        continue;
      }
      add(problem.sequence, problem.kind, problem.detail);
    }
  }

  void check_snapshots() {
    std::vector<std::pair<std::string, ObjectId>> snapshots;
    for (const auto& [name, id] : chain_.refs) {
      if (!name.starts_with(kTags) && !name.starts_with(kTrash)) continue;
      if (parts_.is_clone && !parts_.database->contains(id)) continue;
      snapshots.emplace_back(name, id);
    }
    std::vector<std::string> faults(snapshots.size());
    WorkerPool pool;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      pool.submit(
          [&, i] { faults[i] = fault_of(*parts_.database, snapshots[i].second, chain_.signers); });
      pool.wait_below(64);
      if (i % 64 == 0) advance(0);
    }
    pool.wait();
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      if (faults[i].empty()) continue;
      const auto mover = chain_.moved_by.find(snapshots[i].first);
      add(mover == chain_.moved_by.end() ? 0 : mover->second, "snapshot",
          fmt::format("{}: {}", quoted(snapshots[i].first), faults[i]));
    }
  }

  /// What plain git takes its trust from.
  void check_signers_file() {
    if (parts_.is_clone) return;
    try {
      const std::string fault = fault_of_signers(parts_, read_link(*parts_.database, result_.head));
      if (!fault.empty()) add(0, "signers", fault);
    } catch (const Error& error) {
      add(0, "signers", error.what());
    }
  }

  void hold_against_checkpoints() {
    for (std::size_t i = 0; i < given_.size(); ++i) {
      const auto& [name, given] = given_[i];
      const Checkpoint& checkpoint = given.checkpoint;
      std::string fault = fault_against(name, checkpoint.first, checkpoint.sequence,
                                        checkpoint.commit, chain_.found[i]);
      if (fault.empty()) fault = fault_of_note(name, given);
      conclude(name, checkpoint.sequence, fault);
    }
    if (!kept_) return;
    conclude("kept", kept_->sequence,
             fault_against("what was seen here", kept_->first.value_or(chain_.first),
                           kept_->sequence, kept_->head, chain_.found.back()));
  }

  /// A silence that would be taken for a proof.
  void say_what_is_not_proved() {
    std::uint64_t given = 0, kept = 0;
    for (const CheckedCheckpoint& one : result_.checkpoints) {
      std::uint64_t& newest = one.source == "kept" ? kept : given;
      if (one.agrees) newest = std::max(newest, one.sequence);
    }
    if (given == 0 && kept == 0) {
      result_.unproved.emplace_back(
          "that no newer events were cut off, and that nobody who holds the key wrote the chain "
          "anew: nothing outside it was at hand that remembers it; keep what `stravinsky audit "
          "checkpoint` prints elsewhere, and give it with --checkpoint");
    } else if (given == 0) {
      result_.unproved.emplace_back(
          "that nobody who can write both to the store and to the directory of checkpoints changed "
          "the two together: a checkpoint kept elsewhere shows that, see `stravinsky audit "
          "checkpoint`");
    } else if (std::max(given, kept) < result_.sequence) {
      result_.unproved.push_back(
          fmt::format("that the events after {} are those that were written first, if somebody "
                      "else has the key",
                      std::max(given, kept)));
    }
    if (chain_.unhashed > 0) {
      result_.unproved.push_back(
          fmt::format("the Refs-SHA256 of {} older events, which was not computed anew: that would "
                      "take the square of their number, and their moves are signed",
                      chain_.unhashed));
    }
    say_what_a_clone_cannot_show();
    result_.unproved.emplace_back(
        "that the files of the snapshots still have their content: stravinsky verify --read-data");
  }

  AuditVerification finish() {
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [](const AuditProblem& a, const AuditProblem& b) {
                       const auto place = [](const AuditProblem& p) { return p.sequence - 1; };
                       return place(a) < place(b);  // those of no single event last
                     });
    result_.ok = result_.problems.empty();
    return std::move(result_);
  }

 private:
  /// A tag that git never pruned is as the chain once had it, and so is a branch that was not
  /// fetched since: git makes no difference between that and one that was moved back.
  bool is_wrong_in_clone(const std::string& ref, const RefMap& refs) {
    const auto found = refs.find(ref);
    const bool is_branch = ref.starts_with("refs/heads/");
    if (found == refs.end() || !(is_branch || ref.starts_with(kTags))) return false;
    if (is_branch && !chain_.moved_by.contains(ref)) return false;  // the clone's own
    if (!is_branch && chain_.refs.contains(ref)) return true;
    for (std::optional<ObjectId> next = result_.head; next;) {
      const ChainLink link = read_link(*parts_.database, *next);
      for (const RefMove& move : link.event.moves) {
        if (move.name.str() != ref || move.target != found->second) continue;
        if (is_branch) stale_.push_back(ref);
        return false;
      }
      next = link.parent;
    }
    return true;
  }

  void say_what_a_clone_cannot_show() {
    if (!parts_.is_clone) return;
    result_.unproved.emplace_back(
        "that no tag is missing here, and none of the refs that a clone does not bring along was "
        "moved: ask the store itself");
    for (const std::string& branch : stale_) {
      result_.unproved.push_back(
          fmt::format("that the branch {} was not moved back: it stands where the chain had it "
                      "before, as one does that was not fetched since",
                      quoted(branch)));
    }
  }

  std::string fault_against(std::string_view source, const ObjectId& first, std::uint64_t sequence,
                            const ObjectId& commit, const std::optional<ObjectId>& found) const {
    if (first != chain_.first) {
      return fmt::format(
          "{} is of a chain that begins with {}, this one begins with {}: another "
          "chain stands in its place",
          source, first.hex(), chain_.first.hex());
    }
    if (sequence > chain_.last_sequence) {
      return fmt::format(
          "{} knows event {}, the chain ends at event {}: newer events were cut off, "
          "or an older copy of the store was put back",
          source, sequence, chain_.last_sequence);
    }
    if (found == commit) return {};
    return fmt::format(
        "{} knows event {} as {}, the chain has {}: it was rewritten there or before", source,
        sequence, commit.hex(), found ? found->hex() : "none");
  }

  std::string fault_of_note(std::string_view name, const GivenCheckpoint& given) const {
    const Checkpoint& checkpoint = given.checkpoint;
    const std::string origin = checkpoint_origin(checkpoint.first);
    const bool is_signed = std::any_of(
        chain_.signers.begin(), chain_.signers.end(),
        [&](const auto& signer) { return signing::is_signed_by(given.note, origin, signer.key); });
    if (!is_signed) return fmt::format("{} is not signed by a key of this chain", name);
    if (sha256(parts_.database->read(checkpoint.commit, ObjectType::Commit).bytes) ==
        checkpoint.digest) {
      return {};
    }
    return fmt::format("{} gives another SHA-256 for event {}", name, checkpoint.sequence);
  }

  void conclude(const std::string& source, std::uint64_t sequence, const std::string& fault) {
    result_.checkpoints.push_back({source, sequence, fault.empty()});
    if (!fault.empty()) add(sequence, "checkpoint", fault);
  }

  void add(std::uint64_t sequence, std::string kind, std::string detail) {
    result_.problems.push_back({sequence, std::move(kind), std::move(detail)});
  }

  void advance(std::uint64_t events) {
    if (progress_.cancelled()) throw Error(Errc::Cancelled, "verify stopped", "it was asked to");
    progress_.advance(events, 0);
  }

  Store::Parts& parts_;
  Progress& progress_;
  ChainCheck chain_;
  std::vector<std::pair<std::string, GivenCheckpoint>> given_;
  std::optional<KeptCheckpoint> kept_;
  std::vector<std::string> stale_;  ///< branches of a clone that stand where they once were
  AuditVerification result_;
};

}  // namespace

AuditVerification verify_audit(const Store& store, const AuditVerifyOptions& options,
                               Progress& progress) {
  Verification verification(store.parts(), progress);
  verification.read_checkpoints(options);
  verification.check_chain_and_refs();
  verification.check_snapshots();
  verification.check_signers_file();
  verification.hold_against_checkpoints();
  verification.say_what_is_not_proved();
  return verification.finish();
}

}  // namespace stravinsky
