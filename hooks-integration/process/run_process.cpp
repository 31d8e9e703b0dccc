#include "process/run_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace stravinsky::hooks {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  void reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// The input as a file that is at its start and cannot be written to by accident.
Fd input_file(std::string_view input) {
  Fd file(memfd_create("input", MFD_CLOEXEC));
  std::string_view left = input;
  while (file.get() >= 0 && !left.empty()) {
    const ssize_t count = write(file.get(), left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fd();
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  if (file.get() >= 0 && lseek(file.get(), 0, SEEK_SET) != 0) return Fd();
  return file;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// Starts it in a group of its own. @returns 0, or an error number
int start(const ProcessOptions& options, int input, int output, pid_t& pid) {
  std::vector<std::string> words = options.words, environment = options.environment;
  const std::vector<char*> argv = pointers(words), envp = pointers(environment);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!options.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  }
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigset_t none;
  sigemptyset(&defaults);
  sigemptyset(&none);
  // What we ignore would stay ignored in the child.
  for (const int number : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&defaults, number);
  }
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  const int result =
      posix_spawn(&pid, argv.front(), &actions, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return result;
}

/// A started process: collects its output until it ends or has to.
class Running {
 public:
  Running(const ProcessOptions& options, pid_t pid, Fd output)
      : options_(options),
        pid_(pid),
        output_(std::move(output)),
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): glibc 2.36 has it, older ones do not
        handle_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}

  void wait(ProcessResult& result) {
    using End = ProcessResult::End;
    const Clock::time_point deadline = Clock::now() + options_.timeout;
    End end = End::Exited;
    while (!has_ended()) {
      if (options_.cancelled && options_.cancelled()) {
        end = End::Cancelled;
      } else if (Clock::now() >= deadline) {
        end = End::TimedOut;
      }
      if (end != End::Exited) {
        stop(result);
        break;
      }
      collect(result, next_wait(deadline));
    }
    // What it left behind; while it is not waited for, the group's number cannot be another's.
    kill_group(SIGKILL);
    if (options_.on_group) options_.on_group(0);
    const std::optional<int> ended = reap();
    drain(result);
    result.end = end;
    if (end != End::Exited) return;
    if (!ended) {
      result.end = End::Unknown;
      return;
    }
    const int status = *ended;
    result.end = WIFSIGNALED(status) ? End::Signalled : End::Exited;
    result.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  /// It has ended, and is still there to be waited for, if the system keeps it for us.
  bool has_ended() {
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno == EINTR) continue;
      is_lost_ = true;
      return true;
    }
    return info.si_pid == pid_;
  }

  void kill_group(int number) const {
    if (!is_lost_) kill(-pid_, number);
  }

  static milliseconds next_wait(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    return std::clamp(left, milliseconds(1), milliseconds(100));
  }

  void stop(ProcessResult& result) {
    kill_group(SIGTERM);
    const Clock::time_point deadline = Clock::now() + options_.grace;
    while (!has_ended() && Clock::now() < deadline) collect(result, next_wait(deadline));
    kill_group(SIGKILL);
  }

  /// Its status; empty: it was not kept for us.
  std::optional<int> reap() const {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) return std::nullopt;
    }
    return status;
  }

  /// Waits for output or the end, at most so long, and keeps what came.
  void collect(ProcessResult& result, milliseconds wait) {
    std::array<pollfd, 2> events = {pollfd{output_.get(), POLLIN, 0},
                                    pollfd{handle_.get(), POLLIN, 0}};
    if (poll(events.data(), events.size(), static_cast<int>(wait.count())) > 0 &&
        events[0].revents != 0) {
      read_once(result);
    }
  }

  /// What is in the pipe already. A descendant that left the group may hold it open: no waiting.
  void drain(ProcessResult& result) {
    while (read_once(result)) {
    }
  }

  bool read_once(ProcessResult& result) {
    std::array<char, 16 * 1024> buffer{};
    const ssize_t count = read(output_.get(), buffer.data(), buffer.size());
    if (count == 0) output_.reset();  // poll passes a negative descriptor over
    if (count <= 0) return count < 0 && errno == EINTR;
    const auto length = static_cast<std::size_t>(count);
    const std::size_t kept = std::min(length, options_.output_limit - result.output.size());
    result.output.append(buffer.data(), kept);
    result.truncated = result.truncated || kept < length;
    return true;
  }

  const ProcessOptions& options_;
  pid_t pid_;
  Fd output_;
  bool is_lost_ = false;  ///< not ours to wait for: the starter ignores SIGCHLD, and so do we
  Fd handle_;             ///< readable when it has ended; without one, poll's timeout does
};

}  // namespace

std::string ProcessResult::how_it_ended() const {
  switch (end) {
    case End::Exited:
      return fmt::format("it exited with status {}", status);
    case End::Signalled:
      return fmt::format("it was ended by signal {}", status);
    case End::TimedOut:
      return reason;
    case End::Cancelled:
      return "it was stopped";
    case End::NotStarted:
      return fmt::format("it could not be started: {}", reason);
    case End::Unknown:
      return "how it ended is not known, as SIGCHLD is ignored here";
  }
  return {};
}

ProcessResult run_process(const ProcessOptions& options) {
  ProcessResult result;
  const auto give_up = [&result](int code) {
    result.reason = std::strerror(code);
    return result;
  };
  const Fd input = input_file(options.input);
  if (input.get() < 0) return give_up(errno);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return give_up(errno);
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  fcntl(writing.get(), F_SETFL, 0);  // the child's end waits when the pipe is full

  pid_t pid = 0;
  const int code = start(options, input.get(), writing.get(), pid);
  writing.reset();
  if (code != 0) return give_up(code);
  if (options.on_group) options.on_group(pid);
  Running(options, pid, std::move(reading)).wait(result);
  if (result.end == ProcessResult::End::TimedOut) {
    result.reason =
        fmt::format("it did not end within {} s", double(options.timeout.count()) / 1e3);
  }
  return result;
}

}  // namespace stravinsky::hooks
