// The chain, what refs it says there are, what it names, and what others remember of it. What none
// of these can show is said aloud: a check that is silent there would be believed too much.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "audit/check_chain.hpp"
#include "audit/event_signature.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "core/worker_pool.hpp"
#include "fs/file.hpp"
#include "snapshots/audit_head.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/audit.hpp"

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

  void check_chain_and_refs() {
    result_.head = audit_head(parts_);
    const RefMap refs = parts_.read_found_refs();
    chain_ = check_chain(*parts_.database, result_.head, covered_by_events(refs), {},
                         [this](std::uint64_t events) { advance(events); });
    result_.events = chain_.events;
    result_.sequence = chain_.last_sequence;
    result_.warnings = chain_.warnings;
    for (const ChainProblem& problem : chain_.problems) {
      // A clone has brought some refs along and not others, and calls branches otherwise.
      if (parts_.is_clone && problem.kind == "ref" &&
          !(problem.ref.starts_with(kTags) && refs.contains(problem.ref))) {
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
      add(0, "snapshot", fmt::format("{}: {}", quoted(snapshots[i].first), faults[i]));
    }
  }

  /// The copy that plain git takes its trust from.
  void check_signers_file() {
    if (parts_.is_clone) return;
    try {
      const std::string copy = fs::read_file(parts_.own("allowed_signers"), 1 << 20);
      if (copy == read_allowed_signers(*parts_.database, read_link(*parts_.database, result_.head)))
        return;
      add(0, "signers",
          "'stravinsky/allowed_signers', by which git verify-commit judges, is not the list of the "
          "newest event");
    } catch (const Error& error) {
      add(0, "signers", error.what());
    }
  }

  AuditVerification finish() {
    result_.ok = result_.problems.empty();
    return std::move(result_);
  }

 private:
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
  AuditVerification result_;
};

}  // namespace

AuditVerification verify_audit(const Store& store, const AuditVerifyOptions&, Progress& progress) {
  Verification verification(store.parts(), progress);
  verification.check_chain_and_refs();
  verification.check_snapshots();
  verification.check_signers_file();
  return verification.finish();
}

}  // namespace stravinsky
