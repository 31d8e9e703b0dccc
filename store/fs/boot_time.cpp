#include "fs/boot_time.hpp"

#include <ctime>

namespace stravinsky::fs {
namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Timestamp boot_time() { return Timestamp(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME)); }

}  // namespace stravinsky::fs
