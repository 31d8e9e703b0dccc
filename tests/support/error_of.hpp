#pragma once

#include <doctest/doctest.h>

#include <optional>

#include "stravinsky/error.hpp"

namespace stravinsky {

// NOLINTNEXTLINE(readability-identifier-naming): doctest looks for this name
inline doctest::String toString(Errc code) {
  return ("Errc " + std::to_string(static_cast<int>(code))).c_str();
}

namespace test {

/// The code of the Error that `call` throws; empty when it throws none.
template <typename Call>
std::optional<Errc> error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

}  // namespace test
}  // namespace stravinsky
