#include "index/believable.hpp"

#include <chrono>

namespace stravinsky {
namespace {

using namespace std::chrono_literals;

/// A tick is at most 10 ms (CONFIG_HZ=100).
constexpr std::chrono::nanoseconds kTickMargin = 20ms;
/// FAT counts in steps of two seconds.
constexpr std::chrono::nanoseconds kCoarseMargin = 2s;
constexpr std::int64_t kMoreThanAnyMargin = 10;  // seconds

}  // namespace

bool is_believable(FileTime modified, FileTime changed, Timestamp looked_at) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(looked_at);
  const std::int64_t now = seconds.time_since_epoch().count();
  if (changed.seconds > now) return false;
  if (changed.seconds < now - kMoreThanAnyMargin) return true;
  const bool coarse = modified.nanoseconds == 0 && changed.nanoseconds == 0;
  const std::chrono::nanoseconds age = looked_at.time_since_epoch() -
                                       std::chrono::seconds(changed.seconds) -
                                       std::chrono::nanoseconds(changed.nanoseconds);
  return age >= (coarse ? kCoarseMargin : kTickMargin);
}

}  // namespace stravinsky
