#include "signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace stravinsky::cli::signals {
namespace {

// A handler may touch only lock-free atomics.
std::atomic<int> first{0};
std::atomic<bool> held{false};
std::atomic<pid_t> child{0};
std::atomic<int> stream{-1}, nothing{-1};  // a stream to end, and /dev/null
static_assert(std::atomic<pid_t>::is_always_lock_free);

extern "C" void stravinsky_on_signal(int number) {
  const int saved = errno;
  const pid_t other = child.load();
  if (other != 0) kill(other, number);
  if (stream.load() >= 0) dup2(nothing.load(), stream.load());
  if (!held.load() || first.exchange(number) != 0) _exit(128 + number);
  errno = saved;
}

void set(int number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

void handle_all(int flags) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // What our starter ignores stays ignored: `nohup`, and background jobs of a plain shell.
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    set(number, stravinsky_on_signal, flags);
  }
}

}  // namespace

void install() {
  handle_all(SA_RESTART);
  set(SIGPIPE, SIG_IGN, 0);
  set(SIGXFSZ, SIG_IGN, 0);
}

void hold() noexcept { held.store(true); }

int received() noexcept { return first.load(); }

void end_stream_on(int fd) noexcept {
  nothing.store(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.load() < 0) return;
  stream.store(fd);
  handle_all(0);  // no restart: a read that waits must come back to find the end
}

void forward_to(pid_t pid) noexcept {
  child.store(pid);
  if (pid != 0 && first.load() != 0) kill(pid, first.load());  // it came while the child started
}

}  // namespace stravinsky::cli::signals
