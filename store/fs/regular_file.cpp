#include "fs/regular_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/text.hpp"

namespace stravinsky::fs {

RegularFile open_regular_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in a file's place must not stop us.
  RegularFile file{open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK), 0};
  if (!file.fd && errno == ELOOP) {
    throw Error(Errc::Hostile, fmt::format("cannot open {}", quoted(path)), "it is a link");
  }
  struct stat status {};
  if (!file.fd || fstat(file.fd.get(), &status) != 0) throw_errno("open", path);
  if (!S_ISREG(status.st_mode)) {
    throw Error(Errc::Corrupt, fmt::format("cannot open {}", quoted(path)),
                "it is no regular file");
  }
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

}  // namespace stravinsky::fs
