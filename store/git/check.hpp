#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace stravinsky::git {

/// The Error for libgit2's return value `code` and the last message of this thread.
[[noreturn]] void throw_failure(int code, std::string context);

/// Turns a failed call into an Error at once: libgit2's last message is per thread and goes stale
/// with its next call. @param context  says what could not be done, names in single quotes
template <typename... Args>
int check(int result, fmt::format_string<Args...> context, Args&&... args) {
  if (result < 0) throw_failure(result, fmt::format(context, std::forward<Args>(args)...));
  return result;
}

}  // namespace stravinsky::git
