#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

/// What an error calls a path from the top, which is empty for the top itself.
inline std::string reading(const std::string& path) {
  return path.empty() ? "cannot read the top directory" : "cannot read " + quoted(path);
}

/// Runs `call`. Its errors name objects and lines: they go on with the path in front.
template <typename Call>
auto in_context(const std::string& path, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (const Error& error) {
    throw Error(error.code(), reading(path), error.what(), error.remedy());
  }
}

}  // namespace stravinsky
