// libarchive reads gzip too, but passes over the CRC at its end: a changed byte in a stored block
// would come out as content. zlib checks it. zstd stays with libarchive, whose library checks the
// checksum of each frame.
#include "update/release_stream.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

[[noreturn]] void fail(const std::string& path, int code, const char* text) {
  const Errc kind = code == ENOENT                    ? Errc::NotFound
                    : code == EACCES || code == EPERM ? Errc::Denied
                    : code == EIO || code == EISDIR   ? Errc::Io
                                                      : Errc::Corrupt;
  throw Error(kind, fmt::format("cannot read the release {}", quoted(path)), text,
              kind == Errc::Corrupt ? "fetch it again" : "");
}

/// An open file that begins as gzip does, at its start; otherwise -1.
int open_gzip(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path, errno, std::strerror(errno));
  unsigned char magic[2] = {};
  const ssize_t count = pread(fd, magic, sizeof magic, 0);
  if (count == 2 && magic[0] == 0x1f && magic[1] == 0x8b) return fd;
  const int code = errno;
  close(fd);
  if (count < 0) fail(path, code, std::strerror(code));
  return -1;
}

}  // namespace

class ReleaseStream::Source {
 public:
  virtual ~Source() = default;
  /// How many bytes it put there; 0: the end.
  virtual std::size_t read(std::string& buffer) = 0;
};

class ReleaseStream::GzipSource final : public Source {
 public:
  GzipSource(std::string path, int fd) : path_(std::move(path)), file_(gzdopen(fd, "rb")) {
    if (file_ == nullptr) {
      close(fd);
      throw std::bad_alloc();
    }
  }
  ~GzipSource() override { gzclose_r(file_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::string& buffer) override {
    const int count = gzread(file_, buffer.data(), static_cast<unsigned>(buffer.size()));
    if (count > 0) return static_cast<std::size_t>(count);
    int code = Z_OK;
    const char* text = gzerror(file_, &code);  // a file that was cut off is an error here only
    if (code == Z_ERRNO) fail(path_, EIO, std::strerror(errno));
    if (code != Z_OK && code != Z_STREAM_END) fail(path_, 0, text);
    return 0;
  }

 private:
  std::string path_;
  gzFile file_;
};

/// Not compressed, or by zstd.
class ReleaseStream::OtherSource final : public Source {
 public:
  explicit OtherSource(std::string path) : path_(std::move(path)), reader_(archive_read_new()) {
    if (!reader_) throw std::bad_alloc();
    archive_read_support_format_raw(reader_.get());
    archive_read_support_format_empty(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    if (archive_read_open_filename(reader_.get(), path_.c_str(), kBlock) != ARCHIVE_OK) stop();
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader_.get(), &entry);
    if (result != ARCHIVE_OK && result != ARCHIVE_EOF) stop();
    is_empty_ = result == ARCHIVE_EOF;
  }

  std::size_t read(std::string& buffer) override {
    if (is_empty_) return 0;
    const la_ssize_t count = archive_read_data(reader_.get(), buffer.data(), buffer.size());
    if (count < 0) stop();
    return static_cast<std::size_t>(count);
  }

 private:
  struct Free {
    void operator()(archive* one) const { archive_read_free(one); }
  };
  [[noreturn]] void stop() const {
    const char* text = archive_error_string(reader_.get());
    fail(path_, archive_errno(reader_.get()), text == nullptr ? "it is no tar archive" : text);
  }

  std::string path_;
  std::unique_ptr<archive, Free> reader_;
  bool is_empty_ = false;
};

ReleaseStream::ReleaseStream(const std::string& path) : buffer_(kBlock, '\0') {
  if (const int fd = open_gzip(path); fd >= 0) {
    source_ = std::make_unique<GzipSource>(path, fd);
  } else {
    source_ = std::make_unique<OtherSource>(path);
  }
}

ReleaseStream::~ReleaseStream() = default;

std::string_view ReleaseStream::read() {
  const std::string_view piece = std::string_view(buffer_).substr(0, source_->read(buffer_));
  const std::size_t last = piece.find_last_not_of('\0');
  if (last != std::string_view::npos) last_content_ = given_ + last + 1;
  given_ += piece.size();
  return piece;
}

}  // namespace stravinsky::hooks
