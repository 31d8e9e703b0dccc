#include "fs/limits.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>

namespace stravinsky::fs {

std::size_t descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 65536));
}

Timestamp FileClock::now() const {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return Timestamp(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace stravinsky::fs
