#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "fs/fd.hpp"

namespace stravinsky::fs {

/// How new files come to their names in one operation: what the filesystem turned out not to know
/// is not asked again. Threads: shared by all of them.
class TempFiles {
 public:
  enum class Names { WhereNeeded, Always };
  /// @param names  Always: as on a filesystem that knows no nameless files
  explicit TempFiles(Names names = Names::WhereNeeded);
  /// `.stravinsky-tmp-<pid>-<n>`, unique in this process.
  std::string next_name();

 private:
  friend class TempFile;
  std::atomic<bool> nameless_;          ///< O_TMPFILE works, and what it makes can get a name
  std::atomic<bool> empty_path_{true};  ///< linkat(AT_EMPTY_PATH) is allowed
};

/// A new file without its name: nobody else can open it until `link` or `replace` gives it one, and
/// a crash before that leaves nothing (O_TMPFILE), or, on filesystems without it, an unreadable
/// `.stravinsky-tmp-…` that a failure removes again. Names are never followed and, by `link`, never
/// replaced.
class TempFile {
 public:
  /// @param directory  open, and open for as long as the object lives
  /// @param mode       permission bits to begin with; the umask takes some away, and a file with a
  ///                   temporary name begins with 0600 or less
  /// @param path       of the file to be, for messages
  /// @throws Error of the errno
  TempFile(TempFiles& files, int directory, mode_t mode, const std::string& path);
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  int fd() const noexcept { return fd_.get(); }
  /// Gives it its name; false when something has it already. @throws Error of the errno
  bool link(const std::string& name);
  /// Gives it its name, in the place of whatever file or link has it. @throws Error of the errno
  void replace(const std::string& name);

 private:
  bool link_as(const std::string& name);

  TempFiles& files_;
  int directory_;
  const std::string& path_;
  std::string temporary_;  ///< empty: none
  Fd fd_;
};

/// renameat2(RENAME_NOREPLACE) within one directory, or linkat(2) and unlinkat(2) where the
/// filesystem does not know it; false when something has the new name.
/// @throws Error of the errno, naming `path`
bool rename_in_directory(int directory, const std::string& from, const std::string& to,
                         const std::string& path);

}  // namespace stravinsky::fs
