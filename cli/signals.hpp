#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>

namespace stravinsky::cli::signals {

/// SIGINT, SIGTERM and SIGHUP end the program at once with 128 + their number, until `hold`.
/// SIGPIPE and SIGXFSZ are ignored: the failed write says more.
void install();

/// From here on the first signal is only noted, for the library to stop at its next safe point; the
/// second ends the program at once, unless an attached child runs.
void hold() noexcept;

/// The number of the signal that came, 0 for none.
int received() noexcept;

/// What a command that was stopped ends with: 128 and that number, as if by SIGINT if none came.
int exit_status() noexcept;

/// A signal also ends the stream that is read from `fd`, which might never end by itself: the
/// descriptor becomes /dev/null, and the call that waits for bytes returns.
void end_stream_on(int fd) noexcept;

/// Waits, unless a signal comes. @returns false: one did
bool wait(std::chrono::milliseconds duration);

/// How many signals came so far.
unsigned count() noexcept;

enum class Attached { No, Yes };
/// Also passes signals on to a child, or to the process group of a negative number.
/// @param since     `count()` before it was started: what came from then on it gets now
/// @param attached  it shares our terminal and our process group, so a terminal tells it itself;
///                  until it has ended no signal ends this program
void forward_to(pid_t child, unsigned since, Attached attached = Attached::No) noexcept;
void forward_to_nobody() noexcept;

/// For `ProcessOptions::on_group`: each of the groups that run one after the other gets the signals
/// that come while it runs.
std::function<void(pid_t)> group_forwarder();

}  // namespace stravinsky::cli::signals
