#pragma once

#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace stravinsky::cli {

/// The words and flags of `snapshot`, `create` and `backup create`.
struct SnapshotOptions {
  std::vector<std::string> paths, tags, exclude, exclude_from, if_present;
  std::string description, name, version_label, category, larger_than, files_from, stdin_name;
  bool pin = false, routine = false, skip_if_unchanged = false, caches = false,
       one_file_system = false, gitignore = false, from_command = false, dry_run = false;
};

/// What is to be made, without the profile. @throws Error Invalid, NotFound, Io: a list of patterns
CreateOptions create_options(const SnapshotOptions& options);

/// The PATHs given, those of `--files-from0` among them. @throws Error Invalid, NotFound, Io
std::vector<std::string> paths_of(const SnapshotOptions& options);

void add_snapshot_words(CLI::App* cmd, SnapshotOptions& options);
void add_exclude_flags(CLI::App* cmd, SnapshotOptions& options);

}  // namespace stravinsky::cli
