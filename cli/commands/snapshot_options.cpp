#include "commands/snapshot_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app.hpp"
#include "files.hpp"
#include "parse.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::size_t kMaxList = 64 * 1024 * 1024;

/// Non-empty lines that are no comments, as in .gitignore.
std::vector<std::string> pattern_lines(const std::string& content) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < content.size()) {
    std::size_t end = content.find('\n', start);
    if (end == std::string::npos) end = content.size();
    std::string line = content.substr(start, end - start);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty() && line.front() != '#') lines.push_back(std::move(line));
    start = end + 1;
  }
  return lines;
}

}  // namespace

std::vector<std::string> paths_of(const SnapshotOptions& options) {
  std::vector<std::string> paths = options.paths;
  if (options.files_from.empty()) return paths;
  const std::string content = read_argument_file(options.files_from, kMaxList);
  std::size_t start = 0;
  while (start < content.size()) {
    std::size_t end = content.find('\0', start);
    if (end == std::string::npos) end = content.size();
    if (end > start) paths.push_back(content.substr(start, end - start));
    start = end + 1;
  }
  if (paths.empty()) {
    throw Error(Errc::Invalid, fmt::format("cannot use {}", quoted(options.files_from)),
                "it names no path", "separate the paths by NUL, as `find DIR -print0` does");
  }
  return paths;
}

CreateOptions create_options(const SnapshotOptions& options) {
  CreateOptions create;
  create.description = options.description;
  create.category = options.category;
  create.version_label = options.version_label;
  create.name = options.name;
  for (const std::string& tag : options.tags) create.tags.push_back(parse_tag(tag));
  create.pin = options.pin;
  create.snapshot_class = options.routine ? SnapshotClass::Routine : SnapshotClass::Named;
  create.skip_if_unchanged = options.skip_if_unchanged;
  create.dry_run = options.dry_run;
  create.exclude.patterns = options.exclude;
  for (const std::string& file : options.exclude_from) {
    for (std::string& line : pattern_lines(read_argument_file(file, kMaxList))) {
      create.exclude.patterns.push_back(std::move(line));
    }
  }
  create.exclude.caches = options.caches;
  create.exclude.if_present = options.if_present;
  if (!options.larger_than.empty()) {
    create.exclude.larger_than = parse_size("--exclude-larger-than", options.larger_than);
  }
  create.exclude.one_file_system = options.one_file_system;
  create.exclude.gitignore = options.gitignore;
  return create;
}

void add_snapshot_words(CLI::App* cmd, SnapshotOptions& options) {
  cmd->add_option("--name", options.name, "name of the snapshot; default: the time, UTC");
  add_repeatable(cmd, "--tag", options.tags, "mark it; repeatable")->type_name("KEY[=VALUE]");
  cmd->add_flag("--pin", options.pin, "never thin it out");
  cmd->add_flag("--routine", options.routine, "one of many, from a hook or a timer");
  cmd->add_flag("--skip-if-unchanged", options.skip_if_unchanged,
                "make none when nothing changed since the current one");
  cmd->add_flag("-n,--dry-run", options.dry_run, "read and count, store nothing");
}

void add_exclude_flags(CLI::App* cmd, SnapshotOptions& options) {
  add_repeatable(cmd, "--exclude", options.exclude, "leave out; gitignore syntax, repeatable")
      ->type_name("GLOB");
  add_repeatable(cmd, "--exclude-from", options.exclude_from, "the same, from a file's lines")
      ->type_name("FILE");
  cmd->add_flag("--exclude-caches", options.caches, "leave out directories with a CACHEDIR.TAG");
  add_repeatable(cmd, "--exclude-if-present", options.if_present,
                 "leave out directories that hold a file of this name")
      ->type_name("NAME");
  cmd->add_option("--exclude-larger-than", options.larger_than, "leave out larger files")
      ->type_name("SIZE");
  cmd->add_flag("--one-file-system", options.one_file_system, "do not enter other filesystems");
  cmd->add_flag("--gitignore", options.gitignore, "obey .gitignore files too");
}

}  // namespace stravinsky::cli
