#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validators/file_kind.hpp"
#include "validators/finding.hpp"
#include "validators/interpreters.hpp"

namespace stravinsky::hooks {

/// A file to be judged.
struct ValidatedFile {
  std::string path;  ///< from the top of the profile's tree
  FileKind kind = FileKind::Bytes;
  std::string_view content;
  bool is_executable = false;
  std::optional<std::string_view> previous;  ///< its content before the change; empty: none
};

/// What a validator may know of the tree around a file, and of the system.
struct TreeContext {
  enum class Script { Missing, NotExecutable, Executable };
  /// Where the top of the tree is, or will be, live: absolute.
  std::string top;
  std::string home;     ///< absolute; empty: unknown
  std::string project;  ///< what CLAUDE_PROJECT_DIR will be; empty: unknown
  /// State of an absolute path, seen with the change done; empty: it cannot be told.
  std::function<std::optional<Script>(const std::string& path)> find_script;
};

/// Judges one file by its kind, without asking any interpreter. Pure: the same arguments give the
/// same findings. Never throws for what the file holds. Threads: any.
std::vector<Finding> validate_file(const ValidatedFile& file, const TreeContext& context);

/// The same for many, scripts with the interpreters that there are: one process for all of
/// Python's.
/// @returns the findings of each file, in the same order
std::vector<std::vector<Finding>> validate_files(const std::vector<ValidatedFile>& files,
                                                 const TreeContext& context,
                                                 const Interpreters& interpreters);

}  // namespace stravinsky::hooks
