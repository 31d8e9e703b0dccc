#pragma once

#include <memory>
#include <string>

#include "core/bytes.hpp"
#include "stravinsky/restore.hpp"

struct archive;
struct archive_entry;

namespace stravinsky {

/// A libarchive writer to a descriptor.
///
/// A failed write is kept from libarchive, which leaks what it holds of an entry after one; `check`
/// and the other members throw it instead. One that is not closed writes nothing more when it goes,
/// so an archive that does not look finished stays behind.
class LibArchive {
 public:
  LibArchive();
  ~LibArchive();
  LibArchive(const LibArchive&) = delete;
  LibArchive& operator=(const LibArchive&) = delete;

  archive* raw() const noexcept { return raw_; }
  /// After the format and filters were chosen.
  void open(const DumpOutput& output);
  /// Throws for a failed write, and for anything but ARCHIVE_OK and ARCHIVE_WARN.
  /// @param subject  what was being written
  void check(int result, const std::string& subject) const;
  /// All of it is content of the current entry.
  void write_data(ByteView bytes, const std::string& subject);
  void close();

 private:
  struct Sink {
    int fd = -1;
    int error = 0;
    bool discard = false;
  };
  static long write_to_sink(archive* raw, void* sink, const void* bytes, std::size_t size);

  archive* raw_;
  Sink sink_;
  std::string name_;  ///< of the output
};

/// An entry of an archive that is written.
using ArchiveEntry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;
ArchiveEntry new_entry();

/// A stream of bytes to a descriptor, as it is or compressed by zstd.
class ByteOutput {
 public:
  enum class Compression { None, Zstd };
  /// @throws Error Io: this libarchive has no zstd
  ByteOutput(Compression compression, DumpOutput output);
  void write(ByteView bytes);
  void write(std::string_view bytes) { write(as_bytes(bytes)); }
  void finish();

 private:
  DumpOutput output_;
  std::unique_ptr<LibArchive> zstd_;
};

}  // namespace stravinsky
