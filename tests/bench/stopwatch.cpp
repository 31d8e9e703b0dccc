// Runs a command and writes what it took: wall nanoseconds, peak memory in bytes, processor
// nanoseconds.
//   stopwatch RESULT COMMAND [ARGUMENT...]
//
// A process keeps the peak of the one that forked it, so a measuring Python would be seen in every
// small tool's memory; this program is smaller than any of them. The peak is that of the largest
// process of the tree, not their sum (getrusage(2), RUSAGE_CHILDREN).
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>

extern char** environ;

namespace {

long long nanoseconds(const timeval& time) {
  return (static_cast<long long>(time.tv_sec) * 1'000'000 + time.tv_usec) * 1000;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const auto begin = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, arguments[2], nullptr, nullptr, arguments + 2, environ) != 0) {
    std::perror(arguments[2]);
    return 127;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) return 125;
  const auto wall = std::chrono::steady_clock::now() - begin;
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  std::FILE* result = std::fopen(arguments[1], "w");
  if (result == nullptr) return 125;
  std::fprintf(
      result, "%lld %lld %lld\n",
      static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count()),
      static_cast<long long>(usage.ru_maxrss) * 1024,
      nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime));
  if (std::fclose(result) != 0) return 125;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
