#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validators/file_kind.hpp"
#include "validators/finding.hpp"

namespace stravinsky::hooks {

/// A file to be judged.
struct ValidatedFile {
  std::string path;  ///< from the top of the profile's tree
  FileKind kind = FileKind::Bytes;
  std::string_view content;
  bool is_executable = false;
  std::optional<std::string_view> previous;  ///< its content before the change; empty: none
};

/// What is said of a file that is too large to be read.
std::string too_large();

/// What a validator may know of the tree around a file, and of the system.
struct TreeContext {
  enum class Script { Missing, NotExecutable, Executable };
  /// Where the top of the tree is, or will be, live: absolute.
  std::string top;
  std::string home;     ///< absolute; empty: unknown
  std::string project;  ///< what CLAUDE_PROJECT_DIR will be; empty: unknown
  /// State of an absolute path, seen with the change done; empty: it cannot be told.
  std::function<std::optional<Script>(const std::string& path)> find_script;
  /// Whether the change itself is why the script that was there cannot be run; empty: it is not.
  std::function<bool(const std::string& path)> is_taken = {};
};

/// Judges one file by its kind, without asking any interpreter: `ask_interpreters` does. Pure: the
/// same arguments give the same findings. Never throws for what the file holds. Threads: any.
std::vector<Finding> validate_file(const ValidatedFile& file, const TreeContext& context);

}  // namespace stravinsky::hooks
