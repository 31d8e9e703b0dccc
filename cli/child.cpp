#include "child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "environment.hpp"
#include "files.hpp"
#include "signals.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {

namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// @param output  becomes its standard output; -1: it is attached
pid_t spawn(const std::vector<std::string>& words, const std::vector<std::string>& variables,
            int output) {
  const unsigned signals_before = signals::count();
  std::vector<std::string> copy = words, environment = variables;
  const std::vector<char*> argv = pointers(copy), envp = pointers(environment);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  // What we ignore would stay ignored in the child, and `yes | head` would never end.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  pid_t pid = 0;
  int result = posix_spawnp(&pid, argv.front(), &actions, &attributes, argv.data(), envp.data());
  if (result == ENOEXEC) {
    // A script that does not say who runs it: as execvp and env have it, the shell.
    std::string shell = "/bin/sh";
    std::vector<char*> with_shell = argv;
    with_shell.insert(with_shell.begin(), shell.data());
    result =
        posix_spawn(&pid, shell.c_str(), &actions, &attributes, with_shell.data(), envp.data());
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (result != 0) {
    errno = result;
    throw_errno("run", words.front());
  }
  signals::forward_to(pid, signals_before,
                      output < 0 ? signals::Attached::Yes : signals::Attached::No);
  return pid;
}

}  // namespace

Child Child::start(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("make a pipe for", words.front());
  try {
    const pid_t pid = spawn(words, all_variables(), ends[1]);
    close(ends[1]);
    return Child(pid, ends[0]);
  } catch (const Error&) {
    close(ends[0]);
    close(ends[1]);
    throw;
  }
}

Child Child::start_attached(const std::vector<std::string>& words,
                            const std::vector<std::string>& more_variables) {
  std::vector<std::string> variables = all_variables();
  variables.insert(variables.end(), more_variables.begin(), more_variables.end());
  return Child(spawn(words, variables, -1), -1);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), output_(std::exchange(other.output_, -1)) {}

Child::~Child() {
  if (output_ >= 0) close(output_);  // one that still writes gets SIGPIPE
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  const timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
  for (int i = 0; i < 200 && pid_ != 0; ++i) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
    } else {
      nanosleep(&pause, nullptr);
    }
  }
  if (pid_ != 0) kill(pid_, SIGKILL);  // two seconds were enough to clean up
  reap();
}

int Child::reap() {
  int status = 0;
  while (pid_ != 0 && waitpid(pid_, &status, 0) < 0) {
    // Whoever took its status from us: it did not end well as far as anybody here knows.
    if (errno != EINTR) status = SIGKILL;
    if (errno != EINTR) break;
  }
  signals::forward_to_nobody();
  pid_ = 0;
  return status;
}

int Child::wait_status() {
  const int status = reap();
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string Child::wait() {
  if (pid_ == 0) return {};
  const int status = reap();
  if (WIFSIGNALED(status)) return fmt::format("it was ended by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) {
    return fmt::format("it exited with status {}", WEXITSTATUS(status));
  }
  return {};
}

}  // namespace stravinsky::cli
