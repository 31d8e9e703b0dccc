#include "restore/libarchive_output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

#include "core/text.hpp"
#include "fs/fd.hpp"
#include "fs/file.hpp"
#include "restore/libarchive.hpp"

namespace stravinsky {
namespace {

constexpr const char* kStream = "the archive";

}  // namespace

LibArchive::LibArchive() : raw_(libarchive().archive_write_new()) {
  if (raw_ == nullptr) throw std::bad_alloc();
}

LibArchive::~LibArchive() {
  sink_.discard = true;
  libarchive().archive_write_free(raw_);
}

long LibArchive::write_to_sink(archive*, void* sink, const void* bytes, std::size_t size) {
  Sink& to = *static_cast<Sink*>(sink);
  if (to.discard || to.error != 0) return static_cast<long>(size);
  ssize_t count;
  do {
    count = ::write(to.fd, bytes, size);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return count;
  to.error = errno;
  return static_cast<long>(size);
}

void LibArchive::open(const DumpOutput& output) {
  sink_.fd = output.fd;
  name_ = output.name;
  check(libarchive().archive_write_set_bytes_in_last_block(raw_, 1), kStream);
  check(libarchive().archive_write_open(raw_, &sink_, nullptr, &LibArchive::write_to_sink, nullptr),
        kStream);
}

void LibArchive::check(int result, const std::string& subject) const {
  if (sink_.error != 0) throw fs::errno_error("write", name_, sink_.error);
  if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
  const char* text = libarchive().archive_error_string(raw_);
  throw Error(Errc::Io, fmt::format("cannot write {} to {}", quoted(subject), quoted(name_)),
              text != nullptr ? text : "libarchive gives no reason");
}

void LibArchive::write_data(ByteView bytes, const std::string& subject) {
  while (!bytes.empty()) {
    const la_ssize_t count = libarchive().archive_write_data(raw_, bytes.data(), bytes.size());
    check(count > 0 ? ARCHIVE_OK : ARCHIVE_FATAL, subject);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void LibArchive::close() { check(libarchive().archive_write_close(raw_), kStream); }

ArchiveEntry new_entry() {
  ArchiveEntry entry(libarchive().archive_entry_new(), libarchive().archive_entry_free);
  if (!entry) throw std::bad_alloc();
  return entry;
}

ByteOutput::ByteOutput(Compression compression, DumpOutput output) : output_(std::move(output)) {
  if (compression == Compression::None) return;
  zstd_ = std::make_unique<LibArchive>();
  zstd_->check(libarchive().archive_write_set_format_raw(zstd_->raw()), kStream);
  // A warning says that an outside program would be run.
  if (libarchive().archive_write_add_filter_zstd(zstd_->raw()) != ARCHIVE_OK) {
    throw Error(Errc::Io, "cannot compress the archive", "this system's libarchive has no zstd",
                "write a plain tar and compress it yourself: … | zstd");
  }
  zstd_->open(output_);
  const ArchiveEntry entry = new_entry();
  libarchive().archive_entry_set_filetype(entry.get(), AE_IFREG);
  zstd_->check(libarchive().archive_write_header(zstd_->raw(), entry.get()), kStream);
}

void ByteOutput::write(ByteView bytes) {
  if (zstd_) {
    zstd_->write_data(bytes, kStream);
  } else {
    fs::write_all(output_.fd, bytes, output_.name);
  }
}

void ByteOutput::finish() {
  if (zstd_) zstd_->close();
}

}  // namespace stravinsky
