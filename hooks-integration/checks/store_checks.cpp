#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "checks/check_parts.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/text.hpp"
#include "stravinsky/verify.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

std::uint64_t stored_bytes(const Store& store) {
  std::uint64_t sum = 0;
  std::error_code failed;
  const std::filesystem::path objects = store.git_dir() + "/objects";
  for (auto entry = std::filesystem::recursive_directory_iterator(objects, failed);
       !failed && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(failed)) {
    std::error_code gone;  // folded meanwhile
    const std::uint64_t size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

/// Passes on that somebody wants no more.
class Stopping final : public Progress {
 public:
  explicit Stopping(const ChecksOptions& options) : options_(options) {}
  bool cancelled() override {
    const std::lock_guard lock(mutex_);
    return options_.cancelled && options_.cancelled();
  }

 private:
  const ChecksOptions& options_;
  std::mutex mutex_;
};

/// How many snapshots a profile has, whether they can be read or not.
std::size_t count_snapshots(const Store& store, const std::string& profile) {
  for (const auto& [name, count] : list_profiles(store)) {
    if (name == profile) return count;
  }
  return 0;
}

void append(std::string& text, const std::string& sentence) {
  if (!text.empty()) text += "; ";
  text += sentence;
}

/// @param looked_at  the snapshots that the report is about
void add_problems(const VerifyReport& report, const std::vector<Snapshot>& looked_at,
                  CheckResult& result) {
  for (const Snapshot& snapshot : looked_at) {
    const std::string name = snapshot.profile + "/" + snapshot.name;
    // A signature that does not hold says nothing about the bytes.
    if (std::any_of(report.problems.begin(), report.problems.end(),
                    [&name](const VerifyProblem& problem) {
                      return problem.snapshot == name && !problem.signature;
                    })) {
      result.damaged.push_back(snapshot);
    }
  }
  for (const VerifyProblem& problem : report.problems) {
    const std::string profile = problem.snapshot.substr(0, problem.snapshot.find('/'));
    const std::string place =
        problem.path.empty() ? problem.snapshot : problem.snapshot + ":" + problem.path;
    result.findings.push_back({profile, {}, {{}, place, 0, 0, problem.detail, Severity::Warning}});
  }
}

}  // namespace

CheckResult check_backup_capacity(const Store& store, const Trees& trees,
                                  const ChecksOptions& options) {
  CheckResult result;
  const auto& limits = options.config.backup;
  const std::uint64_t used = stored_bytes(store) / kMegabyte;
  if (used >= limits.max_total_size_mb) {
    append(result.text, fmt::format("the store takes {} MB of {} MB: raise "
                                    "backup.max_total_size_mb, or forget old snapshots",
                                    used, limits.max_total_size_mb));
  }
  for (const auto& tree : trees) {
    const std::string& profile = tree->profile().name;
    // Only these are thinned by number; named ones and safety snapshots have rules of their own.
    const auto snapshots = list_snapshots(store, {.profile = profile});
    const auto routine = static_cast<std::uint64_t>(
        std::count_if(snapshots.begin(), snapshots.end(), [](const Snapshot& one) {
          return one.snapshot_class == SnapshotClass::Routine && !one.pinned;
        }));
    if (routine > limits.max_versions) {
      append(result.text, fmt::format("'{}' has {} routine snapshots, {} are kept", profile,
                                      routine, limits.max_versions));
    }
  }
  for (const OperationInfo& operation : list_operations(store)) {
    if (operation.is_running) continue;
    if (!operation.damage.empty()) {
      append(result.text,
             fmt::format("the operation {} cannot be read: {}", operation.id, operation.damage));
    } else if (!operation.is_published) {
      append(result.text, fmt::format("the operation {} was interrupted: run `stravinsky "
                                      "operations`",
                                      operation.id));
    }
  }
  if (!result.text.empty()) {
    result.outcome = Outcome::Warned;
  } else {
    result.text = fmt::format("{} MB of {} MB are used", used, limits.max_total_size_mb);
  }
  return result;
}

CheckResult check_previous_backup(const Store& store, const Trees& trees,
                                  const ChecksOptions& options) {
  VerifyOptions verify_options;
  CheckResult result;
  for (const auto& tree : trees) {
    const std::string& profile = tree->profile().name;
    const std::size_t there = count_snapshots(store, profile);
    const auto snapshots = list_snapshots(store, {.profile = profile});
    const auto newest = std::find_if(snapshots.begin(), snapshots.end(),
                                     [](const Snapshot& one) { return !one.quarantined; });
    if (newest != snapshots.end()) verify_options.snapshots.push_back(*newest);
    if (snapshots.size() < there) {
      const std::string reason = fmt::format("{} of the {} snapshots of {} cannot be read",
                                             there - snapshots.size(), there, quoted(profile));
      result.findings.push_back({profile, {}, {{}, profile, 0, 0, reason, Severity::Warning}});
    }
  }
  if (verify_options.snapshots.empty() && result.findings.empty()) {
    result.text = "there is none yet";
    return result;
  }
  // Without any to look at, `verify` would take the whole store.
  if (!verify_options.snapshots.empty()) {
    verify_options.read_fraction = double(options.config.backup.spot_check_percentage) / 100;
    verify_options.subset_seed = options.spot_check_seed;
    Stopping progress(options);
    add_problems(verify(store, verify_options, progress), verify_options.snapshots, result);
  }
  if (!result.findings.empty()) {
    result.outcome = Outcome::Warned;
    result.text =
        "a backup is damaged: make another snapshot, and see `stravinsky verify --read-data`";
  } else {
    result.text = fmt::format("{} is intact", verify_options.snapshots.front().name);
  }
  return result;
}

}  // namespace stravinsky::hooks
