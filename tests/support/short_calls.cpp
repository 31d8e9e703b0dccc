// Preloaded into a program: each read and write does at most half of what was asked for, and every
// third one is first interrupted by a signal that never came. POSIX allows both, and nothing else
// here makes them happen at will: strace can only claim a short write whose bytes then were never
// written.
//
// SHORT_CALLS names a file that gets one byte for each call made short, so that a test sees that
// there were any. Children of the program are left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

std::atomic<unsigned> calls{0};
int tally = -1;

using ReadCall = ssize_t (*)(int, void*, size_t);
using WriteCall = ssize_t (*)(int, const void*, size_t);
using ReadAtCall = ssize_t (*)(int, void*, size_t, off_t);
using WriteAtCall = ssize_t (*)(int, const void*, size_t, off_t);

template <class Call>
Call next(const char* name) {
  return reinterpret_cast<Call>(dlsym(RTLD_NEXT, name));
}

bool is_interrupted() {
  if (calls.fetch_add(1) % 3 != 0) return false;
  errno = EINTR;
  return true;
}

size_t half(size_t size) {
  static const WriteCall real = next<WriteCall>("write");
  if (size < 2) return size;
  if (tally >= 0) (void)!real(tally, ".", 1);
  return size / 2;
}

[[gnu::constructor]] void begin() {
  const char* path = std::getenv("SHORT_CALLS");
  if (path != nullptr) tally = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  unsetenv("LD_PRELOAD");
}

}  // namespace

extern "C" {

ssize_t read(int fd, void* bytes, size_t size) {
  static const ReadCall real = next<ReadCall>("read");
  return is_interrupted() ? -1 : real(fd, bytes, half(size));
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static const WriteCall real = next<WriteCall>("write");
  return is_interrupted() ? -1 : real(fd, bytes, half(size));
}

ssize_t pread(int fd, void* bytes, size_t size, off_t at) {
  static const ReadAtCall real = next<ReadAtCall>("pread");
  return is_interrupted() ? -1 : real(fd, bytes, half(size), at);
}

ssize_t pread64(int fd, void* bytes, size_t size, off_t at) { return pread(fd, bytes, size, at); }

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const WriteAtCall real = next<WriteAtCall>("pwrite");
  return is_interrupted() ? -1 : real(fd, bytes, half(size), at);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t at) {
  return pwrite(fd, bytes, size, at);
}

}  // extern "C"
