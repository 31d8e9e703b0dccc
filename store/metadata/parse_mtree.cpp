#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "core/text.hpp"
#include "metadata/keywords.hpp"
#include "metadata/mtree.hpp"
#include "metadata/vis.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

// The reader asks for each keyword in the order in which the writer writes them; whatever is left
// at the end of a line is refused. So no keyword comes twice, misplaced or for the wrong type, and
// each value is taken only in its one spelling: what parses encodes to the same bytes.

/// A guess at how short lines are, so that a text of newlines reserves no memory to speak of.
constexpr std::size_t kUsualLine = 88;

/// Values of lower-case hexadecimal digits: half of all metadata is digests.
constexpr unsigned kNoDigit = 0x80;
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  }
  return values;
}();

/// A value for a message, which hostile bytes must not blow up.
std::string shown(std::string_view value) { return quoted(value.substr(0, 200)); }

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= kMaxNameBytes &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

/// A path from the top: file names with '/' between them.
bool is_path_from_top(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_file_name(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

class LineReader {
 public:
  LineReader(std::string_view line, std::size_t number) : rest_(line), number_(number) {}

  Entry read_self() {
    Entry entry;
    entry.name = next_word();
    if (entry.name != ".") fail("the directory's own line must come first");
    entry.type = read_type();
    if (entry.type != EntryType::Directory) fail("the directory's own line has another type");
    if (rest_.empty()) {
      entry.has_attributes = false;
    } else {
      read_attributes(entry);
    }
    return entry;
  }

  Entry read_entry() {
    Entry entry;
    entry.name = vis(next_word(), "name");
    if (!is_file_name(entry.name)) hostile("no directory can hold the name", entry.name);
    entry.type = read_type();
    if (entry.type == EntryType::Directory) {
      entry.has_attributes = false;
      entry.digest = read_digest();
      end_line();
    } else {
      read_attributes(entry);
    }
    return entry;
  }

  [[noreturn]] void fail(std::string_view cause) const {
    throw Error(Errc::Corrupt, fmt::format("cannot read metadata line {}", number_),
                std::string(cause));
  }
  [[noreturn]] void hostile(std::string_view cause, std::string_view subject) const {
    throw Error(Errc::Hostile, fmt::format("cannot read metadata line {}", number_),
                fmt::format("{} {}", cause, shown(subject)));
  }

 private:
  /// Up to the next space or the end.
  std::string_view next_word() {
    const std::size_t length = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return word;
  }

  /// Steps over ` keyword=` if it is what comes next.
  bool take(std::string_view keyword) {
    if (!rest_.starts_with(keyword)) return false;
    rest_.remove_prefix(keyword.size());
    return true;
  }

  std::string_view require(std::string_view keyword) {
    if (!take(keyword)) {
      fail(fmt::format("'{}' is missing or out of place", keyword.substr(1, keyword.size() - 2)));
    }
    return next_word();
  }

  std::string vis(std::string_view text, std::string_view what) const {
    auto raw = decode_vis(text);
    if (!raw) fail(fmt::format("{} {} is not encoded as vis(3)", what, shown(text)));
    return std::move(*raw);
  }

  std::string nonempty_vis(std::string_view text, std::string_view what) const {
    if (text.empty()) fail(fmt::format("{} is empty", what));
    return vis(text, what);
  }

  /// Decimal, without sign or leading zeros.
  template <typename Number>
  Number number(std::string_view text, std::string_view what) const {
    const auto value = parse_unsigned(text);
    if (!value || *value > std::numeric_limits<Number>::max() ||
        (text.size() > 1 && text[0] == '0')) {
      fail(fmt::format("{} {} is not a number in range", what, shown(text)));
    }
    return static_cast<Number>(*value);
  }

  EntryType read_type() {
    const std::string_view word = require(" type=");
    for (const auto& [name, type] : kTypeNames) {
      if (name == word) return type;
    }
    fail(fmt::format("type {} is unknown", shown(word)));
  }

  std::uint32_t read_mode() {
    const std::string_view text = require(" mode=");
    const auto mode = parse_unsigned(text, 8);
    if (text.size() != 4 || !mode) fail(fmt::format("mode {} is not four digits", shown(text)));
    return static_cast<std::uint32_t>(*mode);
  }

  FileTime read_time(std::string_view text) const {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view seconds = text.substr(0, dot), fraction = text.substr(dot);
    const std::string_view digits = seconds.substr(seconds.starts_with('-') ? 1 : 0);
    FileTime time;
    const auto [end, error] =
        std::from_chars(seconds.data(), seconds.data() + seconds.size(), time.seconds);
    const auto nanoseconds =
        parse_unsigned(fraction.substr(std::min<std::size_t>(1, fraction.size())));
    const bool one_spelling = digits == "0" ? seconds == "0" : !digits.starts_with('0');
    if (error != std::errc() || end != seconds.data() + seconds.size() || !one_spelling ||
        fraction.size() != 10 || !nanoseconds) {
      fail(fmt::format("time {} is not seconds and nine digits", shown(text)));
    }
    time.nanoseconds = static_cast<std::uint32_t>(*nanoseconds);
    return time;
  }

  Sha256 read_digest() {
    const std::string_view text = require(" sha256digest=");
    Sha256 digest;
    unsigned wrong = text.size() == 2 * Sha256::kSize ? 0 : kNoDigit;
    for (std::size_t i = 0; wrong == 0 && i < Sha256::kSize; ++i) {
      const unsigned high = kDigits[static_cast<unsigned char>(text[2 * i])];
      const unsigned low = kDigits[static_cast<unsigned char>(text[2 * i + 1])];
      wrong = (high | low) & kNoDigit;
      digest.data()[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    if (wrong != 0) fail(fmt::format("digest {} is not a SHA-256", shown(text)));
    return digest;
  }

  void read_device(Entry& entry) {
    const std::string_view text = require(" device=");
    constexpr std::string_view kFormat = "linux,";
    const std::size_t comma = text.rfind(',');
    if (!text.starts_with(kFormat) || comma < kFormat.size()) {
      fail(fmt::format("device {} is not linux,<major>,<minor>", shown(text)));
    }
    entry.device_major =
        number<std::uint32_t>(text.substr(kFormat.size(), comma - kFormat.size()), "device major");
    entry.device_minor = number<std::uint32_t>(text.substr(comma + 1), "device minor");
  }

  std::uint32_t read_flags(std::string_view text) const {
    std::uint32_t flags = 0;
    std::string_view rest = text;
    for (const auto& [word, bit] : kFlagNames) {
      if (!rest.starts_with(word)) continue;
      if (rest.size() == word.size()) return flags | bit;
      if (rest[word.size()] != ',') continue;
      flags |= bit;
      rest.remove_prefix(word.size() + 1);
    }
    fail(fmt::format("flags {} are unknown or out of order", shown(text)));
  }

  void read_xattr(Entry& entry) {
    const std::size_t equals = std::min(rest_.find('='), rest_.size());
    std::string name = nonempty_vis(rest_.substr(0, equals), "attribute name");
    rest_.remove_prefix(equals);
    if (name.find('\0') != std::string::npos) hostile("no attribute can have the name", name);
    if (!take("=")) fail("an attribute has no value");
    auto value = base64_decode(next_word());
    if (!value) fail(fmt::format("attribute {} is not base64", shown(name)));
    if (!entry.xattrs.empty() && entry.xattrs.back().first >= name) {
      fail("attributes are not sorted by name");
    }
    entry.xattrs.emplace_back(std::move(name), std::move(*value));
  }

  void read_attributes(Entry& entry) {
    const bool file = entry.type == EntryType::File;
    entry.mode = read_mode();
    entry.uid = number<std::uint32_t>(require(" uid="), "uid");
    entry.gid = number<std::uint32_t>(require(" gid="), "gid");
    if (take(" uname=")) entry.uname = nonempty_vis(next_word(), "uname");
    if (take(" gname=")) entry.gname = nonempty_vis(next_word(), "gname");
    if (file) entry.size = number<std::uint64_t>(require(" size="), "size");
    if (take(" time=")) {
      entry.mtime = read_time(next_word());
    } else if (entry.type != EntryType::Directory) {
      fail("'time' is missing or out of place");
    }
    if (entry.type == EntryType::Symlink) entry.link = vis(require(" link="), "link");
    if (file) {
      entry.digest = read_digest();
      if (take(" chunks=")) {
        entry.chunks = number<std::uint64_t>(next_word(), "chunks");
        if (entry.chunks == 0) fail("a chunk tree has no chunks");
      }
      entry.sparse = take(" sparse");  // what may follow is a space or the end: see end_line
    }
    if (entry.type != EntryType::Directory && take(" hardlink=")) {
      entry.hardlink = nonempty_vis(next_word(), "hardlink");
      if (!is_path_from_top(entry.hardlink)) hostile("no entry has the path", entry.hardlink);
    }
    if (entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice) {
      read_device(entry);
    }
    if (take(" flags=")) entry.flags = read_flags(next_word());
    while (take(" xattr.")) read_xattr(entry);
    end_line();
  }

  void end_line() const {
    if (!rest_.empty()) fail(fmt::format("{} is unknown or out of place", shown(rest_)));
  }

  std::string_view rest_;
  std::size_t number_;
};

}  // namespace

DirectoryMetadata parse_mtree(std::string_view text) {
  DirectoryMetadata result;
  result.entries.reserve(
      std::min(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')),
               text.size() / kUsualLine));
  std::size_t number = 0;
  do {
    const std::size_t end = text.find('\n');
    LineReader line(text.substr(0, end), ++number);
    if (end == std::string_view::npos) line.fail("the text ends within the line");
    text.remove_prefix(end + 1);
    if (number == 1) {
      result.self = line.read_self();
      continue;
    }
    if (number > kMaxTreeEntries + 1) line.fail("the directory has more entries than are allowed");
    Entry entry = line.read_entry();
    if (!result.entries.empty()) {
      const std::string& last = result.entries.back().name;
      if (last == entry.name) line.hostile("a second entry has the name", entry.name);
      if (last > entry.name) line.fail("the entries are not sorted by name");
    }
    result.entries.push_back(std::move(entry));
  } while (!text.empty());
  return result;
}

}  // namespace stravinsky
