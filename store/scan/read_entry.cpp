#include "scan/read_entry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/hash.hpp"
#include "fs/fd.hpp"
#include "fs/file.hpp"
#include "fs/link.hpp"
#include "index/believable.hpp"

namespace stravinsky {
namespace {

constexpr int kTries = 3;
/// Larger buffers are given back after each file.
constexpr std::size_t kKeptBuffer = 4U << 20;
/// How much of a large file is handed on at once.
constexpr std::size_t kPiece = 1U << 20;

/// Room for reading that is kept per thread and never filled with zeros first.
class Buffer {
 public:
  std::byte* take(std::size_t size) {
    if (size > size_) {
      bytes_.reset();
      bytes_ = std::make_unique_for_overwrite<std::byte[]>(size);
      size_ = size;
    }
    return bytes_.get();
  }
  void trim() {
    if (size_ <= kKeptBuffer) return;
    bytes_.reset();
    size_ = 0;
  }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

enum class Try { Done, Again, Lost };

struct Reading {
  const ReadContext& context;
  const char* name;
  ReadResult& result;
  Timestamp looked_at{};  ///< before this try began

  Try lose(int error) {
    if (is_shortage(error)) throw fs::errno_error("read", name, error);
    result.lost = loss_of(error);
    result.reason = reason_of(error);
    return Try::Lost;
  }
  void require_not_cancelled() const {
    if (context.progress.cancelled()) {
      throw Error(Errc::Cancelled, "cannot finish the scan", "it was cancelled");
    }
  }
  /// Never more in all than the file was expected to have, however often it is read.
  void tell(std::uint64_t read_so_far, std::uint64_t expected) {
    read_so_far = std::min(read_so_far, expected);
    if (read_so_far <= result.bytes_told) return;
    context.progress.advance(0, read_so_far - result.bytes_told);
    result.bytes_told = read_so_far;
  }

  bool is_believable() const {
    const fs::FileStatus& status = result.record.status;
    return stravinsky::is_believable(status.mtime(), status.ctime(), looked_at);
  }

  Try read_small(int fd, std::uint64_t size);
  Try read_large(int fd, std::uint64_t size, std::uint64_t expected);
  Try read_pieces(int fd, std::uint64_t size, std::uint64_t expected, ScanSink::Large* large,
                  Sha256& digest);
  Try confirm(int fd);
  Try read_file(int directory, std::uint64_t expected);
  Try read_link(int directory, const fs::FileStatus& seen);
};

Try Reading::read_small(int fd, std::uint64_t size) {
  thread_local Buffer buffer;
  // One byte more than there should be, to see it grow.
  std::byte* room = buffer.take(static_cast<std::size_t>(size) + 1);
  const ssize_t count = fs::read_some(fd, room, static_cast<std::size_t>(size) + 1);
  if (count < 0) return lose(errno);
  result.bytes_read += static_cast<std::uint64_t>(count);
  if (static_cast<std::uint64_t>(count) != size) return Try::Again;
  const HashedContent content =
      hash_content(ObjectType::Blob, {room, static_cast<std::size_t>(size)});
  const StoredContent stored = context.sink.put_content(content);
  result.record.digest = content.digest;
  result.record.content = stored.id;
  result.record.chunks = stored.chunks;
  buffer.trim();
  return Try::Done;
}

/// @param large  null: only the digest is wanted, of what was read and told of before
Try Reading::read_pieces(int fd, std::uint64_t size, std::uint64_t expected, ScanSink::Large* large,
                         Sha256& digest) {
  static const std::vector<std::byte> zeros(64 * 1024);
  thread_local Buffer buffer;
  std::byte* room = buffer.take(kPiece);
  Sha256Hasher hasher;
  for (std::uint64_t at = 0; at < size;) {
    const fs::DataRange data = fs::find_data(fd, at, size);
    for (std::uint64_t left = data.start - at; left > 0;) {
      const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece));
      for (std::size_t done = 0; done < count; done += zeros.size()) {
        hasher.update(ByteView(zeros).first(std::min(zeros.size(), count - done)));
      }
      left -= count;
      if (large != nullptr) tell(data.start - left, expected);
      require_not_cancelled();
    }
    if (large != nullptr && data.start > at) large->append_zeros(data.start - at);
    for (at = data.start; at < data.end;) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(data.end - at, kPiece));
      const ssize_t count = fs::read_at(fd, room, want, at);
      if (count < 0) return lose(errno);
      if (count == 0) return Try::Again;  // it shrank
      const ByteView piece(room, static_cast<std::size_t>(count));
      hasher.update(piece);
      at += piece.size();
      if (large != nullptr) {
        large->append(piece);
        result.bytes_read += piece.size();
        tell(at, expected);
      }
      require_not_cancelled();
    }
  }
  digest = hasher.finish();
  return Try::Done;
}

Try Reading::read_large(int fd, std::uint64_t size, std::uint64_t expected) {
  const std::unique_ptr<ScanSink::Large> large = context.sink.begin_large();
  const Try read = read_pieces(fd, size, expected, large.get(), result.record.digest);
  if (read != Try::Done) return read;
  const StoredContent stored = large->finish();
  result.record.content = stored.id;
  result.record.chunks = stored.chunks;
  return Try::Done;
}

/// A write while we read may leave the times as they were, if the file was written in the same tick
/// of its filesystem's clock just before. Only the content tells then: it must be the same twice.
Try Reading::confirm(int fd) {
  const fs::FileStatus& seen = result.record.status;
  if (seen.size == 0 || is_believable()) return Try::Done;
  Sha256 digest;
  const Try read = read_pieces(fd, seen.size, seen.size, nullptr, digest);
  if (read != Try::Done) return read;
  fs::FileStatus after;
  if (const int error = fs::look_at(fd, after)) return lose(error);
  return after == seen && digest == result.record.digest ? Try::Done : Try::Again;
}

Try Reading::read_file(int directory, std::uint64_t expected) {
  const fs::Fd fd(fs::open_quietly(directory, name));
  if (!fd) {
    // A link or a socket now, or a FIFO without its other end: look again.
    return errno == ELOOP || errno == ENXIO ? Try::Again : lose(errno);
  }
  fs::FileStatus before, after;
  bool sparse = false;
  if (const int error = fs::look_at(fd.get(), before, &sparse)) return lose(error);
  if (!before.is_file()) return Try::Again;
  result.is_read = true;
  const Try read = before.size >= context.chunk_threshold
                       ? read_large(fd.get(), before.size, expected)
                       : read_small(fd.get(), before.size);
  if (read != Try::Done) return read;
  result.attributes_error = fs::read_xattrs(fd.get(), result.record.xattrs);
  const int flags_error = fs::read_inode_flags(fd.get(), result.record.flags);
  if (result.attributes_error == 0) result.attributes_error = flags_error;
  // Fewer blocks may also mean compression or data kept in the inode.
  if (sparse) {
    const fs::DataRange data = fs::find_data(fd.get(), 0, before.size);
    result.record.sparse = data.start != 0 || data.end != before.size;
  }
  if (const int error = fs::look_at(fd.get(), after)) return lose(error);
  result.record.status = after;
  return before == after ? confirm(fd.get()) : Try::Again;
}

Try Reading::read_link(int directory, const fs::FileStatus& seen) {
  std::string& link = result.record.link;
  if (const int error = fs::read_link(directory, name, link)) {
    return error == EINVAL ? Try::Again : lose(error);
  }
  result.attributes_error = fs::read_xattrs(directory, name, result.record.xattrs);
  fs::FileStatus after;
  if (const int error = fs::look_at(directory, name, after)) return lose(error);
  if (!(after == seen)) return Try::Again;
  const StoredContent stored =
      context.sink.put_content(hash_content(ObjectType::Blob, as_bytes(link)));
  result.record.content = stored.id;
  result.record.status = seen;
  return Try::Done;
}

}  // namespace

ReadResult read_entry(const ReadContext& context, int directory, const char* name,
                      const fs::FileStatus& first_seen) {
  ReadResult result;
  Reading reading{context, name, result};
  reading.require_not_cancelled();
  fs::FileStatus seen = first_seen;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    result.record = {};
    reading.looked_at = context.clock.now();
    if (attempt > 0) {
      if (const int error = fs::look_at(directory, name, seen)) {
        reading.lose(error);
        return result;
      }
    }
    Try done = Try::Done;
    if (seen.is_file()) {
      done = reading.read_file(directory, first_seen.is_file() ? first_seen.size : 0);
    } else if (seen.is_symlink()) {
      done = reading.read_link(directory, seen);
    } else if (!seen.is_directory()) {
      result.attributes_error = fs::read_xattrs(directory, name, result.record.xattrs);
      result.record.status = seen;
    } else {
      done = Try::Again;
    }
    if (done == Try::Lost) return result;
    if (done == Try::Done) {
      // What was read in part is read again, whatever the times say.
      result.record.believable = result.attributes_error == 0 && reading.is_believable();
      return result;
    }
  }
  result.lost = Loss::Kind::Changing;
  result.reason = seen.is_directory() ? "it became a directory while it was looked at"
                                      : "it changed each of the three times it was read";
  return result;
}

Loss::Kind loss_of(int error) noexcept {
  switch (error) {
    case EACCES:
    case EPERM:
      return Loss::Kind::Unreadable;
    case ENOENT:
      return Loss::Kind::Vanished;
    default:
      return Loss::Kind::Failed;
  }
}

std::string reason_of(int error) { return std::generic_category().message(error); }

bool is_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

}  // namespace stravinsky
