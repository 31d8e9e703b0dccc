#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "validators/file_kind.hpp"
#include "validators/finding.hpp"

namespace stravinsky::hooks {

/// The interpreters that may be asked whether a script is one. None ever runs a script: bash reads
/// it with `-n`, Python makes its syntax tree, node gets `--check`.
struct Interpreters {
  std::string bash, python, node;             ///< absolute paths; empty: there is none
  std::chrono::milliseconds timeout{10'000};  ///< for one script
  std::function<bool()> cancelled = {};       ///< asked from any thread, one at a time
};

/// Looks for them in a list of directories such as PATH.
Interpreters find_interpreters(std::string_view path_variable);

struct Script {
  std::string path;
  FileKind kind = FileKind::Shell;
  std::string_view content;
  std::size_t index = 0;  ///< the caller's own
};

/// Whether there is an interpreter to ask about files of a kind.
bool is_asked(FileKind kind) noexcept;

/// What the interpreters say of each script; where there is none: not checked. A script that ends
/// its interpreter, or keeps it busy for longer than the timeout, is a finding as well, if it does
/// so alone. As many processes at a time as there are processors.
/// @returns the caller's index with the findings, by index; nothing for a script that is well
/// @throws Error Cancelled
std::vector<std::pair<std::size_t, std::vector<Finding>>> ask_interpreters(
    const std::vector<Script>& scripts, const Interpreters& interpreters);

}  // namespace stravinsky::hooks
