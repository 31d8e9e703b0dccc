#include "signals.hpp"

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
static_assert(std::atomic<pid_t>::is_always_lock_free);

extern "C" void stravinsky_on_signal(int number) {
  const int saved = errno;
  const pid_t other = child.load();
  if (other > 0) kill(other, number);
  if (!held.load() || first.exchange(number) != 0) _exit(128 + number);
  errno = saved;
}

void set(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

}  // namespace

void install() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // What our starter ignores stays ignored: `nohup`, and background jobs of a plain shell.
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    set(number, stravinsky_on_signal);
  }
  set(SIGPIPE, SIG_IGN);
  set(SIGXFSZ, SIG_IGN);
}

void hold() noexcept { held.store(true); }

int received() noexcept { return first.load(); }

void forward_to(pid_t pid) noexcept { child.store(pid); }

}  // namespace stravinsky::cli::signals
