#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/entry.hpp"

namespace stravinsky::test {

/// Entries of every type with every keyword, as a directory could hold them. The seed makes the
/// sequence; a failing test prints it.
class RandomEntries {
 public:
  explicit RandomEntries(unsigned seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool coin() { return below(2) == 0; }

  /// `shortest` to `longest` bytes of any value but those in `without`.
  std::string bytes(std::size_t shortest, std::size_t longest, std::string_view without) {
    std::string text;
    const std::size_t size = shortest + below(longest - shortest + 1);
    while (text.size() < size) {
      const auto byte = static_cast<char>(below(256));
      if (without.find(byte) == std::string_view::npos) text += byte;
    }
    return text;
  }

  std::string name() {
    using namespace std::string_view_literals;
    while (true) {
      std::string name = bytes(1, 12, "/\0"sv);
      if (name != "." && name != "..") return name;
    }
  }

  Entry attributes(EntryType type) {
    Entry entry;
    entry.type = type;
    entry.mode = static_cast<std::uint32_t>(below(010000));
    entry.uid = static_cast<std::uint32_t>(engine_());
    entry.gid = static_cast<std::uint32_t>(below(100));
    if (coin()) entry.uname = bytes(1, 8, "");
    if (coin()) entry.gname = bytes(1, 8, "");
    const std::uint64_t seconds = engine_() >> below(64);
    entry.mtime = FileTime{static_cast<std::int64_t>(coin() ? seconds : ~seconds),
                           static_cast<std::uint32_t>(below(1'000'000'000))};
    for (std::uint64_t bit = 0; coin(); bit = below(24)) {
      entry.flags |= inode_flags::kKept & std::uint32_t{1} << bit;
    }
    while (below(3) == 0) {
      entry.xattrs.emplace_back(bytes(1, 10, std::string_view("\0", 1)), bytes(0, 20, ""));
    }
    std::sort(entry.xattrs.begin(), entry.xattrs.end());
    entry.xattrs.erase(std::unique(entry.xattrs.begin(), entry.xattrs.end(),
                                   [](const auto& a, const auto& b) { return a.first == b.first; }),
                       entry.xattrs.end());
    return entry;
  }

  Entry self() {
    Entry entry = attributes(EntryType::Directory);
    entry.name = ".";
    if (coin()) entry.mtime.reset();
    return entry;
  }

  /// A sub-directory comes without attributes, as it is read back.
  Entry entry() {
    const auto type = static_cast<EntryType>(1 + below(7));
    Entry entry;
    if (type == EntryType::Directory) {
      entry.type = type;
      entry.has_attributes = false;
      entry.digest = digest();
    } else {
      entry = attributes(type);
      if (coin()) entry.hardlink = name() + "/" + name();
    }
    entry.name = name();
    if (type == EntryType::File) {
      entry.size = engine_() >> below(64);
      entry.digest = digest();
      if (coin()) entry.chunks = 1 + below(5000);
      entry.sparse = coin();
    }
    if (type == EntryType::Symlink) entry.link = bytes(1, 30, std::string_view("\0", 1));
    if (type == EntryType::CharDevice || type == EntryType::BlockDevice) {
      entry.device_major = static_cast<std::uint32_t>(below(4096));
      entry.device_minor = static_cast<std::uint32_t>(engine_());
    }
    return entry;
  }

  /// Sorted, no name twice.
  std::vector<Entry> entries(std::size_t count) {
    std::vector<Entry> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(entry());
    std::sort(all.begin(), all.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
    all.erase(std::unique(all.begin(), all.end(),
                          [](const Entry& a, const Entry& b) { return a.name == b.name; }),
              all.end());
    return all;
  }

 private:
  Sha256 digest() {
    Sha256 result;
    for (std::size_t i = 0; i < Sha256::kSize; ++i) {
      result.data()[i] = static_cast<std::uint8_t>(below(256));
    }
    return result;
  }

  std::mt19937_64 engine_;
};

inline std::vector<const Entry*> pointers(const std::vector<Entry>& entries) {
  std::vector<const Entry*> result;
  for (const Entry& entry : entries) result.push_back(&entry);
  return result;
}

}  // namespace stravinsky::test
