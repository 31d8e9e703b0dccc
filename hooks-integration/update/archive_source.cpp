#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "update/staged_release.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

struct FreeArchive {
  void operator()(archive* one) const { archive_read_free(one); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

[[noreturn]] void fail(archive* reader, const std::string& source) {
  const int code = archive_errno(reader);
  const char* text = archive_error_string(reader);
  const Errc kind = code == ENOENT ? Errc::NotFound : code == EACCES ? Errc::Denied : Errc::Corrupt;
  throw Error(kind, fmt::format("cannot read the release {}", quoted(source)),
              text == nullptr ? "it is no tar archive" : text,
              kind == Errc::Corrupt ? "fetch it again" : "");
}

Reader open_archive(const std::string& source) {
  Reader reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  if (archive_read_open_filename(reader.get(), source.c_str(), kBlock) != ARCHIVE_OK) {
    fail(reader.get(), source);
  }
  return reader;
}

void stage_entry(archive* reader, archive_entry* entry, StagedRelease& staged,
                 const std::string& source) {
  const char* name = archive_entry_pathname(entry);
  const std::string path = name == nullptr ? std::string() : name;
  const auto refuse = [&path](const char* why) {
    throw Error(Errc::Hostile, fmt::format("cannot take {} from the release", quoted(path)), why,
                "do not use this release, or ask who made it");
  };
  // A link to a file outside of it, made before, would be written through.
  if (archive_entry_hardlink(entry) != nullptr) refuse("it is a hard link");
  const auto type = archive_entry_filetype(entry);
  if (type == AE_IFDIR) return staged.add_directory(path);
  if (type == AE_IFLNK) {
    const char* target = archive_entry_symlink(entry);
    return staged.add_symlink(path, target == nullptr ? "" : target);
  }
  if (type != AE_IFREG) refuse("it is neither file, directory nor link");
  std::string block(kBlock, '\0');
  staged.add_file(path, archive_entry_perm(entry), [&]() -> std::string_view {
    const la_ssize_t count = archive_read_data(reader, block.data(), block.size());
    if (count < 0) fail(reader, source);
    return std::string_view(block).substr(0, static_cast<std::size_t>(count));
  });
}

}  // namespace

std::uint64_t stage_archive(const std::string& source, const std::string& staging,
                            const ReleaseLimits& limits) {
  const Reader reader = open_archive(source);
  StagedRelease staged(staging, limits);
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    if (result != ARCHIVE_OK) fail(reader.get(), source);
    stage_entry(reader.get(), entry, staged, source);
  }
  return staged.files();
}

}  // namespace stravinsky::hooks
