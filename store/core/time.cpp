#include "stravinsky/time.hpp"

#include <fmt/format.h>

#include <array>

#include "core/text.hpp"

namespace stravinsky {
namespace {

struct Parts {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::nanoseconds> clock;
};

Parts parts_of(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(time - day)};
}

}  // namespace

std::string rfc3339(Timestamp time) {
  const auto [date, clock] = parts_of(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string compact_time(Timestamp time) {
  const auto [date, clock] = parts_of(time);
  return fmt::format("{:04}{:02}{:02}_{:02}{:02}{:02}", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

namespace {

std::optional<TimeSpan> parse_age(std::string_view text, Timestamp now) {
  if (text.size() < 2) return std::nullopt;
  std::chrono::seconds unit{0};
  switch (text.back()) {
    case 's':
      unit = std::chrono::seconds(1);
      break;
    case 'm':
      unit = std::chrono::minutes(1);
      break;
    case 'h':
      unit = std::chrono::hours(1);
      break;
    case 'd':
      unit = std::chrono::days(1);
      break;
    case 'w':
      unit = std::chrono::weeks(1);
      break;
    default:
      return std::nullopt;
  }
  const auto count = parse_unsigned(text.substr(0, text.size() - 1));
  // A century is further back than anything here, and keeps the product in range.
  if (!count || *count > 100ull * 366 * 86400 / static_cast<std::uint64_t>(unit.count())) {
    return std::nullopt;
  }
  const Timestamp time = now - unit * static_cast<std::int64_t>(*count);
  return TimeSpan{time, time};
}

/// The numbers of `text` where `shape` has digits; other characters must agree.
std::optional<std::array<unsigned, 6>> match(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return std::nullopt;
  std::array<unsigned, 6> numbers{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] >= '0' && shape[i] <= '5') {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      unsigned& number = numbers[static_cast<std::size_t>(shape[i] - '0')];
      number = number * 10 + static_cast<unsigned>(text[i] - '0');
    } else if (text[i] != shape[i]) {
      return std::nullopt;
    }
  }
  return numbers;
}

}  // namespace

std::optional<TimeSpan> parse_time(std::string_view text, Timestamp now) {
  if (const auto age = parse_age(text, now)) return age;
  if (text.ends_with('Z')) text.remove_suffix(1);
  struct Form {
    std::string_view shape;
    std::chrono::seconds covers;
  };
  constexpr std::array<Form, 3> kForms = {{{"0000-11-22", std::chrono::days(1)},
                                           {"0000-11-22T33:44", std::chrono::minutes(1)},
                                           {"0000-11-22T33:44:55", std::chrono::seconds(1)}}};
  for (const Form& form : kForms) {
    const auto n = match(text, form.shape);
    if (!n) continue;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>((*n)[0])),
                                           std::chrono::month((*n)[1]), std::chrono::day((*n)[2])};
    // Timestamps of nanoseconds reach from 1678 to 2261.
    if (!date.ok() || (*n)[0] < 1700 || (*n)[0] > 2200 || (*n)[3] > 23 || (*n)[4] > 59 ||
        (*n)[5] > 59) {
      return std::nullopt;
    }
    const Timestamp first = std::chrono::sys_days(date) + std::chrono::hours((*n)[3]) +
                            std::chrono::minutes((*n)[4]) + std::chrono::seconds((*n)[5]);
    return TimeSpan{first, first + form.covers - std::chrono::nanoseconds(1)};
  }
  return std::nullopt;
}

}  // namespace stravinsky
