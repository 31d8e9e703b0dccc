#include "signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

namespace stravinsky::cli::signals {
namespace {

// A handler may touch only lock-free atomics.
std::atomic<int> first{0};
std::atomic<bool> held{false};
std::atomic<pid_t> child{0};
std::atomic<bool> child_has_terminal{false};  // it is in our group: a terminal tells it, too
std::atomic<unsigned> arrived{0};             // signals so far
std::atomic<int> stream{-1}, nothing{-1};     // a stream to end, and /dev/null
static_assert(std::atomic<pid_t>::is_always_lock_free);

extern "C" void stravinsky_on_signal(int number, siginfo_t* info, void*) {
  const int saved = errno;
  const pid_t other = child.load();
  const bool attached = other > 0 && child_has_terminal.load();
  arrived.fetch_add(1);
  if (other != 0 && !(attached && info->si_code == SI_KERNEL)) kill(other, number);
  if (stream.load() >= 0) dup2(nothing.load(), stream.load());
  // While somebody else's command runs a second signal is as much for it as the first: whoever
  // waits for its end must be there to answer it.
  const bool is_second = first.exchange(number) != 0;
  if (!held.load() || (is_second && !attached)) _exit(128 + number);
  errno = saved;
}

void set(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

void catch_signal(int number, int flags) {
  struct sigaction action {};
  action.sa_sigaction = stravinsky_on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = flags | SA_SIGINFO;
  sigaction(number, &action, nullptr);
}

void handle_all(int flags) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // What our starter ignores stays ignored: `nohup`, and background jobs of a plain shell.
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    catch_signal(number, flags);
  }
}

}  // namespace

void install() {
  handle_all(SA_RESTART);
  set(SIGPIPE, SIG_IGN);
  set(SIGXFSZ, SIG_IGN);
  // Ignored, as our starter may have left it, nobody would learn how a command ended.
  set(SIGCHLD, SIG_DFL);
}

void hold() noexcept { held.store(true); }

int received() noexcept { return first.load(); }

int exit_status() noexcept {
  const int number = received();
  return 128 + (number != 0 ? number : SIGINT);
}

void end_stream_on(int fd) noexcept {
  nothing.store(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.load() < 0) return;
  stream.store(fd);
  handle_all(0);  // no restart: a read that waits must come back to find the end
}

bool wait(std::chrono::milliseconds duration) {
  constexpr std::chrono::milliseconds kLook{50};
  const auto end = std::chrono::steady_clock::now() + duration;
  while (received() == 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::min(duration, kLook));
  }
  return received() == 0;
}

unsigned count() noexcept { return arrived.load(); }

void forward_to(pid_t pid, unsigned since, Attached attached) noexcept {
  child_has_terminal.store(attached == Attached::Yes);
  child.store(pid);
  // It came while the child started. What came before that the child is perhaps the answer to.
  if (pid != 0 && arrived.load() != since) kill(pid, first.load());
}

void forward_to_nobody() noexcept { child.store(0); }

std::function<void(pid_t)> group_forwarder() {
  return [since = count()](pid_t group) mutable {
    if (group != 0) return forward_to(-group, since);
    forward_to_nobody();
    since = count();
  };
}

}  // namespace stravinsky::cli::signals
