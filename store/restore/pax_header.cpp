#include "restore/pax_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/text.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kBlock = 512;

/// The fields of a ustar header: offset and length.
struct Field {
  std::size_t at, length;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kMtime{136, 12}, kChecksum{148, 8}, kType{156, 1}, kLinkName{157, 100}, kMagic{257, 8},
    kUname{265, 32}, kGname{297, 32}, kMajor{329, 8}, kMinor{337, 8};

class Ustar {
 public:
  Ustar() : block_(kBlock, '\0') { text(kMagic, std::string_view("ustar\00000", 8)); }

  /// As much of the text as the field holds.
  void text(Field field, std::string_view value) {
    std::memcpy(block_.data() + field.at, value.data(), std::min(field.length, value.size()));
  }
  /// Octal digits and a NUL; a number that does not fit becomes 0: its PAX record counts.
  void number(Field field, std::uint64_t value) {
    text(field, fmt::format("{:0{}o}", fits(field, value) ? value : 0, field.length - 1));
  }
  static bool fits(Field field, std::uint64_t value) {
    return value < std::uint64_t{1} << (3 * (field.length - 1));
  }
  std::string finish() {
    // The checksum counts its own field as blanks.
    text(kChecksum, "        ");
    unsigned sum = 0;
    for (const char byte : block_) sum += static_cast<unsigned char>(byte);
    text({kChecksum.at, 6}, fmt::format("{:06o}", sum));
    block_[kChecksum.at + 6] = '\0';  // and a blank is left behind it
    return block_;
  }

 private:
  std::string block_;
};

/// `<length> <keyword>=<value>\n`, where the length counts its own digits.
std::string record(std::string_view keyword, std::string_view value) {
  const std::size_t rest = keyword.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (length != rest + fmt::formatted_size("{}", length)) {
    length = rest + fmt::formatted_size("{}", length);
  }
  std::string text = fmt::format("{} ", length);
  text += keyword;
  text += '=';
  text += value;
  return text + '\n';
}

/// As a decimal number: the sign is of the whole, so a time before 1970 counts its fraction back.
std::string decimal_time(const FileTime& time) {
  std::uint64_t whole = static_cast<std::uint64_t>(time.seconds);
  std::uint32_t fraction = time.nanoseconds;
  if (time.seconds < 0) {
    whole = ~whole + 1;
    if (fraction != 0) {
      --whole;
      fraction = 1'000'000'000 - fraction;
    }
  }
  std::string text = fmt::format("{}{}", time.seconds < 0 ? "-" : "", whole);
  if (fraction != 0) text += fmt::format(".{:09}", fraction);
  return text;
}

/// GNU tar's spelling: a keyword ends at its first '='.
std::string xattr_keyword(std::string_view name) {
  std::string keyword = "SCHILY.xattr.";
  for (const char c : name) {
    if (c == '%') {
      keyword += "%25";
    } else if (c == '=') {
      keyword += "%3D";
    } else {
      keyword += c;
    }
  }
  return keyword;
}

std::string flag_words(std::uint32_t flags) {
  using namespace inode_flags;
  constexpr std::array<std::pair<std::uint32_t, const char*>, 8> kWords{{{kAppend, "sappnd"},
                                                                         {kCompress, "compress"},
                                                                         {kDirSync, "dirsync"},
                                                                         {kImmutable, "schg"},
                                                                         {kNoAtime, "noatime"},
                                                                         {kNoCow, "nocow"},
                                                                         {kNoDump, "nodump"},
                                                                         {kSync, "sync"}}};
  std::string words;
  for (const auto& [bit, word] : kWords) {
    if ((flags & bit) == 0) continue;
    if (!words.empty()) words += ',';
    words += word;
  }
  return words;
}

char type_flag(EntryType type, bool hard_link) {
  if (hard_link) return '1';
  switch (type) {
    case EntryType::Symlink:
      return '2';
    case EntryType::CharDevice:
      return '3';
    case EntryType::BlockDevice:
      return '4';
    case EntryType::Directory:
      return '5';
    case EntryType::Fifo:
      return '6';
    default:
      return '0';
  }
}

class Header {
 public:
  void text(Field field, std::string_view keyword, const std::string& value) {
    ustar_.text(field, value);
    if (value.size() <= field.length) return;
    records_ += record(keyword, value);
    binary_ |= !is_utf8(value);
  }
  void number(Field field, std::string_view keyword, std::uint64_t value) {
    ustar_.number(field, value);
    if (!Ustar::fits(field, value)) records_ += record(keyword, fmt::format("{}", value));
  }
  void time(const FileTime& time) {
    const bool plain = time.seconds >= 0 && time.nanoseconds == 0 &&
                       Ustar::fits(kMtime, static_cast<std::uint64_t>(time.seconds));
    ustar_.number(kMtime, time.seconds >= 0 ? static_cast<std::uint64_t>(time.seconds) : 0);
    if (!plain) records_ += record("mtime", decimal_time(time));
  }
  void add(std::string_view keyword, std::string_view value) { records_ += record(keyword, value); }
  Ustar& ustar() noexcept { return ustar_; }

  std::string finish() {
    if (records_.empty()) return ustar_.finish();
    // Values of PAX records are UTF-8 unless this, the first record, says otherwise.
    if (binary_) records_.insert(0, record("hdrcharset", "BINARY"));
    Ustar extended;
    extended.text(kName, "././@PaxHeader");
    extended.number(kMode, 0644);
    extended.number(kUid, 0);
    extended.number(kGid, 0);
    extended.number(kSize, records_.size());
    extended.number(kMtime, 0);
    extended.text(kType, "x");
    return extended.finish() + records_ + tar_padding(records_.size()) + ustar_.finish();
  }

 private:
  Ustar ustar_;
  std::string records_;
  bool binary_ = false;
};

}  // namespace

std::string tar_padding(std::uint64_t size) {
  return std::string(static_cast<std::size_t>((kBlock - size % kBlock) % kBlock), '\0');
}

std::string tar_end() { return std::string(2 * kBlock, '\0'); }

std::string pax_header(const std::string& path, const Entry& entry, const std::string& hard_link,
                       std::uint64_t size) {
  Header header;
  header.text(kName, "path", entry.type == EntryType::Directory ? path + "/" : path);
  header.ustar().number(kMode, entry.mode);
  header.number(kUid, "uid", entry.uid);
  header.number(kGid, "gid", entry.gid);
  header.number(kSize, "size", size);
  header.time(entry.mtime.value_or(FileTime{}));
  header.ustar().text(kType, std::string(1, type_flag(entry.type, !hard_link.empty())));
  header.text(kLinkName, "linkpath", hard_link.empty() ? entry.link : hard_link);
  // The name fields must end in NUL, the others need not.
  header.text({kUname.at, kUname.length - 1}, "uname", entry.uname);
  header.text({kGname.at, kGname.length - 1}, "gname", entry.gname);
  if (entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice) {
    header.number(kMajor, "SCHILY.devmajor", entry.device_major);
    header.number(kMinor, "SCHILY.devminor", entry.device_minor);
  }
  for (const auto& [name, value] : entry.xattrs) header.add(xattr_keyword(name), value);
  if (entry.flags != 0) header.add("SCHILY.fflags", flag_words(entry.flags));
  return header.finish();
}

}  // namespace stravinsky
