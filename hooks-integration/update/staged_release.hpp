#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "update/release_rules.hpp"

namespace stravinsky::hooks {

/// A directory of ours into which a release is written, entry by entry. Nothing it is told to write
/// ends up elsewhere: the rules have judged every path, and none is ever followed.
class StagedRelease {
 public:
  /// @param directory  new or empty, absolute, 0700: nobody else may write there
  /// @throws Error Io, Denied
  StagedRelease(std::string directory, const ReleaseLimits& limits);
  ~StagedRelease();
  StagedRelease(const StagedRelease&) = delete;
  StagedRelease& operator=(const StagedRelease&) = delete;

  void add_directory(std::string_view path);
  void add_symlink(std::string_view path, std::string_view target);
  /// @param mode  of its nine bits only who may execute it is kept
  /// @param read  gives the content piece by piece, and an empty piece at its end
  void add_file(std::string_view path, std::uint32_t mode,
                const std::function<std::string_view()>& read);

  std::uint64_t files() const { return files_; }

 private:
  std::string make_parents(std::string_view path);

  int fd_ = -1;
  std::string directory_;
  ReleaseRules rules_;
  std::uint64_t files_ = 0;
};

/// Copies a directory. Devices, FIFOs and sockets in it are refused; owners and times are not kept.
/// @returns how many files. @throws Error NotFound, Hostile, Denied, NoSpace, Io
std::uint64_t stage_directory(const std::string& source, const std::string& staging,
                              const ReleaseLimits& limits = {});

/// Unpacks a tar archive, plain or compressed by gzip or zstd. Besides what the rules refuse: hard
/// links, devices, FIFOs, sockets, and archives that are damaged or cut off, which may show at
/// their end only: what is staged is a release when this has returned. Names are taken as the bytes
/// they are.
/// @returns how many files. @throws Error NotFound, Hostile, Corrupt, Denied, NoSpace, Io
std::uint64_t stage_archive(const std::string& source, const std::string& staging,
                            const ReleaseLimits& limits = {});

}  // namespace stravinsky::hooks
