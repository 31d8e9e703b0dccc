#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "fs/attributes.hpp"
#include "fs/file_status.hpp"
#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// What the cache remembers of a file, a link or a special file besides its name.
struct FileRecord {
  fs::FileStatus status;
  bool believable = false;  ///< is_believable when it was looked at
  ObjectId content;
  Sha256 digest;
  std::uint64_t chunks = 0;
  bool sparse = false;
  std::uint32_t flags = 0;
  std::string link;
  fs::Xattrs xattrs;
  bool operator==(const FileRecord&) const = default;
};

/// What the cache remembers of a directory besides its entries.
struct DirectoryHead {
  fs::FileStatus status;
  ObjectId tree, meta;
  Sha256 digest;                ///< of the stored directory
  Sha256 rules;                 ///< fingerprint of what was excluded there
  bool believable = false;      ///< is_believable when it was listed
  bool list_again = false;      ///< an entry was left out for more than its name
  bool incomplete = false;      ///< an entry was left out
  bool has_ignore = false;      ///< it holds a `.stravinskyignore`,
  bool has_git_ignore = false;  ///< a `.gitignore`,
  bool has_cache_tag = false;   ///< a `CACHEDIR.TAG`
  std::uint32_t flags = 0;
  fs::Xattrs xattrs;
  bool operator==(const DirectoryHead&) const = default;
};

/// One entry of a record, borrowed. It was checked when the record was found.
class CachedEntry {
 public:
  explicit CachedEntry(const char* at = nullptr) noexcept : at_(at) {}
  explicit operator bool() const noexcept { return at_ != nullptr; }

  std::string_view name() const noexcept;  ///< a NUL stands behind it
  EntryType type() const noexcept;
  std::string_view raw() const noexcept;
  // What follows is not for directories, whose own record has it.
  bool believable() const noexcept;
  fs::FileStatus status() const noexcept;
  FileRecord read() const;

 private:
  const char* at_;
};

/// The record of one directory, borrowed from the bytes of a cache.
///
/// Records lie in post-order: those of a directory's sub-directories, and of theirs, end where its
/// own begins, so a whole subtree is one run of bytes that can be copied to another place.
class DirectoryRecord {
 public:
  /// Checks all of the record, whose bytes may be damaged in any way.
  static std::optional<DirectoryRecord> find(ByteView image, std::uint64_t offset);

  const DirectoryHead& head() const noexcept { return head_; }
  std::uint32_t entry_count() const noexcept { return entry_count_; }
  std::string_view raw() const noexcept { return raw_; }
  /// This record and those of all directories below, which precede it.
  std::string_view subtree() const noexcept { return subtree_; }

  /// Walks the entries in the order of their names.
  class Cursor {
   public:
    explicit Cursor(const DirectoryRecord& record) noexcept
        : at_(record.entries_), left_(record.entry_count_) {}
    /// The current entry; empty at the end.
    CachedEntry get() const noexcept { return CachedEntry(left_ == 0 ? nullptr : at_); }
    /// How many directories came before it: the number for `find_directory`.
    std::uint32_t directories() const noexcept { return directories_; }
    void next() noexcept;

   private:
    const char* at_;
    std::uint32_t left_, directories_ = 0;
  };

  /// The record of the n-th entry that is a directory; empty when there is none or it is damaged.
  std::optional<DirectoryRecord> find_directory(std::uint32_t number) const;

 private:
  ByteView image_;
  std::uint64_t offset_ = 0;
  DirectoryHead head_;
  std::string_view raw_, subtree_;
  const char* links_ = nullptr;
  const char* entries_ = nullptr;
  std::uint32_t entry_count_ = 0, directory_count_ = 0;
};

/// Builds the bytes of one record. Entries come in the order of their names.
class RecordWriter {
 public:
  /// @param directories  how many of the entries will be directories
  RecordWriter(const DirectoryHead& head, std::uint32_t directories);
  void add(std::string_view name, EntryType type, const FileRecord& file);
  void add_directory(std::string_view name);
  void add(const CachedEntry& entry) { append(entry.raw()); }
  std::string take();

 private:
  void append(std::string_view entry);

  std::string bytes_;
  std::uint32_t entries_ = 0;
};

/// Writes into the bytes of a record where its subtree begins and its sub-directories' records lie.
/// @param distances  from the start of each back to theirs; 0: it has none
void link_record(char* record, std::uint64_t subtree_size,
                 const std::vector<std::uint64_t>& distances);

}  // namespace stravinsky
