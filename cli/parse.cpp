#include "parse.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes exactly `digits` digits and then `after` (unless it is 0) from the front of `text`.
std::optional<int> take(std::string_view& text, std::size_t digits, char after) {
  if (text.size() < digits + (after != 0 ? 1 : 0)) return std::nullopt;
  const auto value = number(text.substr(0, digits));
  if (!value || (after != 0 && text[digits] != after)) return std::nullopt;
  text.remove_prefix(digits + (after != 0 ? 1 : 0));
  return static_cast<int>(*value);
}

std::optional<Timestamp> calendar_time(std::string_view text, DayEnd day_end) {
  const auto year = take(text, 4, '-'), month = year ? take(text, 2, '-') : std::nullopt,
             day = month ? take(text, 2, 0) : std::nullopt;
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // Nanoseconds in 64 bits: 1678 to 2261 are safe for every day.
  if (!date.ok() || *year < 1678 || *year > 2261) return std::nullopt;
  Timestamp time{std::chrono::sys_days(date)};
  if (text.empty()) {
    if (day_end == DayEnd::Last) time += std::chrono::days(1) - std::chrono::nanoseconds(1);
    return time;
  }
  if (text.front() != 'T' && text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take(text, 2, ':'), minute = hour ? take(text, 2, 0) : std::nullopt;
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  time += std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    const auto second = take(text, 2, 0);
    if (!second || *second > 60) return std::nullopt;
    time += std::chrono::seconds(*second);
  }
  if (!text.empty() && text != "Z") return std::nullopt;
  return time;
}

std::optional<Timestamp> age(std::string_view text, Timestamp now) {
  if (text.empty()) return std::nullopt;
  std::uint64_t seconds = 0;
  switch (text.back()) {
    case 's':
      seconds = 1;
      break;
    case 'm':
      seconds = 60;
      break;
    case 'h':
      seconds = 3600;
      break;
    case 'd':
      seconds = 86400;
      break;
    case 'w':
      seconds = 7 * 86400;
      break;
    default:
      return std::nullopt;
  }
  const auto count = number(text.substr(0, text.size() - 1));
  if (!count || *count > 3'000'000'000 / seconds) return std::nullopt;
  return now - std::chrono::seconds(*count * seconds);
}

}  // namespace

Timestamp parse_time(std::string_view option, std::string_view text, Timestamp now,
                     DayEnd day_end) {
  if (const auto time = calendar_time(text, day_end)) return *time;
  if (const auto time = age(text, now)) return *time;
  throw Error(Errc::Invalid, fmt::format("cannot use {} for {}", quoted(text), option),
              "not a time", "write 2026-01-08, 2026-01-08T09:30 (UTC), 90m, 3h, 2d or 2w");
}

std::uint64_t parse_size(std::string_view option, std::string_view text) {
  const auto fail = [&] {
    return Error(Errc::Invalid, fmt::format("cannot use {} for {}", quoted(text), option),
                 "not a size", "write bytes, or a number with k, M, G or T: 500k, 32M");
  };
  std::string_view digits = text;
  unsigned shift = 0;
  if (!digits.empty() && (digits.back() == 'B' || digits.back() == 'b')) digits.remove_suffix(1);
  if (!digits.empty()) {
    switch (digits.back()) {
      case 'k':
      case 'K':
        shift = 10;
        break;
      case 'm':
      case 'M':
        shift = 20;
        break;
      case 'g':
      case 'G':
        shift = 30;
        break;
      case 't':
      case 'T':
        shift = 40;
        break;
      default:
        break;
    }
    if (shift != 0) digits.remove_suffix(1);
  }
  const auto value = number(digits);
  if (!value || *value > std::numeric_limits<std::uint64_t>::max() >> shift) throw fail();
  return *value << shift;
}

Tag parse_tag(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      throw Error(Errc::Invalid, fmt::format("cannot use {} as a tag", quoted(text)),
                  "it has control characters", "write KEY or KEY=VALUE on one line");
    }
  }
  const std::size_t equals = text.find('=');
  Tag tag{text.substr(0, equals),
          equals == std::string_view::npos ? std::string() : std::string(text.substr(equals + 1))};
  if (tag.first.empty()) {
    throw Error(Errc::Invalid, fmt::format("cannot use {} as a tag", quoted(text)), "it has no key",
                "write KEY or KEY=VALUE");
  }
  return tag;
}

}  // namespace stravinsky::cli
