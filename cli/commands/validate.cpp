#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <random>

#include "checking.hpp"
#include "commands/commands.hpp"
#include "present/validation.hpp"
#include "profiles.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/nearest.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::vector<std::string> only;
  bool strict = false;
};

void require_check(const std::string& name) {
  const auto& names = hooks::check_names();
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  const auto near = find_nearest(name, names);
  throw Error(Errc::Invalid, fmt::format("cannot run the check {}", quoted(name)),
              "there is none of that name",
              near ? fmt::format("did you mean '{}'? see `stravinsky validate --help`", *near)
                   : "see `stravinsky validate --help`");
}

Exit run(const Options& options, Session& session) {
  for (const std::string& name : options.only) require_check(name);
  const Store store = session.open_store();
  std::vector<Profile> profiles = active_profiles(session, &store);
  const bool any = std::any_of(profiles.begin(), profiles.end(), [](const Profile& one) {
    return !why_nothing_live(one).has_value();
  });
  if (!any) require_live(profiles.front());
  std::erase_if(profiles, [&](const Profile& one) {
    const auto why = why_nothing_live(one);
    if (why) session.warn(fmt::format("profile '{}' is not checked: {}", one.name, *why));
    return why.has_value();
  });
  Progress& progress = session.progress("checking");
  std::vector<std::unique_ptr<hooks::CheckedTree>> trees;
  for (const Profile& profile : profiles) {
    trees.push_back(hooks::read_checked_tree(store, profile, progress));
  }
  hooks::ChecksOptions checks = checks_options(session);
  checks.only = options.only;
  checks.strict = options.strict;
  const hooks::ValidationReport report = run_checks(store, trees, checks);
  session.end_progress();
  const Exit exit = report.success ? Exit::Done : exit_of_checks(report);
  show_validation(session.view(), profiles, report);
  return exit;
}

}  // namespace

void add_validate(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd =
      app.add_subcommand("validate", "Check the live tree as an update would: eight checks");
  cmd->add_option("--only", options->only, "only this check; may be repeated")
      ->type_name("CHECK")
      ->allow_extra_args(false);
  cmd->add_flag("--strict", options->strict,
                "fail for what otherwise only warns, and for what cannot be checked here");
  std::string names;
  for (const std::string& name : hooks::check_names()) names += " " + name;
  cmd->footer(
      fmt::format("Checks:{}\n\n", names) +
      help_footer("stravinsky validate --only settings_schema --strict",
                  {Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::ChecksFailed, Exit::Busy}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
