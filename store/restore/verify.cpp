#include "stravinsky/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "audit/check_chain.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "restore/compare_restored.hpp"
#include "restore/verify_repository.hpp"
#include "restore/verify_snapshots.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/restore.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kTags = "refs/tags/";

bool is_of_the_store(const Error& error) {
  switch (error.code()) {
    case Errc::Cancelled:
    case Errc::NoSpace:
    case Errc::Invalid:
    case Errc::Exists:
      return false;
    default:
      return true;
  }
}

void add_error(VerifyReport& report, const std::string& snapshot, const Error& error) {
  if (!is_of_the_store(error)) throw error;
  add_problem(report, {snapshot,
                       {},
                       std::string(problem_kind(error.code())),
                       error.what(),
                       error.code() == Errc::Signature || error.code() == Errc::Key});
}

/// @param take  as ObjectDatabase::verify_all
void check_objects(const Store::Parts& parts, const std::function<void(const HashedContent&)>& take,
                   Progress& progress, VerifyReport& report) {
  std::atomic<std::uint64_t> bytes{0};
  const auto count = [&](std::uint64_t size) {
    if (progress.cancelled()) throw Error(Errc::Cancelled, "verify stopped", "it was asked to");
    progress.advance(0, size);
    bytes.fetch_add(size, std::memory_order_relaxed);
  };
  std::vector<VerifyProblem> problems;
  for (const ObjectDatabase::Finding& finding : parts.database->verify_all(count, take)) {
    problems.push_back(
        {{},
         finding.file,
         "object",
         finding.object ? finding.object->hex() + ": " + finding.detail : finding.detail,
         false});
  }
  report.bytes_read += bytes;
  report.ok = report.ok && problems.empty();
  // Whatever else is wrong follows from these.
  report.problems.insert(report.problems.begin(), std::make_move_iterator(problems.begin()),
                         std::make_move_iterator(problems.end()));
}

void check_events(const Store& store, const RefMap& refs, VerifyReport& report) {
  Store::Parts& parts = store.parts();
  const auto audit = refs.find(kAuditRef);
  const ObjectId head = audit == refs.end() ? parts.head().id : audit->second;
  const ChainCheck check = check_chain(*parts.database, head, covered_by_events(refs));
  for (const ChainProblem& problem : check.problems) {
    // A clone has brought some refs along and not others.
    if (store.is_clone() && problem.kind == "ref") continue;
    add_problem(report, {{},
                         std::string(kAuditRef),
                         problem.kind,
                         problem.sequence == 0
                             ? problem.detail
                             : fmt::format("event {}: {}", problem.sequence, problem.detail),
                         true});
  }
}

std::vector<Snapshot> read_all_snapshots(Store::Parts& parts, const RefMap& refs,
                                         VerifyReport& report) {
  std::vector<Snapshot> snapshots;
  for (auto ref = refs.lower_bound(kTags); ref != refs.end() && ref->first.starts_with(kTags);
       ++ref) {
    try {
      snapshots.push_back(read_snapshot(parts, refs, ref->first, ref->second));
    } catch (const Error& error) {
      add_error(report, std::string(ref->first.substr(kTags.size())), error);
    }
  }
  return snapshots;
}

void restore_and_compare(const Store& store, const Snapshot& snapshot, const VerifyOptions& options,
                         Progress& progress, VerifyReport& report) {
  const std::string name = snapshot.profile + "/" + snapshot.name;
  RestoreOptions restore;
  restore.target = options.scratch + "/stravinsky-verify-" + snapshot.commit.hex();
  // By number: what is compared is what is recorded. Others than root cannot give files away.
  restore.owner = geteuid() == 0;
  restore.numeric_ids = true;
  const auto clear = [&] { fs::remove_tree(restore.target); };
  try {
    const RestoreReport restored = restore_to_directory(store, snapshot, restore, progress);
    for (const RestoreIssue& issue : restored.issues) {
      const char* kind = issue.damaged ? "corrupt" : "restore";
      add_problem(report, {name, issue.path, kind, issue.reason, false});
    }
    if (restored.issues.empty()) {
      const fs::Fd directory = fs::open_directory(restore.target);
      for (const RestoreIssue& issue : compare_restored(
               *store.parts().database, read_snapshot_roots(*store.parts().database, snapshot).top,
               directory.get(), restore.owner, progress)) {
        add_problem(report, {name, issue.path, "restore", issue.reason, false});
      }
    }
  } catch (const Error& error) {
    if (error.code() == Errc::Exists) throw;  // somebody else's: not ours to clear
    clear();
    add_error(report, name, error);
    return;
  } catch (...) {
    clear();
    throw;
  }
  clear();
}

}  // namespace

VerifyReport verify(const Store& store, const VerifyOptions& options, Progress& progress) {
  if (options.read_part &&
      (options.read_part->first < 1 || options.read_part->first > options.read_part->second)) {
    throw Error(Errc::Invalid, "cannot verify",
                fmt::format("there is no part {} of {}", options.read_part->first,
                            options.read_part->second),
                "give n/t with n from 1 to t");
  }
  VerifyReport report;
  Store::Parts& parts = store.parts();
  const bool whole_store = options.snapshots.empty();
  std::vector<Snapshot> snapshots = options.snapshots;
  if (whole_store) {
    try {
      const auto refs = parts.read_refs();
      check_repository(parts, *refs, report);
      snapshots = read_all_snapshots(parts, *refs, report);
      check_events(store, parts.read_found_refs(), report);
    } catch (const Error& error) {
      add_error(report, {}, error);
    }
  }
  SnapshotVerifier verifier(store, options, progress, report);
  try {
    verifier.set_signers(
        signing::parse_allowed_signers(read_allowed_signers(*parts.database, parts.head())));
  } catch (const Error& error) {
    if (!is_of_the_store(error)) throw;
    add_problem(
        report,
        {{}, {}, "signature", fmt::format("whom to trust cannot be told: {}", error.what()), true});
  }
  for (const Snapshot& snapshot : snapshots) verifier.check(snapshot);
  if (whole_store) {
    std::function<void(const HashedContent&)> take;
    if (options.read_data) take = [&](const HashedContent& blob) { verifier.saw(blob); };
    check_objects(parts, take, progress, report);
  }
  verifier.check_contents(snapshots);
  if (options.restore_test) {
    for (const Snapshot& snapshot : snapshots) {
      restore_and_compare(store, snapshot, options, progress, report);
    }
  }
  return report;
}

}  // namespace stravinsky
