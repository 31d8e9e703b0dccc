#include <cassert>
#include <charconv>

#include "core/text.hpp"
#include "metadata/keywords.hpp"
#include "metadata/mtree.hpp"

namespace stravinsky {
namespace {

// A snapshot writes a line for every file it sees: everything goes straight into `out`, which the
// caller reuses, and nothing here allocates but the base64 of extended attributes.

template <typename Number>
void append_number(Number value, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_mode(std::uint32_t mode, std::string& out) {
  for (int shift = 9; shift >= 0; shift -= 3) out += static_cast<char>('0' + (mode >> shift & 7));
}

void append_time(const FileTime& time, std::string& out) {
  append_number(time.seconds, out);
  char fraction[] = ".000000000";
  std::uint32_t rest = time.nanoseconds;
  for (int i = 9; i >= 1; --i, rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  out.append(fraction, 10);
}

void append_hex(const Sha256& digest, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char hex[2 * Sha256::kSize];
  for (std::size_t i = 0; i < Sha256::kSize; ++i) {
    const std::uint8_t byte = digest.data()[i];
    hex[2 * i] = kDigits[byte >> 4];
    hex[2 * i + 1] = kDigits[byte & 15];
  }
  out.append(hex, sizeof hex);
}

void append_flags(std::uint32_t flags, std::string& out) {
  char separator = '=';
  for (const auto& [word, bit] : kFlagNames) {
    if ((flags & bit) == 0) continue;
    out += separator;
    out += word;
    separator = ',';
  }
}

void append_type(EntryType type, std::string& out) {
  out += " type=";
  for (const auto& [word, value] : kTypeNames) {
    if (value == type) out += word;
  }
}

void append_attributes(const Entry& entry, std::string& out) {
  const bool file = entry.type == EntryType::File;
  out += " mode=";
  append_mode(entry.mode, out);
  out += " uid=";
  append_number(entry.uid, out);
  out += " gid=";
  append_number(entry.gid, out);
  if (!entry.uname.empty()) {
    out += " uname=";
    append_vis(entry.uname, out);
  }
  if (!entry.gname.empty()) {
    out += " gname=";
    append_vis(entry.gname, out);
  }
  if (file) {
    out += " size=";
    append_number(entry.size, out);
  }
  if (entry.mtime) {
    out += " time=";
    append_time(*entry.mtime, out);
  }
  if (entry.type == EntryType::Symlink) {
    out += " link=";
    append_vis(entry.link, out);
  }
  if (file) {
    out += " sha256digest=";
    append_hex(entry.digest, out);
    if (entry.chunks != 0) {
      out += " chunks=";
      append_number(entry.chunks, out);
    }
    if (entry.sparse) out += " sparse";
  }
  if (!entry.hardlink.empty()) {
    out += " hardlink=";
    append_vis(entry.hardlink, out);
  }
  if (entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice) {
    out += " device=linux,";
    append_number(entry.device_major, out);
    out += ',';
    append_number(entry.device_minor, out);
  }
  if ((entry.flags & inode_flags::kKept) != 0) {
    out += " flags";
    append_flags(entry.flags, out);
  }
  for (const auto& [name, value] : entry.xattrs) {
    out += " xattr.";
    append_vis(name, out);
    out += '=';
    out += base64_encode(value);
  }
}

}  // namespace

void encode_mtree(const Entry& self, const std::vector<const Entry*>& entries, std::string& out) {
  assert(self.type == EntryType::Directory && self.name == ".");
  out += '.';
  append_type(self.type, out);
  if (self.has_attributes) append_attributes(self, out);
  out += '\n';
  for (const Entry* entry : entries) {
    append_vis(entry->name, out);
    append_type(entry->type, out);
    if (entry->type == EntryType::Directory) {
      out += " sha256digest=";
      append_hex(entry->digest, out);
    } else {
      append_attributes(*entry, out);
    }
    out += '\n';
  }
}

}  // namespace stravinsky
