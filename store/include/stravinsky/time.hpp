#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stravinsky {

/// A moment of an operation: UTC, nanoseconds since 1970. Ends in 2262, which is enough for "now".
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// A file's time. Not a Timestamp, whose 64 bits of nanoseconds end in 2262: files may be dated
/// later.
struct FileTime {
  std::int64_t seconds = 0;       ///< since 1970, negative before; always rounded down
  std::uint32_t nanoseconds = 0;  ///< 0 to 999,999,999, added to `seconds`
  auto operator<=>(const FileTime&) const = default;
};

/// Where "now" comes from. Tests give their own. Threads: `now` may be called from any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

/// The system's clock.
class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
};

/// `2026-11-20T09:30:00.123456789Z`
std::string rfc3339(Timestamp time);

/// `20261120_093000`, the default name of a snapshot.
std::string compact_time(Timestamp time);

/// The moments that a word for a time covers, both ends included.
struct TimeSpan {
  Timestamp first, last;
};

/// Reads `2026-01-08` (that whole day), `2026-01-08T09:30`, `…:15`, each with an optional `Z`, all
/// UTC; or an age: `90s`, `30m`, `3h`, `2d`, `2w` before `now`. Empty result for anything else.
std::optional<TimeSpan> parse_time(std::string_view text, Timestamp now);

}  // namespace stravinsky
