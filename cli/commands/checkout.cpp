#include <fmt/format.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

#include "app.hpp"
#include "commands/commands.hpp"
#include "files.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string ref, target, overwrite;
  std::vector<std::string> paths, include, exclude;
  bool no_owner = false, numeric_ids = false, no_verify = false, dry_run = false;
};

Overwrite overwrite_of(const std::string& word) {
  if (word == "always") return Overwrite::Always;
  if (word == "if-changed") return Overwrite::IfChanged;
  if (word == "if-newer") return Overwrite::IfNewer;
  if (word == "never") return Overwrite::Never;
  return Overwrite::Refuse;
}

/// One snapshot and the paths to bring back of it.
struct Part {
  Snapshot snapshot;
  std::vector<std::string> paths;
};

/// Of the snapshots that the REF means, those that have every path.
std::vector<Part> parts_of(const Options& options, Session& session, const Store& store) {
  std::vector<Part> parts;
  std::optional<Error> failure;
  for (Snapshot& snapshot : resolve_each(session, store, options.ref)) {
    Part part{std::move(snapshot), {}};
    try {
      for (const std::string& word : options.paths) {
        part.paths.push_back(path_in_snapshot(session, store, part.snapshot, word));
        if (part.paths.back().empty() ||
            SnapshotTree(store, part.snapshot).find(part.paths.back())) {
          continue;
        }
        throw Error(Errc::NotFound, fmt::format("cannot find {}", quoted(word)),
                    fmt::format("snapshot {}/{} does not have it", part.snapshot.profile,
                                shown(part.snapshot.name)),
                    fmt::format("see `stravinsky ls -R {}`", shown(options.ref)));
      }
      parts.push_back(std::move(part));
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound) throw;
      failure = error;
    }
  }
  if (parts.empty()) throw *failure;
  return parts;
}

RestoreOptions restore_options(const Options& options, const Part& part,
                               const std::string& target) {
  return {.target = target,
          .paths = part.paths,
          .include = options.include,
          .exclude = options.exclude,
          .overwrite = overwrite_of(options.overwrite),
          .owner = !options.no_owner,
          .numeric_ids = options.numeric_ids,
          .verify = !options.no_verify,
          .dry_run = options.dry_run};
}

/// Two profiles get a directory each: their tops would mix.
void prepare_common_target(const Options& options) {
  std::error_code failed;
  const bool there = std::filesystem::exists(options.target, failed);
  if (there && options.overwrite.empty() && !std::filesystem::is_empty(options.target, failed)) {
    throw Error(Errc::Exists, fmt::format("cannot restore to {}", quoted(options.target)),
                "it is not empty", "name a new directory, or add --overwrite");
  }
  if (!there && !options.dry_run && mkdir(options.target.c_str(), 0700) != 0) {
    throw_errno("make", options.target);
  }
}

Exit exit_for(const RestoreReport& report) {
  return report.failed > 0 || !report.issues.empty() ? Exit::Partial : Exit::Done;
}

std::string proceed_command(const Options& options) {
  std::string text = fmt::format("stravinsky checkout {}", shown(options.ref));
  for (const std::string& path : options.paths) text += " " + shown(path);
  text += " --to " + shown(options.target);
  if (!options.overwrite.empty()) text += " --overwrite " + options.overwrite;
  for (const std::string& glob : options.include) text += " --include " + quoted(glob);
  for (const std::string& glob : options.exclude) text += " --exclude " + quoted(glob);
  if (options.no_owner) text += " --no-owner";
  if (options.numeric_ids) text += " --numeric-ids";
  if (options.no_verify) text += " --no-verify";
  return text;
}

Exit run(const Options& options, Session& session) {
  if (options.target.empty()) {
    throw Error(
        Errc::Invalid, "cannot restore in place", "no target directory is given",
        fmt::format("name a new directory: stravinsky checkout {} --to DIR", shown(options.ref)));
  }
  const Store store = session.open_store();
  const std::vector<Part> parts = parts_of(options, session, store);
  if (parts.size() > 1) prepare_common_target(options);
  std::vector<Restored> restored;
  Exit exit = Exit::Done;
  for (const Part& part : parts) {
    const std::string target =
        parts.size() == 1 ? options.target : options.target + "/" + part.snapshot.profile;
    RestoreReport report =
        restore_to_directory(store, part.snapshot, restore_options(options, part, target),
                             session.progress("restoring"));
    if (exit_for(report) != Exit::Done) exit = exit_for(report);
    restored.push_back({part.snapshot, target, std::move(report)});
  }
  session.end_progress();
  show_restored(session.view(), restored, options.dry_run, proceed_command(options), exit);
  return exit;
}

}  // namespace

void add_checkout(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("checkout", "Bring back a file, a directory or a whole snapshot");
  cmd->alias("restore");
  cmd->add_option("REF", options->ref, "the snapshot")->required();
  cmd->add_option("PATH", options->paths, "only these paths; default: everything");
  cmd->add_option("--to,--target", options->target, "the directory to write, new or empty")
      ->type_name("DIR");
  cmd->add_option("--overwrite", options->overwrite,
                  "what to do with files that exist: always, if-changed, if-newer, never")
      ->type_name("WHICH")
      ->check(CLI::IsMember({"always", "if-changed", "if-newer", "never"}));
  add_repeatable(cmd, "--include", options->include, "only what matches; gitignore syntax")
      ->type_name("GLOB");
  add_repeatable(cmd, "--exclude", options->exclude, "not what matches; gitignore syntax")
      ->type_name("GLOB");
  cmd->add_flag("--no-owner", options->no_owner, "leave owner and group as they come");
  cmd->add_flag("--numeric-ids", options->numeric_ids, "owner by number, not by name");
  cmd->add_flag("--no-verify", options->no_verify, "do not read back what was written");
  cmd->add_flag("-n,--dry-run", options->dry_run, "print the plan and change nothing");
  cmd->footer(help_footer("stravinsky checkout v0.3.8 hooks --to /tmp/old-hooks",
                          {Exit::Partial, Exit::NoStore, Exit::NotFound, Exit::Damaged,
                           Exit::NoSpace, Exit::Denied, Exit::Interrupted, Exit::Terminated}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
