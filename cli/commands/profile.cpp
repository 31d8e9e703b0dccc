#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "config_file.hpp"
#include "exit_status.hpp"
#include "files.hpp"
#include "present/reports.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string name;
  std::vector<std::string> paths, include, exclude;
};

/// The store when there is one: profiles can be looked at and set up before the first snapshot.
std::optional<Store> find_store(Session& session) {
  try {
    return session.open_store();
  } catch (const Error& error) {
    if (error.code() != Errc::NoStore) throw;
    return std::nullopt;
  }
}

/// Every profile that is configured, built in or recorded, by name.
std::vector<KnownProfile> known_profiles(Session& session) {
  const auto store = find_store(session);
  const Store* there = store ? &*store : nullptr;
  std::vector<KnownProfile> known;
  const auto add = [&known](const Profile& profile, const std::string& origin) {
    const bool seen = std::any_of(known.begin(), known.end(), [&](const KnownProfile& other) {
      return other.profile.name == profile.name;
    });
    if (!seen) known.push_back({profile, origin, 0, false});
  };
  for (const auto& [name, profile] : session.config().profiles) add(profile, "config");
  for (const Profile& one : builtin_profiles(session.surroundings())) add(one, "built-in");
  if (const auto project = find_project_profile(session.surroundings())) add(*project, "project");
  if (there != nullptr) {
    for (const auto& [name, count] : list_profiles(*there)) {
      Profile unknown;
      unknown.name = name;
      add(find_recorded_profile(*there, name).value_or(unknown), "recorded");
      for (KnownProfile& one : known) {
        if (one.profile.name == name) one.snapshots = count;
      }
    }
  }
  const auto active = active_profiles(session, there);
  for (KnownProfile& one : known) {
    one.active = std::any_of(active.begin(), active.end(), [&one](const Profile& profile) {
      return profile.name == one.profile.name;
    });
  }
  std::sort(known.begin(), known.end(), [](const KnownProfile& a, const KnownProfile& b) {
    return a.profile.name < b.profile.name;
  });
  return known;
}

/// Built in for who has such a directory; `claude` is what everything falls back to.
bool is_worth_listing(const KnownProfile& known) {
  const std::vector<ProfileRoot>& roots = known.profile.roots;
  return known.origin != "built-in" || known.profile.name == "claude" || known.snapshots > 0 ||
         known.active || std::any_of(roots.begin(), roots.end(), is_there);
}

Exit run_list(Session& session) {
  std::vector<KnownProfile> known = known_profiles(session);
  std::erase_if(known, [](const KnownProfile& one) { return !is_worth_listing(one); });
  show_profiles(session.view(), known);
  return Exit::Done;
}

Exit run_show(const Options& options, Session& session) {
  for (const KnownProfile& known : known_profiles(session)) {
    if (options.name.empty() ? !known.active : known.profile.name != options.name) continue;
    show_profile(session.view(), known);
    return Exit::Done;
  }
  throw Error(Errc::NotFound, fmt::format("cannot show profile {}", quoted(options.name)),
              "there is none of that name", "see `stravinsky profile list`");
}

/// Not yet there, perhaps: `-m`, which a snapshot would be advised to, is none of this command's.
Profile profile_from(const Options& options, Session& session) {
  try {
    return profile_for_paths(options.paths, session.config(), session.surroundings());
  } catch (const Error& error) {
    if (error.code() != Errc::NotFound) throw;
    throw with_remedy(error, "make it first, it may be empty: mkdir -p PATH");
  }
}

Exit run_add(const Options& options, Session& session) {
  if (!is_profile_name(options.name)) {
    throw Error(
        Errc::Invalid, fmt::format("cannot use {} as a profile name", quoted(options.name)),
        "names are a-z, 0-9, '.', '_' and '-', 63 bytes at most, not 'audit' or 'upstream'");
  }
  ConfigFile::change(session, "profiles." + options.name, [&](ConfigFile& file) {
    if (file.has_profile(options.name) && !session.globals.force) {
      throw Error(
          Errc::Exists, fmt::format("cannot add profile '{}'", options.name),
          "it is configured already",
          fmt::format("add -f to replace it; see `stravinsky profile show {}`", options.name));
    }
    Profile profile = profile_from(options, session);
    profile.name = options.name;
    for (ProfileRoot& root : profile.roots) {
      if (!options.include.empty()) root.include = options.include;
    }
    if (!options.exclude.empty()) profile.exclude = options.exclude;
    file.set_profile(profile);
  });
  session.achieved(fmt::format("{} was written", quoted(session.config_path())));
  show_done(session.view(), fmt::format("Profile added: {}", options.name),
            {{"profile", options.name}, {"file", session.config_path()}});
  return Exit::Done;
}

Exit run_remove(const Options& options, Session& session) {
  ConfigFile::change(session, "profiles." + options.name, [&](ConfigFile& file) {
    if (file.remove_profile(options.name)) return;
    throw Error(Errc::NotFound, fmt::format("cannot remove profile {}", quoted(options.name)),
                "it is not in config.json", "see `stravinsky profile list`");
  });
  session.achieved(fmt::format("{} was written", quoted(session.config_path())));
  show_done(session.view(), fmt::format("Profile removed: {} (its snapshots stay)", options.name),
            {{"profile", options.name}, {"file", session.config_path()}});
  return Exit::Done;
}

}  // namespace

void add_profile(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("profile", "Named sets of roots: list, show, add, remove");
  group->require_subcommand(1);
  group->footer(help_footer("stravinsky profile list", {Exit::NotFound}));
  auto options = std::make_shared<Options>();

  auto* list = group->add_subcommand("list", "List profiles; * marks those a command here acts on");
  list->footer(help_footer("stravinsky profile list", {}));
  list->callback([&session] { session.exit = run_list(session); });

  auto* show = group->add_subcommand("show", "Show a profile's roots and patterns");
  show->add_option("NAME", options->name, "default: the one a command here acts on");
  show->footer(help_footer("stravinsky profile show claude", {Exit::NotFound}));
  show->callback([options, &session] { session.exit = run_show(*options, session); });

  auto* add = group->add_subcommand("add", "Add a profile to config.json");
  add->add_option("NAME", options->name, "its name")->required();
  add->add_option("PATH", options->paths, "its roots")->required();
  add_repeatable(add, "--include", options->include, "only these below the roots; repeatable")
      ->type_name("GLOB");
  add_repeatable(add, "--exclude", options->exclude, "leave out; gitignore syntax, repeatable")
      ->type_name("GLOB");
  add->footer(help_footer("stravinsky profile add site /srv/site --exclude '*.log'",
                          {Exit::NoStore, Exit::NotFound, Exit::NoSpace, Exit::Denied}));
  add->callback([options, &session] { session.exit = run_add(*options, session); });

  auto* remove = group->add_subcommand("remove", "Remove a profile from config.json");
  remove->add_option("NAME", options->name, "its name")->required();
  remove->footer(
      help_footer("stravinsky profile remove site", {Exit::NotFound, Exit::NoSpace, Exit::Denied}));
  remove->callback([options, &session] { session.exit = run_remove(*options, session); });
}

}  // namespace stravinsky::cli
