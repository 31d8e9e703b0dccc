#pragma once

#include <memory>
#include <string>

#include "core/bytes.hpp"

struct archive;

namespace stravinsky {

/// Frees a libarchive writer; an archive that was not closed gets no end.
struct FreeArchive {
  void operator()(archive* raw) const noexcept;
};
using ArchiveHandle = std::unique_ptr<archive, FreeArchive>;

/// A new writer. @throws std::bad_alloc
ArchiveHandle new_archive();
/// Throws for anything but ARCHIVE_OK and ARCHIVE_WARN. @param subject  what was being written
void check_archive(archive* raw, int result, const std::string& subject);
/// Writes all of it as content of the current entry.
void write_archive_data(archive* raw, ByteView bytes, const std::string& subject);

/// A stream of bytes to a descriptor, as it is or compressed by zstd.
class ByteOutput {
 public:
  enum class Compression { None, Zstd };
  /// @throws Error Io: this libarchive has no zstd
  ByteOutput(Compression compression, int fd);
  void write(ByteView bytes);
  void write(std::string_view bytes) { write(as_bytes(bytes)); }
  void finish();

 private:
  int fd_;
  ArchiveHandle zstd_;
};

}  // namespace stravinsky
