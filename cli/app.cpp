#include "app.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "commands/commands.hpp"
#include "stravinsky/nearest.hpp"
#include "stravinsky/store.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

// CLI11 takes a positional word `[a,b]` for a list of two. A mark in front, which no user types,
// keeps it one word; it is taken off before anybody sees the value.
constexpr char kWhole = '\x01';

std::string protect(const std::string& word) {
  const bool looks_like_list = word.starts_with('[') && word.ends_with(']');
  return looks_like_list || word.starts_with(kWhole) ? kWhole + word : word;
}

std::string unprotect(std::string word) {
  if (word.starts_with(kWhole)) word.erase(0, 1);
  return word;
}

/// Most values that are empty are a script's variable that was not set: taken for "not given", an
/// empty --store would be the default store and an empty PATH everything.
std::string refuse_empty(const std::string& value) {
  return value.empty() ? "the value is empty" : std::string();
}

/// Words that say nothing when they are empty, and mean that.
bool may_be_empty(const CLI::Option& option) {
  const std::string name = option.get_name();
  return name == "--message" || name == "DESCRIPTION" || name == "CATEGORY" || name == "VALUE";
}

void read_values_of(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) {
      option
          ->disable_flag_override();  // or `--exit-code=no` would be a way to say that it is given
      continue;
    }
    // `REF TEXT REQUIRED` says nothing that `REF REQUIRED` does not.
    if (option->get_positional() && option->get_type_name() == "TEXT") option->type_name("");
    option->transform(unprotect);
    if (!may_be_empty(*option)) option->check(refuse_empty);
  }
  for (CLI::App* command : app.get_subcommands({})) read_values_of(*command);
}

void add_globals(CLI::App& app, Session& session) {
  Globals& globals = session.globals;
  app.add_option("-s,--store", globals.store,
                 "the store; default: $STRAVINSKY_STORE, else ~/.stravinsky/rollback")
      ->type_name("DIR");
  app.add_option("-C", globals.directory, "go to this directory first")->type_name("DIR");
  app.add_option("-P,--profile", globals.profile,
                 "act on this profile; default: the one that holds the working directory")
      ->type_name("NAME");
  app.add_option("--config", globals.config, "settings; default: config.json in the store")
      ->type_name("FILE");
  app.add_flag("--json", globals.json, "JSON on standard output");
  app.add_flag("-q,--quiet", globals.quiet, "results only");
  app.add_flag("-v,--verbose", globals.verbose, "say more");
  app.add_option("--color", globals.color, "always, auto or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"always", "auto", "never"}));
  app.add_flag("--no-progress", globals.no_progress, "no progress bar and no progress lines");
  app.add_option("--lock-wait", globals.lock_wait, "wait this long for another writer")
      ->type_name("SECONDS");
  app.add_flag("--yes", globals.yes, "answer yes where a confirmation is asked for");
  app.add_flag("-f,--force", globals.force,
               "carry out what is a plan without it; replace what exists");
}

/// @param example  the rest of a command line
CLI::App& add_group(CLI::App& app, const std::string& name, const std::string& help,
                    std::string_view example = "list") {
  CLI::App* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  group->footer(help_footer(fmt::format("stravinsky {} {}", name, example), {Exit::NoStore}));
  return *group;
}

/// Commands that read the words after `--` themselves.
bool reads_dashed(const CLI::App& command) {
  const std::string& name = command.get_name();
  return name == "diff" || name == "snapshot" || name == "create" || name == "run";
}

/// The names of an app's commands, with their aliases.
std::vector<std::string> command_names(CLI::App& app) {
  std::vector<std::string> names;
  for (CLI::App* command : app.get_subcommands({})) {
    if (command->get_name().empty()) continue;  // a group of options
    names.push_back(command->get_name());
    for (const std::string& alias : command->get_aliases()) names.push_back(alias);
  }
  return names;
}

/// The first word that is neither an option nor an option's value, after `skip` such words.
std::optional<std::string> find_word(CLI::App& app, const std::vector<std::string>& words,
                                     std::size_t skip) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() > 1 && word.front() == '-') {
      if (word == "--") return std::nullopt;
      const CLI::Option* option = app.get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) ++i;
    } else if (skip-- == 0) {
      return word;
    }
  }
  return std::nullopt;
}

std::string full_name(const CLI::App& command) {
  return command.get_parent() == nullptr
             ? "stravinsky"
             : full_name(*command.get_parent()) + " " + command.get_name();
}

void add_backup(CLI::App& app, Session& session) {
  CLI::App& backup = add_group(app, "backup", "Backups by version: create, list, show, verify");
  add_backup_create(backup, session);
  add_backup_list(backup, session);
  add_backup_show(backup, session);
  add_backup_verify(backup, session);
}

void add_rollback_group(CLI::App& app, Session& session) {
  CLI::App& rollback =
      add_group(app, "rollback", "Go back: to, undo, redo; what there is: list, show");
  add_backup_list(rollback, session);
  add_backup_show(rollback, session);
  add_rollback(rollback, session);
}

void add_recovery_group(CLI::App& app, Session& session) {
  add_recovery(
      add_group(app, "recovery", "Bring back what is lost: file, directory, guide, emergency"),
      session);
}

void add_audit(CLI::App& app, Session& session) {
  CLI::App& audit =
      add_group(app, "audit", "What was done, by whom, and proof of it", "log --limit 5");
  add_audit_log(audit, session);
  add_audit_show(audit, session);
  add_audit_diff(audit, session);
  add_audit_verify(audit, session);
  add_audit_checkpoint(audit, session);
  add_audit_restore_refs(audit, session);
  add_audit_export(audit, session);
}

struct Command {
  std::string_view name;
  void (*add)(CLI::App& app, Session& session);
  bool reads_others = false;  ///< it tells of all commands
};

// In the order of the help.
constexpr Command kCommands[] = {
    {"init", add_init},
    {"snapshot", add_snapshot},
    {"create", add_create},
    {"list", add_list},
    {"show", add_show},
    {"status", add_status},
    {"diff", add_diff},
    {"ls", add_ls},
    {"cat", add_cat},
    {"dump", add_dump},
    {"find", add_find},
    {"log", add_log},
    {"describe", add_describe},
    {"tag", add_tag},
    {"pin", add_pin},
    {"rename", add_rename},
    {"checkout", add_checkout},
    {"operations", add_operations},
    {"update", add_update},
    {"run", add_run},
    {"validate", add_validate},
    {"mark-good", add_mark_good},
    {"verify", add_verify},
    {"backup", add_backup},
    {"rollback", add_rollback_group},
    {"recovery", add_recovery_group},
    {"audit", add_audit},
    {"key", add_key},
    {"profile", add_profile},
    {"config", add_config},
    {"completion", add_completion, true},
    {"version", add_version},
    {"help", add_help, true},
};

/// Adds the command that the words name; all of them where that is no name of the table, so that
/// what is wrong can be told. A start is for a good part the making of options, and what runs
/// before every edit starts often.
void add_commands(CLI::App& app, Session& session, const std::vector<std::string>& words) {
  const auto word = find_word(app, words, 0);
  for (const Command& one : kCommands) {
    if (word == one.name && !one.reads_others) return one.add(app, session);
  }
  for (const Command& one : kCommands) one.add(app, session);
}

}  // namespace

CLI::Option* add_repeatable(CLI::App* command, const std::string& name,
                            std::vector<std::string>& values, const std::string& help) {
  // Or CLI11 would take every following word for a further value.
  return command->add_option(name, values, help)->allow_extra_args(false);
}

void add_limit(CLI::App* command, std::size_t& limit) {
  command->add_option("-n,--limit", limit, "at most so many")
      ->type_name("N")
      ->check([](const std::string& value) {
        const bool whole = value.find_first_not_of("0123456789") == std::string::npos;
        return whole ? std::string() : quoted(value) + " is not a whole number";
      });
}

void build_app(CLI::App& app, Session& session, const std::vector<std::string>& words) {
  app.description("Content-addressed snapshots of live trees, in a store that plain git reads");
  app.set_help_flag("-h,--help", "this help");
  app.set_version_flag("--version", fmt::format("stravinsky {}", library_version()), "the version");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(
      "Example:\n  stravinsky create \"Before the migration\"\n\n"
      "What REF may be: stravinsky help refs. Exit statuses: stravinsky help exit-statuses.\n"
      "One command: stravinsky help COMMAND.");
  add_globals(app, session);
  app.parse_complete_callback([&session] { session.begin(); });

  add_commands(app, session, words);
  read_values_of(app);
}

CLI::App* find_subcommand(CLI::App& parent, const std::string& name) {
  for (CLI::App* command : parent.get_subcommands({})) {
    if (!name.empty() && command->check_name(name)) return command;
  }
  return nullptr;
}

CLI::App* find_command(CLI::App& app, const std::vector<std::string>& words) {
  CLI::App* command = &app;
  for (std::size_t depth = 0;; ++depth) {
    const auto word = find_word(app, words, depth);
    CLI::App* next = word ? find_subcommand(*command, *word) : nullptr;
    if (next == nullptr) return command;
    command = next;
  }
}

bool has_exit_code(CLI::App& app, const std::vector<std::string>& words) {
  return find_command(app, words)->get_option_no_throw("--exit-code") != nullptr;
}

void run_app(CLI::App& app, Session& session, std::vector<std::string> words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes != words.end() && reads_dashed(*find_command(app, words))) {
    session.has_dashes = true;
    session.dashed.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
  }
  std::vector<std::string> reversed;  // as CLI11 wants them
  bool options = true;
  for (std::string& word : words) {
    options = options && word != "--";
    // CLI11 would give `--store=` the next word for its value.
    const bool is_empty =
        options && word.size() > 3 && word.starts_with("--") && word.ends_with('=');
    if (is_empty) word.pop_back();
    reversed.push_back(protect(word));
    if (is_empty) reversed.emplace_back();
  }
  std::reverse(reversed.begin(), reversed.end());
  app.parse(reversed);
}

/// What CLI11 says, in our words.
std::string message_of(const CLI::ParseError& error) {
  std::string message = error.what();
  // Not `--profile: 1 required NAME missing`.
  static constexpr std::string_view kNeeds = ": 1 required ", kMissing = " missing";
  const std::size_t needs = message.find(kNeeds);
  if (needs != std::string::npos && message.ends_with(kMissing)) {
    message.resize(message.size() - kMissing.size());
    return message.replace(needs, kNeeds.size(), " needs a value: ");
  }
  static constexpr std::string_view kOverride = " was given a disallowed flag override";
  if (message.ends_with(kOverride)) {
    message.resize(message.size() - kOverride.size());
    return fmt::format("--{} takes no value", message);
  }
  // Not `REF is required`, which names a word of the help.
  if (message.size() > 1 && std::islower(static_cast<unsigned char>(message[1])) != 0) {
    message.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(message.front())));
  }
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

UsageAdvice advice_for(CLI::App& app, const std::vector<std::string>& words,
                       const CLI::ParseError& error) {
  CLI::App* command = find_command(app, words);
  std::string depth_name = full_name(*command);
  const auto depth =
      static_cast<std::size_t>(std::count(depth_name.begin(), depth_name.end(), ' '));
  const std::string help = fmt::format("see `{} --help`", depth_name);
  const auto names = command_names(*command);
  const auto word = find_word(app, words, depth);
  if (names.empty() || !word) {
    if (names.empty()) return {message_of(error), help};
    return {fmt::format("`{}` needs a command", depth_name), help};
  }
  UsageAdvice advice{fmt::format("unknown command {}", quoted(*word)), help};
  for (const std::string& name : nearest(*word, names, 1)) {
    advice.remedy = fmt::format("did you mean `{} {}`?", depth_name, name);
  }
  return advice;
}

}  // namespace stravinsky::cli
