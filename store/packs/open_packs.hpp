#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fs/regular_file.hpp"
#include "git/object_source.hpp"

namespace stravinsky {

/// An open pack file, and libgit2's view of it once a delta has been met.
class OpenPack {
 public:
  /// @param path  ends in `.pack`; never a link
  explicit OpenPack(const std::string& path);

  int fd() const noexcept { return file_.fd.get(); }
  std::uint64_t size() const noexcept { return file_.size; }
  git::ObjectSource& deltas();  ///< Threads: any

 private:
  std::string path_;
  fs::RegularFile file_;
  std::mutex mutex_;
  std::unique_ptr<git::ObjectSource> deltas_;
};

/// Keeps the packs used last open, and no more of them than a modest limit of descriptors allows: a
/// store may have thousands of packs. Threads: any.
class OpenPacks {
 public:
  std::shared_ptr<OpenPack> open(const std::string& path);
  /// The file may have been replaced: the next `open` opens it anew.
  void forget(const std::string& path);

 private:
  struct Kept {
    std::string path;
    std::shared_ptr<OpenPack> pack;
  };
  std::mutex mutex_;
  std::vector<Kept> kept_;  ///< the one used last comes first
};

}  // namespace stravinsky
