#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fs/fd.hpp"
#include "restore/selection.hpp"
#include "stravinsky/entry.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// How a directory of the target came to be there.
enum class Presence : std::uint8_t {
  Planned,   ///< not there yet: made when the first thing is put into it
  Made,      ///< by us
  Existing,  ///< it was there before
  Failed,    ///< cannot be made or entered: nothing below it is restored
};

/// A directory of the snapshot on its way to the target. It lives until everything below it has
/// been restored, then gets its attributes and goes.
struct DirectoryNode : std::enable_shared_from_this<DirectoryNode> {
  DirectoryNode() = default;
  ~DirectoryNode();
  DirectoryNode(const DirectoryNode&) = delete;
  DirectoryNode& operator=(const DirectoryNode&) = delete;

  std::shared_ptr<DirectoryNode> parent;  ///< null at the top
  std::string name;
  std::uint32_t depth = 0;
  StoredDirectory stored;
  std::unique_ptr<Entry> self;  ///< once it has been read
  Selected selected;
  /// What keeps it from being finished: itself while it is read, each job and sub-directory, and
  /// what waits for the end of the operation.
  std::atomic<std::uint32_t> pending{1};

  std::mutex making;  ///< held while `presence` leaves Planned
  std::atomic<Presence> presence{Presence::Planned};
  bool was_empty = false;     ///< the top only: there before, but empty
  bool inherits_acl = false;  ///< what is made in it gets an ACL of its own
  dev_t device = 0;
  ino_t inode = 0;

 private:
  friend class OpenDirectories;
  std::shared_ptr<fs::Fd> fd_;                                  ///< while it is among the open ones
  std::list<std::shared_ptr<DirectoryNode>>::iterator recent_;  ///< its place there, if `fd_`
};

/// The path from the top, raw bytes. @param name  of an entry in the directory; "" for itself
std::string path_of(const DirectoryNode& directory, const std::string& name = {});
/// The same for messages, cut in the middle when it is very deep.
std::string short_path_of(const DirectoryNode& directory, const std::string& name = {});

/// Keeps the directories in use open, within the limit of open files, and opens them anew, without
/// following links, when they are needed again. A directory that is not the one it was before
/// (device and inode) is not entered.
/// Threads: any.
class OpenDirectories {
 public:
  /// @param top  made or existing, with its descriptor
  OpenDirectories(std::shared_ptr<DirectoryNode> top, fs::Fd fd);

  /// The directory's descriptor, open for reading.
  /// @throws Error Changed (moved or replaced meanwhile); of the errno
  std::shared_ptr<fs::Fd> open(DirectoryNode& directory);
  /// Takes over a descriptor just opened, noting the identity of what it shows.
  std::shared_ptr<fs::Fd> adopt(DirectoryNode& directory, fs::Fd fd, const struct stat& status);
  /// The directory is finished; its parent is kept open in its stead if that costs nothing.
  void leave(DirectoryNode& directory);
  /// Closes all but the top: for whoever ran out of descriptors. False: there was none to close.
  bool close_some();

 private:
  std::shared_ptr<fs::Fd> find(DirectoryNode& directory);
  std::shared_ptr<fs::Fd> keep(DirectoryNode& directory, fs::Fd fd);
  void drop_oldest_locked();

  std::mutex mutex_;
  std::size_t limit_;
  std::list<std::shared_ptr<DirectoryNode>> recent_;  ///< most recent first; never the top
  std::shared_ptr<DirectoryNode> top_;
  std::shared_ptr<fs::Fd> top_fd_;
};

}  // namespace stravinsky
