#include "fs/private_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.hpp"
#include "fs/fd.hpp"

namespace stravinsky::fs {

void require_private_directory(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw_errno("use", path);
  const std::string what = fmt::format("cannot use {}", quoted(path));
  if (!S_ISDIR(status.st_mode)) throw Error(Errc::Invalid, what, "it is not a directory");
  if (status.st_uid != geteuid()) {
    throw Error(Errc::Denied, what, fmt::format("it belongs to user {}", status.st_uid),
                "run the command as that user, or use another directory");
  }
  if ((status.st_mode & 077) != 0) {
    throw Error(Errc::Denied, what,
                fmt::format("others can reach it (mode {:04o})", status.st_mode & 07777),
                fmt::format("chmod 700 {}", quoted(path)));
  }
}

void require_writable(const std::string& path) {
  if (faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    throw_errno("write to", path);
  }
}

void make_executable(const std::string& path) {
  if (chmod(path.c_str(), 0700) != 0) throw_errno("make executable", path);
}

}  // namespace stravinsky::fs
