#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

#include "commands/commands.hpp"
#include "config_file.hpp"
#include "present/json.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "session.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string key, value;
  bool origin = false;
};

const ConfigValue& find_value(Session& session, const std::string& key) {
  const auto& values = session.settings().values;
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&key](const ConfigValue& value) { return value.key == key; });
  if (found == values.end()) {
    throw Error(Errc::NotFound, fmt::format("cannot find the setting {}", quoted(key)),
                "there is none of that name", "see `stravinsky config list`");
  }
  return *found;
}

/// A word is taken as JSON when it is of the kind that the key wants, else as text.
std::string json_text(const ConfigValue& present, const std::string& word) {
  const bool wants_text = present.value.starts_with('"');
  return wants_text && !word.starts_with('"') ? ConfigFile::text(word) : word;
}

Exit run_get(const Options& options, Session& session) {
  const ConfigValue& value = find_value(session, options.key);
  if (session.json()) {
    show_settings(session.view(), {value}, true);
  } else {
    // Text without its quotes, for scripts.
    const Json json = Json::parse(value.value, nullptr, false);
    session.out().line(json.is_string() ? json.get<std::string>() : value.value);
  }
  return Exit::Done;
}

/// What was refused is in no file: the setting and its type say more than a line and a column.
Error refused(const Options& options, const Session& session) {
  const std::string what = fmt::format("cannot set '{}' to {}", options.key, quoted(options.value));
  for (const SettingInfo& info : list_settings()) {
    if (info.key != options.key) continue;
    const Json value = Json::parse(info.default_value, nullptr, false);
    const std::string word = value.is_string() ? value.get<std::string>() : info.default_value;
    return Error(
        Errc::Invalid, what, fmt::format("it must be {}", info.type),
        fmt::format("as in `{} config set {} {}`", session.command(), info.key, shell_word(word)));
  }
  return Error(Errc::Invalid, what, "it is not of the kind that the setting wants",
               "see `stravinsky config list`");
}

/// The chain must take a new key first, with an event of the old one: otherwise nothing could be
/// signed any more, not even the way back.
void refuse_key(const Options& options, Session& session) {
  if (!options.key.starts_with("signing.") || !session.has_store()) return;
  const Store store = session.open_store(Access::Write);
  session.attempt(store, "CONFIG", options.key);
  throw Error(Errc::Invalid, fmt::format("cannot set {}", options.key),
              "the store has a key, and an event must hand it over",
              "stravinsky key use FILE [--program PROGRAM]");
}

Exit run_set(const Options& options, Session& session) {
  refuse_key(options, session);
  try {
    ConfigFile::change(session, options.key, [&](ConfigFile& file) {
      file.set(options.key, json_text(find_value(session, options.key), options.value));
    });
  } catch (const Error& error) {
    if (error.code() != Errc::Invalid) throw;
    throw refused(options, session);
  }
  const ConfigValue& present = find_value(session, options.key);
  session.achieved(fmt::format("{} was written", quoted(session.config_path())));
  if (present.origin != "default" && present.origin != "file") {
    session.warn(fmt::format("{} overrides it for as long as it is set", present.origin));
  }
  show_done(session.view(), fmt::format("Set: {}={}", options.key, shown(options.value)),
            {{"key", options.key}, {"file", session.config_path()}});
  return Exit::Done;
}

Exit run_list(const Options& options, Session& session) {
  show_settings(session.view(), session.settings().values, options.origin);
  return Exit::Done;
}

Exit run_check(Session& session) {
  const std::size_t warnings = session.settings().warnings.size();
  show_done(session.view(),
            warnings == 0 ? "Settings are valid: " + shown(session.config_path())
                          : fmt::format("Settings are valid, with {}: {}",
                                        counted(warnings, "warning"), shown(session.config_path())),
            {{"file", session.config_path()}});
  return Exit::Done;
}

}  // namespace

void add_config(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("config", "Settings: list, get, set, check");
  group->require_subcommand(1);
  group->footer(help_footer("stravinsky config list --show-origin", {}));
  auto options = std::make_shared<Options>();

  auto* list = group->add_subcommand("list", "List every setting with its value");
  list->add_flag("--show-origin", options->origin, "with default, file or variable");
  list->footer(help_footer("stravinsky config list --show-origin", {}));
  list->callback([options, &session] { session.exit = run_list(*options, session); });

  auto* get = group->add_subcommand("get", "Print one setting");
  get->add_option("KEY", options->key, "such as backup.max_versions")->required();
  get->footer(help_footer("stravinsky config get backup.max_versions", {Exit::NotFound}));
  get->callback([options, &session] { session.exit = run_get(*options, session); });

  auto* set = group->add_subcommand("set", "Write one setting to config.json");
  set->add_option("KEY", options->key, "such as backup.max_versions")->required();
  set->add_option("VALUE", options->value, "a number, true, false or a text")->required();
  set->footer(help_footer("stravinsky config set backup.max_versions 20",
                          {Exit::NoStore, Exit::NotFound, Exit::NoSpace, Exit::Denied}));
  set->callback([options, &session] { session.exit = run_set(*options, session); });

  auto* check = group->add_subcommand("check", "Check config.json");
  check->footer(help_footer("stravinsky config check", {}));
  check->callback([&session] { session.exit = run_check(session); });
}

}  // namespace stravinsky::cli
