#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <filesystem>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "app.hpp"
#include "child.hpp"
#include "commands/commands.hpp"
#include "commands/snapshot_options.hpp"
#include "lifecycle.hpp"
#include "parse.hpp"
#include "present/snapshots.hpp"
#include "present/words.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "signals.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

/// What one run captures.
struct Wanted {
  std::vector<Profile> profiles;
  bool incomplete = false;  ///< something that was captured before is missing now
};

std::vector<std::string> real_roots(const Profile& profile) {
  std::vector<std::string> paths;
  for (const ProfileRoot& root : profile.roots) {
    std::error_code failed;
    const std::string real = std::filesystem::weakly_canonical(root.path, failed).string();
    paths.push_back(failed ? root.path : real);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string roots_text(const Profile& profile) {
  std::vector<std::string> paths;
  for (const ProfileRoot& root : profile.roots) paths.push_back(quoted(root.path));
  return fmt::format("{}", fmt::join(paths, ", "));
}

/// PATHs under the name of `-P`. A profile that is known keeps its roots: its story would tell of
/// another tree from here on, and what live files are compared with would be none of them.
Profile profile_named(Session& session, const Store* store, Profile given) {
  const std::string& name = session.globals.profile;
  const auto known = find_any_profile(session, store, name);
  if (known && real_roots(*known) == real_roots(given)) return *known;
  if (known) {
    throw Error(Errc::Invalid,
                fmt::format("cannot capture {} as profile '{}'", roots_text(given), name),
                known->roots.empty() ? "its snapshots were taken of streams"
                                     : fmt::format("its roots are others: {}", roots_text(*known)),
                fmt::format("leave out -P, or give another name; to give '{}' other roots: "
                            "stravinsky profile add {} PATH…",
                            name, name));
  }
  given.name = name;
  return given;
}

/// What to capture: PATHs as one profile, else the active ones that exist here. Of two, one whose
/// roots are all missing is passed over aloud.
/// @param store  null: there is none yet
Wanted wanted_profiles(Session& session, const Store* store,
                       const std::vector<std::string>& paths) {
  if (!paths.empty()) {
    Profile profile = profile_for_paths(paths, session.config(), session.surroundings());
    if (session.globals.profile.empty()) return {{std::move(profile)}};
    return {{profile_named(session, store, std::move(profile))}};
  }
  const std::vector<Profile> active = active_profiles(session, store);
  if (active.size() == 1) require_live(active.front());
  Wanted wanted;
  std::vector<std::string> missing;
  for (const Profile& profile : active) {
    if (std::any_of(profile.roots.begin(), profile.roots.end(), is_there)) {
      wanted.profiles.push_back(profile);
      continue;
    }
    const bool was_there = store != nullptr && find_current(*store, profile.name).has_value();
    wanted.incomplete = wanted.incomplete || was_there;
    missing.push_back(fmt::format("profile {} is left out: {} does not exist{}", profile.name,
                                  roots_text(profile),
                                  was_there ? ", though it has snapshots" : ""));
  }
  if (wanted.profiles.empty()) {
    throw Error(Errc::NotFound, "cannot take a snapshot",
                fmt::format("{}", fmt::join(missing, "; ")), "see `stravinsky profile list`");
  }
  for (const std::string& line : missing) session.warn(line);
  return wanted;
}

/// One snapshot of each, under one name and in one operation.
std::vector<Captured> capture(Session& session, Store& store,
                              const std::vector<CreateOptions>& all) {
  std::vector<CreateReport> reports =
      create_snapshots(store, all, session.progress("reading", all.size()));
  std::vector<Captured> captured;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Captured one{.report = std::move(reports.at(i)),
                 .roots = {},
                 .profile = all[i].profile.name,
                 .location = store.path(),
                 .description = all[i].description,
                 .category = all[i].category,
                 .dry_run = all[i].dry_run,
                 .would_run = {}};
    for (const ProfileRoot& root : all[i].profile.roots) one.roots.push_back(root.path);
    captured.push_back(std::move(one));
  }
  return captured;
}

/// A profile of live files keeps to them, for the same reason as in `profile_named`.
std::string stream_profile(Session& session, const Store* store, const std::string& stream) {
  const std::string& name = session.globals.profile;
  if (name.empty()) return derived_profile_name(stream, stream);
  const auto known = find_any_profile(session, store, name);
  if (known && !known->roots.empty()) {
    throw Error(Errc::Invalid, fmt::format("cannot capture a stream as profile '{}'", name),
                fmt::format("it has live roots: {}", roots_text(*known)),
                "leave out -P, or give another name");
  }
  return name;
}

/// The name of the stream's one file, once the words about it are judged.
std::string stream_name(const Session& session, const SnapshotOptions& options) {
  if (!options.paths.empty() || !options.files_from.empty()) {
    throw Error(Errc::Invalid, "cannot take a stream and paths in one snapshot",
                "a stream is the one file of its snapshot", "make two snapshots");
  }
  if (options.from_command && session.dashed.empty()) {
    throw Error(Errc::Invalid, "cannot run a command", "there is none after --from-command",
                "write it after two dashes: --from-command -- pg_dump db");
  }
  if (!options.stdin_name.empty()) return options.stdin_name;
  return std::filesystem::path(session.dashed.front()).filename().string();
}

/// A preview starts no command: what it would do nobody knows.
Captured plan_command(const Session& session, const Store& store, const CreateOptions& create) {
  return {.report = {},
          .roots = {},
          .profile = create.profile.name,
          .location = store.path(),
          .description = create.description,
          .category = create.category,
          .dry_run = true,
          .would_run = command_line(session.dashed)};
}

std::vector<Captured> capture_stream(Session& session, Store& store, CreateOptions create,
                                     const SnapshotOptions& options) {
  std::optional<Child> child;
  StreamSource stream;
  std::string failure;
  stream.name = stream_name(session, options);
  create.profile.name = stream_profile(session, &store, stream.name);
  if (create.dry_run && options.from_command) return {plan_command(session, store, create)};
  stream.fd = STDIN_FILENO;
  stream.ended_well = [] { return signals::received() == 0; };
  session.progress("reading");  // signals are held from here on
  if (options.from_command) {
    child.emplace(Child::start(session.dashed));
    stream.fd = child->output();
    stream.ended_well = [&child, &failure] {
      failure = child->wait();
      return failure.empty();
    };
  }
  signals::end_stream_on(stream.fd);
  create.stream = stream;
  if (session.globals.verbose > 0) session.talk("reading the stream");
  try {
    return capture(session, store, {create});
  } catch (const Error& error) {
    if (signals::received() != 0) {
      throw Error(Errc::Cancelled, "cannot take the stream", "a signal came before its end");
    }
    if (failure.empty()) throw;
    throw Error(error.code(),
                fmt::format("cannot take the output of {}", quoted(session.dashed.front())),
                failure, "nothing was stored; repair the command and run it again");
  }
}

/// Says what is missing, and whether the snapshot counts as whole.
Exit judge(Session& session, const std::vector<Captured>& captured) {
  Exit exit = Exit::Done;
  for (const Captured& one : captured) {
    for (const std::string& warning : one.report.warnings) session.warn(warning);
    for (const Loss& loss : one.report.losses) {
      exit = Exit::Partial;
      if (!session.json()) {
        session.warn(fmt::format("not captured: {}: {} ({})", shown(loss.path), shown(loss.reason),
                                 name_of(loss.kind)));
      }
    }
  }
  return exit;
}

/// A dry run stores nothing, so it makes no store and reads one that is read-only.
Store open_store(const SnapshotOptions& options, Session& session) {
  if (!options.dry_run) return session.open_or_make_store();
  try {
    return session.open_store(Access::Read);
  } catch (const Error& error) {
    if (error.code() != Errc::NoStore) throw;
    throw Error(Errc::NoStore, fmt::format("cannot preview in {}", quoted(session.store_path())),
                "there is no store yet, and a dry run makes none", "stravinsky init");
  }
}

Exit run(const SnapshotOptions& options, Session& session) {
  const bool stream = options.from_command || !options.stdin_name.empty();
  if (session.has_dashes && !options.from_command) {
    throw Error(Errc::Invalid, "cannot use the words after '--'", "there is no --from-command",
                "write --from-command -- COMMAND, or the paths without '--'");
  }
  const CreateOptions create = create_options(options);
  const std::vector<std::string> paths = stream ? std::vector<std::string>() : paths_of(options);
  require_words(create);
  const std::string stream_file = stream ? stream_name(session, options) : std::string();
  const auto judge_words = [&](const Store* store) {
    if (!stream) return wanted_profiles(session, store, paths);
    stream_profile(session, store, stream_file);
    return Wanted();
  };
  // What cannot be done must not make a store first.
  const bool is_first = !options.dry_run && !session.has_store();
  Wanted wanted;
  if (is_first) wanted = judge_words(nullptr);
  Store store = open_store(options, session);
  if (!options.dry_run) session.attempt(store, "SNAPSHOT", options.name);
  if (!is_first) wanted = judge_words(&store);
  std::vector<Captured> captured;
  HookedOperation operation;
  operation.name = "snapshot";
  operation.act = [&](HookFacts& facts) {
    if (stream) {
      captured = capture_stream(session, store, create, options);
    } else {
      std::vector<CreateOptions> all;
      for (const Profile& profile : wanted.profiles) {
        all.push_back(create);
        all.back().profile = profile;
      }
      captured = capture(session, store, all);
    }
    session.end_progress();
    for (const Captured& one : captured) {
      if (!one.report.snapshot) continue;
      const std::string& name = one.report.snapshot->name;
      session.achieved(fmt::format("the snapshot {}/{} was made", one.profile, shown(name)));
      if (facts.empty()) facts.emplace_back("SNAPSHOT", name);
    }
    const Exit exit = judge(session, captured);
    return wanted.incomplete ? Exit::Partial : exit;
  };
  operation.show = [&](Exit exit) {
    show_captured(session.view(), captured, exit);
    if (!options.dry_run) session.finish_writing(store, captured.front().report.bytes_added);
  };
  // A stream has no tree to run anything in, and a dry run changes nothing.
  return with_hooks(session, options.dry_run ? std::vector<Profile>() : wanted.profiles, operation);
}

const std::vector<Exit> kStatuses = {Exit::Partial,     Exit::Locked,    Exit::Key,
                                     Exit::NotFound,    Exit::NoSpace,   Exit::Denied,
                                     Exit::Interrupted, Exit::Terminated};

}  // namespace

void add_snapshot(CLI::App& app, Session& session) {
  auto options = std::make_shared<SnapshotOptions>();
  auto* cmd = app.add_subcommand("snapshot", "Capture the profile's roots, or the given paths");
  cmd->add_option("PATH", options->paths, "directories and files; default: the profile's roots");
  cmd->add_option("-m,--message", options->description, "description")->type_name("TEXT");
  cmd->add_option("--version-label", options->version_label, "what the content is a version of")
      ->type_name("VERSION");
  cmd->add_option("--category", options->category, "a word to list it by");
  add_snapshot_words(cmd, *options);
  add_exclude_flags(cmd, *options);
  cmd->add_option("--files-from0", options->files_from, "paths from a file, separated by NUL")
      ->type_name("FILE");
  cmd->add_option("--stdin-name", options->stdin_name, "capture a stream as a file of this name")
      ->type_name("NAME");
  cmd->add_flag("--from-command", options->from_command,
                "the stream is the output of the command after `--`");
  cmd->footer(help_footer("stravinsky snapshot ~/.claude -m \"Before the update\" --tag ticket=42",
                          kStatuses));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

void add_create(CLI::App& app, Session& session) {
  auto options = std::make_shared<SnapshotOptions>();
  auto* cmd = app.add_subcommand("create", "Capture the profile's roots with a description");
  cmd->add_option("DESCRIPTION", options->description, "why the snapshot is made")->required();
  cmd->add_option("CATEGORY", options->category, "a word to list it by");
  cmd->add_option("--version-label", options->version_label, "what the content is a version of")
      ->type_name("VERSION");
  add_snapshot_words(cmd, *options);
  add_exclude_flags(cmd, *options);
  cmd->footer(
      help_footer("stravinsky create \"Before the migration\" \"pre-migration\"", kStatuses));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

void add_backup_create(CLI::App& backup, Session& session) {
  auto options = std::make_shared<SnapshotOptions>();
  auto* cmd = backup.add_subcommand("create", "Capture the profile's roots as a version");
  cmd->add_option("VERSION", options->version_label, "what the content is a version of")
      ->required();
  cmd->add_option("-m,--message", options->description, "description")->type_name("TEXT");
  cmd->add_option("--category", options->category, "a word to list it by");
  add_snapshot_words(cmd, *options);
  add_exclude_flags(cmd, *options);
  cmd->footer(help_footer("stravinsky backup create v0.3.8 -m \"As delivered\"", kStatuses));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
