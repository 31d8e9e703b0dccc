#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "fs/fd.hpp"

namespace stravinsky::fs {

/// A file being written under a temporary name, which a crash leaves and
/// `remove_abandoned_files` finds: its maker holds a kernel lock on it while it lives.
class UnfinishedFile {
 public:
  /// Creates `<directory>/<prefix><pid>-<n>.tmp`, mode 0600. @throws Error of the errno
  UnfinishedFile(const std::string& directory, std::string_view prefix);
  ~UnfinishedFile();  ///< removes it unless it was published
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }

  /// Threads: any, for ranges that do not overlap. @throws Error of the errno
  void write_at(ByteView bytes, std::uint64_t offset);
  /// Sets the final mode and makes the content durable. A failure is final, as in `sync_file`.
  void finish(mode_t mode);
  /// Gives it its final name, whatever lay there; the caller syncs the directory.
  void publish(const std::string& path);

 private:
  std::string path_;
  Fd fd_;
  bool published_ = false;
};

/// Removes files of that prefix whose makers are dead. A missing directory holds none.
void remove_abandoned_files(const std::string& directory, std::string_view prefix);

}  // namespace stravinsky::fs
