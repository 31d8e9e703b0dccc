#include "index/directory_record.hpp"

#include <type_traits>

namespace stravinsky {
namespace {

// Bits of an entry.
constexpr std::uint8_t kBelievable = 1, kSparse = 2, kHasMore = 4;
// Bits of a head.
constexpr std::uint32_t kDirectoryBelievable = 1, kListAgain = 2, kIncomplete = 4, kHasIgnore = 8,
                        kHasGitIgnore = 16, kHasCacheTag = 32;

struct RawHead {
  std::uint64_t size;          ///< of the record
  std::uint64_t subtree_size;  ///< up to its end
  fs::FileStatus status;
  std::uint32_t bits, flags, entries, directories;
  std::uint32_t xattrs_size;
  ObjectId tree, meta;
  Sha256 digest, rules;
};
static_assert(std::is_trivially_copyable_v<RawHead> &&
              sizeof(RawHead) == 16 + 72 + 20 + 40 + 64 + 4);

/// An entry: this, its name and a NUL, and unless it is a directory RawFile and, with kHasMore, the
/// rest.
struct RawEntry {
  std::uint32_t size;
  std::uint16_t name_size;
  EntryType type;
  std::uint8_t bits;
};
static_assert(sizeof(RawEntry) == 8);

struct RawFile {
  fs::FileStatus status;
  ObjectId content;
  Sha256 digest;
  std::uint32_t flags;
};
static_assert(std::is_trivially_copyable_v<RawFile> && sizeof(RawFile) == 72 + 20 + 32 + 4);

template <typename T>
T read_raw(const char* at) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(static_cast<void*>(&value), at, sizeof value);
  return value;
}

template <typename T>
void append_raw(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_text(std::string& out, std::string_view text) {
  append_raw(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Takes values off the front of bytes that may be damaged; `bad` from the first that is not there.
struct Reader {
  std::string_view rest;
  bool bad = false;

  std::string_view take(std::uint64_t size) {
    if (bad || rest.size() < size) {
      bad = true;
      return {};
    }
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  template <typename T>
  T raw() {
    const std::string_view bytes = take(sizeof(T));
    return bad ? T{} : read_raw<T>(bytes.data());
  }
  std::string_view text() { return take(raw<std::uint32_t>()); }
};

void append_xattrs(std::string& out, const fs::Xattrs& xattrs) {
  for (const auto& [name, value] : xattrs) {
    append_text(out, name);
    append_text(out, value);
  }
}

bool read_xattrs(Reader& reader, fs::Xattrs* xattrs) {
  while (!reader.rest.empty()) {
    const std::string_view name = reader.text();
    const std::string_view value = reader.text();
    if (reader.bad || name.empty()) return false;
    if (xattrs != nullptr) xattrs->emplace_back(name, value);
  }
  return true;
}

bool is_type(EntryType type) noexcept {
  return type >= EntryType::File && type <= EntryType::BlockDevice;
}

bool is_name(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

/// Checks the entry at the front of `rest` and returns its size; 0 when it is damaged.
std::size_t check_entry(std::string_view rest, std::string_view& name, EntryType& type) {
  if (rest.size() < sizeof(RawEntry)) return 0;
  const auto head = read_raw<RawEntry>(rest.data());
  const std::size_t least =
      sizeof head + head.name_size + 1 + (head.type == EntryType::Directory ? 0 : sizeof(RawFile));
  if (head.size < least || head.size > rest.size() || !is_type(head.type)) return 0;
  name = rest.substr(sizeof head, head.name_size);
  type = head.type;
  if (!is_name(name) || rest[sizeof head + name.size()] != '\0') return 0;
  if ((head.bits & kHasMore) == 0) return head.size == least ? least : 0;
  if (type == EntryType::Directory) return 0;
  Reader more{rest.substr(least, head.size - least)};
  more.raw<std::uint64_t>();
  more.text();
  return !more.bad && read_xattrs(more, nullptr) ? head.size : 0;
}

}  // namespace

std::string_view CachedEntry::name() const noexcept {
  return {at_ + sizeof(RawEntry), read_raw<RawEntry>(at_).name_size};
}

EntryType CachedEntry::type() const noexcept { return read_raw<RawEntry>(at_).type; }

std::string_view CachedEntry::raw() const noexcept { return {at_, read_raw<RawEntry>(at_).size}; }

bool CachedEntry::believable() const noexcept {
  return (read_raw<RawEntry>(at_).bits & kBelievable) != 0;
}

fs::FileStatus CachedEntry::status() const noexcept {
  static_assert(offsetof(RawFile, status) == 0);
  return read_raw<fs::FileStatus>(at_ + sizeof(RawEntry) + read_raw<RawEntry>(at_).name_size + 1);
}

FileRecord CachedEntry::read() const {
  const auto head = read_raw<RawEntry>(at_);
  const char* at = at_ + sizeof head + head.name_size + 1;
  const auto raw = read_raw<RawFile>(at);
  FileRecord file;
  file.status = raw.status;
  file.believable = (head.bits & kBelievable) != 0;
  file.sparse = (head.bits & kSparse) != 0;
  file.content = raw.content;
  file.digest = raw.digest;
  file.flags = raw.flags;
  if ((head.bits & kHasMore) != 0) {
    at += sizeof raw;
    Reader more{{at, static_cast<std::size_t>(at_ + head.size - at)}};
    file.chunks = more.raw<std::uint64_t>();
    file.link = more.text();
    read_xattrs(more, &file.xattrs);
  }
  return file;
}

void DirectoryRecord::Cursor::next() noexcept {
  const auto head = read_raw<RawEntry>(at_);
  if (head.type == EntryType::Directory) ++directories_;
  at_ += head.size;
  --left_;
}

std::optional<DirectoryRecord> DirectoryRecord::find(ByteView image, std::uint64_t offset) {
  const std::string_view all = as_text(image);
  if (offset > all.size() || all.size() - offset < sizeof(RawHead)) return std::nullopt;
  const auto raw = read_raw<RawHead>(all.data() + offset);
  if (raw.size < sizeof raw || raw.size > all.size() - offset || raw.subtree_size < raw.size ||
      raw.subtree_size > offset + raw.size) {
    return std::nullopt;
  }
  DirectoryRecord record;
  record.image_ = image;
  record.offset_ = offset;
  record.raw_ = all.substr(offset, raw.size);
  record.subtree_ = all.substr(offset + raw.size - raw.subtree_size, raw.subtree_size);
  record.entry_count_ = raw.entries;
  record.directory_count_ = raw.directories;

  DirectoryHead& head = record.head_;
  head.status = raw.status;
  head.tree = raw.tree;
  head.meta = raw.meta;
  head.digest = raw.digest;
  head.rules = raw.rules;
  head.believable = (raw.bits & kDirectoryBelievable) != 0;
  head.list_again = (raw.bits & kListAgain) != 0;
  head.incomplete = (raw.bits & kIncomplete) != 0;
  head.has_ignore = (raw.bits & kHasIgnore) != 0;
  head.has_git_ignore = (raw.bits & kHasGitIgnore) != 0;
  head.has_cache_tag = (raw.bits & kHasCacheTag) != 0;
  head.flags = raw.flags;

  Reader reader{record.raw_.substr(sizeof raw)};
  Reader xattrs{reader.take(raw.xattrs_size)};
  if (!read_xattrs(xattrs, &head.xattrs)) return std::nullopt;
  record.links_ = reader.take(std::uint64_t{8} * raw.directories).data();
  if (reader.bad) return std::nullopt;
  record.entries_ = reader.rest.data();

  std::string_view rest = reader.rest, last;
  std::uint32_t directories = 0;
  for (std::uint32_t i = 0; i < raw.entries; ++i) {
    std::string_view name;
    EntryType type{};
    const std::size_t size = check_entry(rest, name, type);
    if (size == 0 || (i > 0 && name <= last)) return std::nullopt;
    if (type == EntryType::Directory) ++directories;
    rest.remove_prefix(size);
    last = name;
  }
  if (!rest.empty() || directories != raw.directories) return std::nullopt;
  return record;
}

std::optional<DirectoryRecord> DirectoryRecord::find_directory(std::uint32_t number) const {
  if (number >= directory_count_) return std::nullopt;
  const auto distance = [this](std::uint32_t n) {
    return read_raw<std::uint64_t>(links_ + std::size_t{8} * n);
  };
  if (distance(number) == 0 || distance(number) > offset_) return std::nullopt;
  std::optional<DirectoryRecord> record = find(image_, offset_ - distance(number));
  if (!record) return std::nullopt;
  // Subtrees lie within their parent's, one after the other: damage cannot make one count twice.
  std::uint64_t from = offset_ + raw_.size() - subtree_.size();
  for (std::uint32_t before = number; before-- > 0;) {
    if (distance(before) == 0) continue;
    if (distance(before) > offset_ || distance(before) <= distance(number)) return std::nullopt;
    const std::uint64_t start = offset_ - distance(before);
    from = start + read_raw<RawHead>(as_text(image_).data() + start).size;
    break;
  }
  const std::uint64_t end = record->offset_ + record->raw_.size();
  if (end > offset_ || end - record->subtree_.size() < from) return std::nullopt;
  return record;
}

RecordWriter::RecordWriter(const DirectoryHead& head, std::uint32_t directories) {
  RawHead raw{};
  raw.status = head.status;
  raw.bits = (head.believable ? kDirectoryBelievable : 0U) | (head.list_again ? kListAgain : 0U) |
             (head.incomplete ? kIncomplete : 0U) | (head.has_ignore ? kHasIgnore : 0U) |
             (head.has_git_ignore ? kHasGitIgnore : 0U) | (head.has_cache_tag ? kHasCacheTag : 0U);
  raw.flags = head.flags;
  raw.directories = directories;
  raw.tree = head.tree;
  raw.meta = head.meta;
  raw.digest = head.digest;
  raw.rules = head.rules;
  std::string xattrs;
  append_xattrs(xattrs, head.xattrs);
  raw.xattrs_size = static_cast<std::uint32_t>(xattrs.size());
  append_raw(bytes_, raw);
  bytes_ += xattrs;
  bytes_.append(std::size_t{8} * directories, '\0');
}

void RecordWriter::append(std::string_view entry) {
  bytes_ += entry;
  ++entries_;
}

void RecordWriter::add(std::string_view name, EntryType type, const FileRecord& file) {
  std::string more;
  if (file.chunks != 0 || !file.link.empty() || !file.xattrs.empty()) {
    append_raw(more, file.chunks);
    append_text(more, file.link);
    append_xattrs(more, file.xattrs);
  }
  const RawFile raw{file.status, file.content, file.digest, file.flags};
  const std::uint8_t bits =
      static_cast<std::uint8_t>((file.believable ? kBelievable : 0) | (file.sparse ? kSparse : 0) |
                                (more.empty() ? 0 : kHasMore));
  append_raw(bytes_, RawEntry{static_cast<std::uint32_t>(sizeof(RawEntry) + name.size() + 1 +
                                                         sizeof raw + more.size()),
                              static_cast<std::uint16_t>(name.size()), type, bits});
  bytes_.append(name) += '\0';
  append_raw(bytes_, raw);
  append(more);
}

void RecordWriter::add_directory(std::string_view name) {
  append_raw(bytes_, RawEntry{static_cast<std::uint32_t>(sizeof(RawEntry) + name.size() + 1),
                              static_cast<std::uint16_t>(name.size()), EntryType::Directory, 0});
  bytes_ += name;
  append(std::string_view("\0", 1));
}

std::string RecordWriter::take() {
  const std::uint64_t size = bytes_.size();
  std::memcpy(bytes_.data() + offsetof(RawHead, size), &size, sizeof size);
  std::memcpy(bytes_.data() + offsetof(RawHead, entries), &entries_, sizeof entries_);
  bytes_.shrink_to_fit();
  return std::move(bytes_);
}

void link_record(char* record, std::uint64_t subtree_size,
                 const std::vector<std::uint64_t>& distances) {
  std::memcpy(record + offsetof(RawHead, subtree_size), &subtree_size, sizeof subtree_size);
  const auto head = read_raw<RawHead>(record);
  char* links = record + sizeof head + head.xattrs_size;
  for (std::uint32_t i = 0; i < head.directories && i < distances.size(); ++i) {
    std::memcpy(links + std::size_t{8} * i, &distances[i], 8);
  }
}

}  // namespace stravinsky
