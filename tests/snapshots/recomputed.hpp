#pragma once

#include <fmt/format.h>

#include <string>

#include "support/source_dir.hpp"
#include "support/temp_store.hpp"

namespace stravinsky::test {

/// What the second implementation has to say: one line a snapshot, all `ok`.
inline std::string recomputed(const TempStore& t) {
  return run(fmt::format("python3 '{}/tests/conformance/recompute.py' '{}'", source_dir(),
                         t.git_dir()))
      .output;
}

}  // namespace stravinsky::test
