#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "support/temp_dir.hpp"

namespace stravinsky::test {

/// Asks plain git about a store before its directory goes: whatever a test did with it, git has
/// nothing to say, unless the test damaged it on purpose.
class Referee {
 public:
  /// @param git_dir  a bare repository, which need not be there
  explicit Referee(std::string git_dir) : git_dir_(std::move(git_dir)) {}
  ~Referee() {
    if (!is_damaged_ && std::filesystem::exists(git_dir_)) CHECK(fsck() == "");
  }
  Referee(const Referee&) = delete;
  Referee& operator=(const Referee&) = delete;

  /// The test damages the store.
  void expect_damage() noexcept { is_damaged_ = true; }
  std::string fsck() const {
    return run(fmt::format("git --git-dir='{}' fsck --strict --no-dangling --full", git_dir_))
        .output;
  }

 private:
  std::string git_dir_;
  bool is_damaged_ = false;
};

}  // namespace stravinsky::test
