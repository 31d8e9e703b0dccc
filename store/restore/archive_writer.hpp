#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "stravinsky/entry.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// Writes entries as one archive to a descriptor, in order.
///
/// Names and attributes go in as the bytes they are: no character set is assumed. Whatever the
/// format has no place for is noted by `losses`, one line each. One thread. A writer that goes
/// without `finish` leaves an archive that does not look finished.
class ArchiveWriter {
 public:
  virtual ~ArchiveWriter() = default;

  enum class Wants { Content, Nothing };
  /// Begins an entry.
  /// @param path   relative; "." for the directory that the archive is of
  /// @param group  of hard links: the same for all its members; empty: no group known
  /// @returns whether `append` must now be given the file's content, exactly `entry.size` bytes
  virtual Wants begin(const std::string& path, const Entry& entry, const std::string& group) = 0;
  virtual void append(ByteView piece) = 0;
  virtual void finish() = 0;

  const std::vector<std::string>& losses() const noexcept { return losses_; }

 protected:
  void lose(std::string line) { losses_.push_back(std::move(line)); }
  /// The path under which a group came first; empty when this is the first, which is remembered.
  std::string first_of(const std::string& group, const std::string& path);

 private:
  std::unordered_map<std::string, std::string> first_of_group_;
  std::vector<std::string> losses_;
};

/// @throws Error Io: this system's libarchive lacks the format; the members: of the errno
std::unique_ptr<ArchiveWriter> make_archive_writer(ArchiveFormat format, const DumpOutput& output);
std::unique_ptr<ArchiveWriter> make_zip_writer(const DumpOutput& output);

}  // namespace stravinsky
