#include "restore/write_content.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/hash.hpp"
#include "core/scratch_buffer.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {
namespace {

/// Holes are made of whole blocks of this size, as filesystems have them.
constexpr std::uint64_t kBlock = 4096;
constexpr const char* kNotAsWritten = "what was read back is not what was written";

bool is_zero(ByteView bytes) {
  // Equal to itself one byte on: all equal to the first.
  return bytes.empty() || (bytes.front() == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// Writes in order, passing over zero blocks. The last one may be short: a file that ends in a hole
/// shall end in one again, or the tree would not be the snapshot that it was taken as.
class SparseOutput {
 public:
  /// @param size  of the whole file, in bytes
  SparseOutput(int fd, std::uint64_t size, const std::string& path)
      : fd_(fd), size_(size), path_(path) {}

  void append(ByteView bytes) {
    while (!bytes.empty()) {
      std::size_t length = 0;
      bool hole = false;
      while (length < bytes.size()) {
        const std::uint64_t at = offset_ + length;
        const ByteView block = bytes.subspan(length).first(static_cast<std::size_t>(
            std::min<std::uint64_t>(kBlock - at % kBlock, bytes.size() - length)));
        const bool is_block = block.size() == kBlock || at + block.size() == size_;
        const bool is_hole = is_block && at % kBlock == 0 && is_zero(block);
        if (length > 0 && is_hole != hole) break;
        hole = is_hole;
        length += block.size();
      }
      if (hole) {
        if (lseek(fd_, static_cast<off_t>(length), SEEK_CUR) < 0) fs::throw_errno("write", path_);
      } else {
        fs::write_all(fd_, bytes.first(length), path_);
      }
      offset_ += length;
      bytes = bytes.subspan(length);
    }
  }

  /// The file ends here, be it in a hole.
  void finish() {
    if (ftruncate(fd_, static_cast<off_t>(offset_)) != 0) fs::throw_errno("write", path_);
  }

 private:
  int fd_;
  std::uint64_t size_;
  const std::string& path_;
  std::uint64_t offset_ = 0;
};

/// Whether the file has `piece` at `offset`. What lies behind its end reads as zeros: a hole that
/// nothing was written behind yet.
bool holds(int fd, ByteView piece, std::uint64_t offset, const std::string& path) {
  thread_local ScratchBuffer buffer;
  const std::span<std::byte> room = buffer.room(piece.size());
  const ssize_t count = fs::read_at(fd, room.data(), room.size(), offset);
  if (count < 0) fs::throw_errno("read", path);
  const auto there = static_cast<std::size_t>(count);
  return std::memcmp(room.data(), piece.data(), there) == 0 && is_zero(piece.subspan(there));
}

void require_size(int fd, std::uint64_t size, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) fs::throw_errno("look at", path);
  if (static_cast<std::uint64_t>(status.st_size) != size) {
    throw Error(Errc::Io, fmt::format("cannot restore {}", quoted(path)), kNotAsWritten);
  }
}

}  // namespace

WrittenContent write_content_to(int fd, const ObjectDatabase& database, const Entry& entry,
                                const ObjectId& content, const std::string& path,
                                ReadBack read_back, Progress& progress) {
  bool in_target = false;  // whose error it is that comes out of read_content
  std::uint64_t offset = 0;
  SparseOutput sparse(fd, entry.size, path);
  try {
    read_content(database, entry, content, path, [&](ByteView piece) {
      in_target = true;
      if (progress.cancelled()) {
        throw Error(Errc::Cancelled, "restore stopped", "it was asked to");
      }
      if (entry.sparse) {
        sparse.append(piece);
      } else {
        fs::write_all(fd, piece, path);
      }
      if (read_back == ReadBack::Yes && !holds(fd, piece, offset, path)) {
        throw Error(Errc::Io, fmt::format("cannot restore {}", quoted(path)), kNotAsWritten);
      }
      offset += piece.size();
      in_target = false;
    });
    in_target = true;
    if (entry.sparse) sparse.finish();
    if (read_back == ReadBack::Yes) require_size(fd, entry.size, path);
    return {.complete = true, .reason = {}};
  } catch (const Error& error) {
    if (in_target) throw;
    return {.complete = false, .reason = error.what()};
  }
}

bool has_content(int fd, const Entry& entry, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) fs::throw_errno("read", path);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != entry.size) {
    return false;
  }
  thread_local std::vector<std::byte> buffer(256 * 1024);
  thread_local Sha256Hasher hasher;
  for (std::uint64_t offset = 0; offset < entry.size;) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), entry.size - offset));
    const ssize_t count = fs::read_at(fd, buffer.data(), wanted, offset);
    if (count < 0) {
      const int error = errno;
      hasher.finish();  // leaves it ready for the next file
      throw fs::errno_error("read", path, error);
    }
    hasher.update(ByteView(buffer).first(static_cast<std::size_t>(count)));
    if (count == 0) break;  // cut short meanwhile
    offset += static_cast<std::uint64_t>(count);
  }
  return hasher.finish() == entry.digest;
}

}  // namespace stravinsky
