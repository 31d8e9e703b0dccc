#pragma once

#include <sys/types.h>

namespace stravinsky::cli::signals {

/// SIGINT, SIGTERM and SIGHUP end the program at once with 128 + their number, until `hold`.
/// SIGPIPE and SIGXFSZ are ignored: the failed write says more.
void install();

/// From here on the first signal is only noted, for the library to stop at its next safe point; the
/// second ends the program at once.
void hold() noexcept;

/// The number of the signal that came, 0 for none.
int received() noexcept;

/// A signal also ends the stream that is read from `fd`, which might never end by itself: the
/// descriptor becomes /dev/null, and the call that waits for bytes returns.
void end_stream_on(int fd) noexcept;

/// Also passes the signal on to a child, or to the process group of a negative number; 0: to none.
void forward_to(pid_t child) noexcept;

}  // namespace stravinsky::cli::signals
