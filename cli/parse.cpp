#include "parse.hpp"

#include <fmt/format.h>

#include <charconv>
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

}  // namespace

TimeSpan parse_time_option(std::string_view option, std::string_view text, Timestamp now) {
  if (const auto span = parse_time(text, now)) return *span;
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
