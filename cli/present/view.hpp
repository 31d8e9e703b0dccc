#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::cli {

/// How results are to be shown, and where.
struct View {
  Output& out;
  bool json = false, quiet = false, colour = false;
  int verbose = 0;
  char end = '\n';  ///< after each path; NUL with -z
  Timestamp now;
  std::vector<std::string> warnings;  ///< said so far; JSON documents carry them

  /// Wrapped in the terminal's codes for, say, "31" (red), where colour is wanted.
  std::string painted(std::string_view code, std::string_view text) const;
  std::string good(std::string_view text) const { return painted("32", text); }
  std::string bad(std::string_view text) const { return painted("31", text); }
  std::string strong(std::string_view text) const { return painted("1", text); }
  std::string faint(std::string_view text) const { return painted("2", text); }
};

}  // namespace stravinsky::cli
