#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "update/file_errors.hpp"
#include "update/staged_release.hpp"

namespace stravinsky::hooks {
namespace {

namespace files = std::filesystem;

void copy_file(StagedRelease& staged, const std::string& source, const std::string& path) {
  const int fd = open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    const int code = fd < 0 ? errno : EINVAL;
    if (fd >= 0) close(fd);
    throw Error(code == EACCES ? Errc::Denied : Errc::Io,
                fmt::format("cannot read {}", quoted(source)), std::strerror(code));
  }
  std::vector<char> buffer(256 * 1024);
  try {
    staged.add_file(path, status.st_mode, [&]() -> std::string_view {
      for (;;) {
        const ssize_t count = read(fd, buffer.data(), buffer.size());
        if (count >= 0) return {buffer.data(), static_cast<std::size_t>(count)};
        if (errno != EINTR) {
          throw Error(Errc::Io, fmt::format("cannot read {}", quoted(source)),
                      std::strerror(errno));
        }
      }
    });
  } catch (...) {
    close(fd);
    throw;
  }
  close(fd);
}

}  // namespace

std::uint64_t stage_directory(const std::string& source, const std::string& staging,
                              const ReleaseLimits& limits) {
  std::error_code failed;
  if (!files::is_directory(source, failed)) {
    throw Error(Errc::NotFound, fmt::format("cannot read the release {}", quoted(source)),
                "there is no such directory", "name a directory, a tar archive or a snapshot");
  }
  StagedRelease staged(staging, limits);
  try {
    // Links are entries, never ways.
    for (const files::directory_entry& entry : files::recursive_directory_iterator(source)) {
      const std::string path = entry.path().lexically_relative(source).string();
      const files::file_status status = entry.symlink_status();
      if (status.type() == files::file_type::directory) {
        staged.add_directory(path);
      } else if (status.type() == files::file_type::symlink) {
        staged.add_symlink(path, files::read_symlink(entry.path()).string());
      } else if (status.type() == files::file_type::regular) {
        copy_file(staged, entry.path().string(), path);
      } else {
        throw Error(Errc::Hostile, fmt::format("cannot take {} from the release", quoted(path)),
                    "it is neither file, directory nor link", "remove it from the release");
      }
    }
  } catch (const files::filesystem_error& error) {
    throw cannot_read("the release " + quoted(source), error);
  }
  return staged.files();
}

}  // namespace stravinsky::hooks
