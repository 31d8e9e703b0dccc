#include <fmt/format.h>
#include <locale.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <string>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "update/libarchive.hpp"
#include "update/release_stream.hpp"
#include "update/staged_release.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
/// Two blocks of zeros end a tar archive; writers fill up their last record with more of them.
constexpr std::uint64_t kEndMark = 1024, kLongestPadding = 16u << 20;

struct FreeArchive {
  void operator()(archive* one) const { libarchive().archive_read_free(one); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

/// What the tar reader is fed with, and what went wrong there: nothing is thrown through it.
struct Feed {
  explicit Feed(const std::string& path) : source(path), stream(path) {}

  std::string source;
  ReleaseStream stream;
  std::exception_ptr failure;
};

/// Names are bytes: in another locale libarchive would convert them, and change some.
class PlainLocale {
 public:
  PlainLocale() : plain_(newlocale(LC_ALL_MASK, "C", nullptr)), before_(uselocale(plain_)) {}
  ~PlainLocale() {
    uselocale(before_);
    if (plain_ != nullptr) freelocale(plain_);
  }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  locale_t plain_, before_;
};

[[noreturn]] void damaged(const std::string& source, const char* why) {
  throw Error(Errc::Corrupt, fmt::format("cannot read the release {}", quoted(source)), why,
              "fetch it again");
}

[[noreturn]] void fail(archive* reader, const Feed& feed) {
  if (feed.failure) std::rethrow_exception(feed.failure);
  const char* text = libarchive().archive_error_string(reader);
  damaged(feed.source, text == nullptr ? "it is no tar archive" : text);
}

la_ssize_t give(archive* reader, void* data, const void** block) noexcept {
  Feed& feed = *static_cast<Feed*>(data);
  try {
    const std::string_view piece = feed.stream.read();
    *block = piece.data();
    return static_cast<la_ssize_t>(piece.size());
  } catch (...) {
    feed.failure = std::current_exception();
    libarchive().archive_set_error(reader, EIO, "cannot read it");
    return ARCHIVE_FATAL;
  }
}

Reader open_archive(Feed& feed) {
  Reader reader(libarchive().archive_read_new());
  if (!reader) throw std::bad_alloc();
  libarchive().archive_read_support_format_tar(reader.get());
  if (libarchive().archive_read_open(reader.get(), &feed, nullptr, give, nullptr) != ARCHIVE_OK) {
    fail(reader.get(), feed);
  }
  return reader;
}

/// The next entry; null: the end. That a name is not in the charset of the locale is only a
/// warning, as the name's own bytes are kept then.
archive_entry* next_entry(archive* reader, const Feed& feed) {
  archive_entry* entry = nullptr;
  const int result = libarchive().archive_read_next_header(reader, &entry);
  if (feed.failure) fail(reader, feed);
  if (result == ARCHIVE_EOF) return nullptr;
  if (result == ARCHIVE_OK) return entry;
  const char* text = libarchive().archive_error_string(reader);
  const bool is_of_charset =
      result == ARCHIVE_WARN && text != nullptr &&
      std::string_view(text).find("can't be converted from") != std::string_view::npos;
  if (!is_of_charset) fail(reader, feed);
  return entry;
}

void stage_entry(archive* reader, archive_entry* entry, StagedRelease& staged, const Feed& feed) {
  const char* name = libarchive().archive_entry_pathname(entry);
  const std::string path = name == nullptr ? std::string() : name;
  const auto refuse = [&path](const char* why) {
    throw Error(Errc::Hostile, fmt::format("cannot take {} from the release", quoted(path)), why,
                "do not use this release, or ask who made it");
  };
  if (path.empty()) refuse("its name cannot be read");
  // A link to a file outside of it, made before, would be written through.
  if (libarchive().archive_entry_hardlink(entry) != nullptr) refuse("it is a hard link");
  const auto type = libarchive().archive_entry_filetype(entry);
  if (type == AE_IFDIR) return staged.add_directory(path);
  if (type == AE_IFLNK) {
    const char* target = libarchive().archive_entry_symlink(entry);
    return staged.add_symlink(path, target == nullptr ? "" : target);
  }
  if (type != AE_IFREG) refuse("it is neither file, directory nor link");
  std::string block(kBlock, '\0');
  staged.add_file(path, libarchive().archive_entry_perm(entry), [&]() -> std::string_view {
    const la_ssize_t count = libarchive().archive_read_data(reader, block.data(), block.size());
    if (count < 0) fail(reader, feed);
    return std::string_view(block).substr(0, static_cast<std::size_t>(count));
  });
}

/// Reads what is left, for only the end of the file shows that it is whole: an archive that was cut
/// off between two entries lacks its end mark, and compression has its checksum there.
void require_end(archive* reader, Feed& feed) {
  const auto end = static_cast<std::uint64_t>(libarchive().archive_read_header_position(reader));
  while (!feed.stream.read().empty()) {
    if (feed.stream.given() > end + kLongestPadding) damaged(feed.source, "it does not end");
  }
  if (feed.stream.last_content() > end) damaged(feed.source, "it goes on behind its end mark");
  if (feed.stream.given() < end + kEndMark) {
    damaged(feed.source, "it has no end mark, so it was cut off");
  }
}

}  // namespace

std::uint64_t stage_archive(const std::string& source, const std::string& staging,
                            const ReleaseLimits& limits) {
  const PlainLocale locale;
  Feed feed(source);
  const Reader reader = open_archive(feed);
  StagedRelease staged(staging, limits);
  while (archive_entry* entry = next_entry(reader.get(), feed)) {
    stage_entry(reader.get(), entry, staged, feed);
  }
  require_end(reader.get(), feed);
  return staged.files();
}

}  // namespace stravinsky::hooks
