#include "words.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <iterator>

#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

/// Days since 1970 to a date, for any 64-bit second count: std::chrono's years end at 32,767.
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
Civil civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<unsigned>(day_of_year - (153 * month_index + 2) / 5 + 1);
  const auto month = static_cast<unsigned>(month_index < 10 ? month_index + 3 : month_index - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::string date_text(const FileTime& time, char between) {
  const std::int64_t days = (time.seconds >= 0 ? time.seconds : time.seconds - 86'399) / 86'400;
  const std::int64_t rest = time.seconds - days * 86'400;
  const Civil date = civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", date.year, date.month, date.day,
                     between, rest / 3600, rest / 60 % 60, rest % 60);
}

FileTime file_time(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.time_since_epoch().count(), static_cast<std::uint32_t>((time - seconds).count())};
}

bool is_plain(std::string_view name) { return quoted(name).size() == name.size() + 2; }

}  // namespace

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = double(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f}", double(bytes) / (1024 * 1024));
}

std::string counted(std::uint64_t count, std::string_view noun) {
  if (count == 1) return fmt::format("1 {}", noun);
  if (noun.ends_with('y')) {
    return fmt::format("{} {}ies", count, noun.substr(0, noun.size() - 1));
  }
  return fmt::format("{} {}s", count, noun);
}

std::string age(Timestamp then, Timestamp now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - then).count();
  if (seconds < 0) return "in the future";
  if (seconds < 60) return fmt::format("{}s ago", seconds);
  if (seconds < 3600) return fmt::format("{}m ago", seconds / 60);
  if (seconds < 86'400) return fmt::format("{}h ago", seconds / 3600);
  return fmt::format("{}d ago", seconds / 86'400);
}

std::string shown_time(Timestamp time) { return date_text(file_time(time), ' ') + " UTC"; }

std::string shown_time(const FileTime& time) { return date_text(time, ' '); }

std::string file_time_rfc3339(const FileTime& time) {
  return fmt::format("{}.{:09}Z", date_text(time, 'T'), time.nanoseconds);
}

std::string shown(std::string_view name) {
  return is_plain(name) ? std::string(name) : quoted(name);
}

std::string shown_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\n\t");
    const std::string_view piece = text.substr(0, end);
    const std::string safe = quoted(piece);
    result += safe.substr(1, safe.size() - 2);
    if (end == std::string_view::npos) break;
    result += text[end];
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string git_quoted(std::string_view name) {
  std::string result = "\"";
  bool plain = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
      plain = false;
    } else if (byte < 0x20 || byte >= 0x7F) {
      fmt::format_to(std::back_inserter(result), "\\{:03o}", byte);
      plain = false;
    } else {
      result += c;
    }
  }
  return plain ? std::string(name) : result + "\"";
}

std::string mode_letters(const Entry& entry) {
  static constexpr std::string_view kTypes = "?-dlpscb";
  std::string letters(1, kTypes[static_cast<std::size_t>(entry.type)]);
  if (!entry.has_attributes) return letters + "?????????";
  static constexpr std::string_view kBits = "rwxrwxrwx";
  for (std::size_t i = 0; i < 9; ++i) {
    letters += (entry.mode & (0400U >> i)) != 0 ? kBits[i] : '-';
  }
  const auto special = [&](std::uint32_t bit, std::size_t at, char with, char without) {
    if ((entry.mode & bit) != 0) letters[at] = letters[at] == 'x' ? with : without;
  };
  special(04000, 3, 's', 'S');
  special(02000, 6, 's', 'S');
  special(01000, 9, 't', 'T');
  return letters;
}

std::string_view type_name(EntryType type) noexcept {
  switch (type) {
    case EntryType::File:
      return "file";
    case EntryType::Directory:
      return "directory";
    case EntryType::Symlink:
      return "symlink";
    case EntryType::Fifo:
      return "fifo";
    case EntryType::Socket:
      return "socket";
    case EntryType::CharDevice:
      return "char";
    case EntryType::BlockDevice:
      return "block";
  }
  return "file";
}

std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string shell_word(std::string_view word) {
  const bool plain = !word.empty() && word.front() != '~' &&
                     word.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_./:@%+=,~^-") == std::string_view::npos;
  return plain ? std::string(word) : single_quoted(word);
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

}  // namespace stravinsky::cli
