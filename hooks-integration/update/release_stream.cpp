// libarchive reads gzip too, but passes over the CRC at its end: a changed byte in a stored block
// would come out as content. zlib checks it. zstd stays with libarchive, whose library checks the
// checksum of each frame.
#include "update/release_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "update/libarchive.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr unsigned char kGzipMagic[2] = {0x1f, 0x8b};

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
  ssize_t count = 0, used = 0;
  while (used < 2) {
    count = pread(fd, magic + used, sizeof magic - static_cast<std::size_t>(used), used);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    used += count;
  }
  if (used == 2 && magic[0] == kGzipMagic[0] && magic[1] == kGzipMagic[1]) return fd;
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

/// Members one after the other, each checked. zlib's own reader of files takes an interrupted read
/// for an error.
class ReleaseStream::GzipSource final : public Source {
 public:
  GzipSource(std::string path, int fd) : path_(std::move(path)), fd_(fd), input_(kBlock, '\0') {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK) return;
    close(fd_);
    throw std::bad_alloc();
  }
  ~GzipSource() override {
    inflateEnd(&stream_);
    close(fd_);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(std::string& buffer) override {
    stream_.next_out = reinterpret_cast<unsigned char*>(buffer.data());
    stream_.avail_out = static_cast<unsigned>(buffer.size());
    while (stream_.avail_out == buffer.size()) {
      if (stream_.avail_in == 0) refill();
      if (between_members_) {
        // What follows a member and is none is padding, as gzip takes it to be.
        if (stream_.avail_in == 0 || *stream_.next_in != kGzipMagic[0]) return 0;
        inflateReset(&stream_);
        between_members_ = false;
      }
      if (stream_.avail_in == 0) fail(path_, 0, "it was cut off");
      const int code = inflate(&stream_, Z_NO_FLUSH);
      between_members_ = code == Z_STREAM_END;
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code != Z_OK && code != Z_STREAM_END) {
        fail(path_, 0, stream_.msg == nullptr ? "it is no gzip" : stream_.msg);
      }
    }
    return buffer.size() - stream_.avail_out;
  }

 private:
  void refill() {
    ssize_t count = 0;
    do {
      count = ::read(fd_, input_.data(), input_.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail(path_, EIO, std::strerror(errno));
    stream_.next_in = reinterpret_cast<unsigned char*>(input_.data());
    stream_.avail_in = static_cast<unsigned>(count);
  }

  std::string path_;
  int fd_;
  std::string input_;
  z_stream stream_{};
  bool between_members_ = false;
};

/// Not compressed, or by zstd.
class ReleaseStream::OtherSource final : public Source {
 public:
  explicit OtherSource(std::string path)
      : path_(std::move(path)), reader_(libarchive().archive_read_new()) {
    if (!reader_) throw std::bad_alloc();
    libarchive().archive_read_support_format_raw(reader_.get());
    libarchive().archive_read_support_format_empty(reader_.get());
    libarchive().archive_read_support_filter_zstd(reader_.get());
    if (libarchive().archive_read_open_filename(reader_.get(), path_.c_str(), kBlock) != ARCHIVE_OK)
      stop();
    archive_entry* entry = nullptr;
    const int result = libarchive().archive_read_next_header(reader_.get(), &entry);
    if (result != ARCHIVE_OK && result != ARCHIVE_EOF) stop();
    is_empty_ = result == ARCHIVE_EOF;
  }

  std::size_t read(std::string& buffer) override {
    if (is_empty_) return 0;
    const la_ssize_t count =
        libarchive().archive_read_data(reader_.get(), buffer.data(), buffer.size());
    if (count < 0) stop();
    return static_cast<std::size_t>(count);
  }

 private:
  struct Free {
    void operator()(archive* one) const { libarchive().archive_read_free(one); }
  };
  [[noreturn]] void stop() const {
    const char* text = libarchive().archive_error_string(reader_.get());
    fail(path_, libarchive().archive_errno(reader_.get()),
         text == nullptr ? "it is no tar archive" : text);
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
