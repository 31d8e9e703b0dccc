#include "restore/libarchive_output.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "core/text.hpp"
#include "fs/fd.hpp"
#include "fs/file.hpp"

namespace stravinsky {
namespace {

constexpr const char* kStream = "the archive";

}  // namespace

void FreeArchive::operator()(archive* raw) const noexcept {
  archive_write_fail(raw);
  archive_write_free(raw);
}

ArchiveHandle new_archive() {
  ArchiveHandle handle(archive_write_new());
  if (!handle) throw std::bad_alloc();
  return handle;
}

void check_archive(archive* raw, int result, const std::string& subject) {
  if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
  const char* text = archive_error_string(raw);
  const int error = archive_errno(raw);
  throw Error(error > 0 ? fs::errc_of(error) : Errc::Io,
              fmt::format("cannot write {} to the archive", quoted(subject)),
              text != nullptr ? text : "libarchive gives no reason");
}

void write_archive_data(archive* raw, ByteView bytes, const std::string& subject) {
  while (!bytes.empty()) {
    const la_ssize_t count = archive_write_data(raw, bytes.data(), bytes.size());
    if (count <= 0) check_archive(raw, ARCHIVE_FATAL, subject);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

ByteOutput::ByteOutput(Compression compression, int fd) : fd_(fd) {
  if (compression == Compression::None) return;
  zstd_ = new_archive();
  archive* raw = zstd_.get();
  check_archive(raw, archive_write_set_format_raw(raw), kStream);
  // A warning says that an outside program would be run.
  if (archive_write_add_filter_zstd(raw) != ARCHIVE_OK) {
    throw Error(Errc::Io, "cannot compress the archive", "this system's libarchive has no zstd",
                "write a plain tar and compress it yourself: … | zstd");
  }
  check_archive(raw, archive_write_set_bytes_in_last_block(raw, 1), kStream);
  check_archive(raw, archive_write_open_fd(raw, fd), kStream);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            &archive_entry_free);
  if (!entry) throw std::bad_alloc();
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  check_archive(raw, archive_write_header(raw, entry.get()), kStream);
}

void ByteOutput::write(ByteView bytes) {
  if (zstd_) {
    write_archive_data(zstd_.get(), bytes, kStream);
  } else {
    fs::write_all(fd_, bytes, kStream);
  }
}

void ByteOutput::finish() {
  if (zstd_) check_archive(zstd_.get(), archive_write_close(zstd_.get()), kStream);
}

}  // namespace stravinsky
