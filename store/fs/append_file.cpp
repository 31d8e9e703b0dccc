#include "fs/append_file.hpp"

#include <fcntl.h>

#include "fs/fd.hpp"
#include "fs/file.hpp"

namespace stravinsky::fs {

void append_file(const std::string& path, ByteView bytes) {
  const Fd fd = open_at(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  if (!fd) throw_errno("write", path);
  write_all(fd.get(), bytes, path);
}

}  // namespace stravinsky::fs
