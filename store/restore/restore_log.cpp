#include "restore/restore_log.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace stravinsky {

void RestoreLog::failed(std::string path, std::string reason, bool damaged) {
  failed_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  issues_.push_back({std::move(path), std::move(reason), true, damaged});
}

void RestoreLog::incomplete(std::string path, std::string reason) {
  const std::lock_guard lock(mutex_);
  issues_.push_back({std::move(path), std::move(reason), false, false});
}

RestoreReport RestoreLog::report() {
  RestoreReport report;
  report.restored = restored_;
  report.unchanged = unchanged_;
  report.skipped = skipped_;
  report.failed = failed_;
  report.bytes = bytes_;
  const std::lock_guard lock(mutex_);
  report.issues = issues_;
  std::sort(report.issues.begin(), report.issues.end(), [](const auto& a, const auto& b) {
    return std::tie(a.path, a.reason) < std::tie(b.path, b.reason);
  });
  return report;
}

}  // namespace stravinsky
