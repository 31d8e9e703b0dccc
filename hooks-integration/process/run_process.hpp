#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stravinsky::hooks {

struct ProcessOptions {
  std::vector<std::string> words;        ///< the first is an absolute path; never a shell line
  std::vector<std::string> environment;  ///< `NAME=value`, all there is
  std::string directory;                 ///< where it starts; empty: where we are
  std::string_view input;                ///< its whole standard input
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds grace{2'000};  ///< from SIGTERM to SIGKILL
  std::size_t output_limit = 64 * 1024;    ///< bytes of output kept; the rest is read and dropped
  /// Told the process group as soon as it runs, and 0 when it has ended: for forwarding signals.
  std::function<void(pid_t)> on_group;
  std::function<bool()> cancelled;  ///< asked several times a second; true: as after the timeout
};

struct ProcessResult {
  enum class End : unsigned char {
    Exited,
    Signalled,
    TimedOut,
    Cancelled,
    NotStarted,  ///< `reason` says why
    Unknown,     ///< it ended, and the system does not say how: SIGCHLD is ignored
  };
  End end = End::NotStarted;
  int status = 0;      ///< exit status or signal number
  std::string output;  ///< standard output and error, in the order of writing
  bool truncated = false;
  std::string reason;

  bool succeeded() const { return end == End::Exited && status == 0; }
  /// Such as `it exited with status 2`, `it did not end within 10 s`.
  std::string how_it_ended() const;
};

/// Runs a program in a process group of its own and waits for its end. Whatever it has left in that
/// group is ended too, so nothing of it runs on. Its input is a file in memory: it never waits for
/// one. Never throws for what the program does. Threads: any.
///
/// SIGCHLD must not be ignored here, which a program inherits from its starter: the end is Unknown
/// then, never success, and what is left of the group runs on, as its number may be another's.
ProcessResult run_process(const ProcessOptions& options);

}  // namespace stravinsky::hooks
