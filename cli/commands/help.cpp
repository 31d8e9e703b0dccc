#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "present/json.hpp"
#include "present/reports.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/store.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::vector<std::string> words;
};

std::string exit_status_text() {
  std::string text = "Exit statuses:\n";
  for (const ExitRow& row : exit_rows()) {
    text += fmt::format("  {:>3}  {}\n       {}\n", int(row.exit), row.meaning, row.advice);
  }
  return text;
}

constexpr std::string_view kRefs =
    R"(What REF may be, in the order in which it is tried:
  NAME              a snapshot's name: before-migration, 20261120_093000
  VERSION           the newest snapshot of a version, your edits included: v0.3.8
  VERSION@release   the same version as it was delivered
  1a2b3c4           the start of its commit id, at least 7 digits
  latest            the newest; latest~2 is two older
  current           what the live files equal or were last recorded as
  previous          what `rollback undo` would bring back
  last-good         the last one that was marked good
  @2026-01-08       the newest not after: also @2026-01-08T09:30 (UTC), @2d, @3h
  PROFILE/NAME      any of these in another profile: web/latest
  refs/tags/...     a full ref name, or tags/...

REF:PATH is a file or directory in it: latest:hooks/a.md. A path is one from the top of the
snapshot, or a live one: /home/me/.claude/hooks/a.md, ./a.md.

Inside a project `claude` and the project's profile act together: a REF means the snapshots of
those of the two that have it. -P NAME narrows. A name that begins with '-' stands after `--`.
)";

void show_text(Session& session, const std::string& topic, const std::string& text) {
  if (!session.json()) return session.out().write(text);
  Json json = document(session.view());
  json["topic"] = topic;
  json["text"] = text;
  print(session.view(), json);
}

Exit run_help(const Options& options, Session& session, CLI::App& app) {
  if (options.words == std::vector<std::string>{"exit-statuses"}) {
    show_text(session, "exit-statuses", exit_status_text());
    return Exit::Done;
  }
  if (options.words == std::vector<std::string>{"refs"}) {
    show_text(session, "refs", std::string(kRefs));
    return Exit::Done;
  }
  CLI::App* command = &app;
  std::string name = "stravinsky";
  for (const std::string& word : options.words) {
    CLI::App* next = find_subcommand(*command, word);
    if (next == nullptr) {
      throw Error(Errc::Invalid, fmt::format("cannot help with {}", quoted(word)),
                  fmt::format("`{}` has no such command", name),
                  fmt::format("see `{} --help`", name));
    }
    command = next;
    name += " " + command->get_name();
  }
  // Not App::help, which would describe `help`: the command that was parsed.
  const std::string parent = name.substr(0, name.size() - command->get_name().size());
  const auto formatter = command->get_formatter();
  show_text(session, name,
            formatter->make_help(command, command == &app ? name : parent + command->get_name(),
                                 CLI::AppFormatMode::Normal));
  return Exit::Done;
}

Exit run_version(Session& session) {
  const std::string version(library_version());
  show_done(session.view(), "stravinsky " + version, {{"version", version}, {"format", "1"}});
  return Exit::Done;
}

}  // namespace

void add_version(CLI::App& app, Session& session) {
  auto* cmd = app.add_subcommand("version", "Print the version");
  cmd->footer(help_footer("stravinsky version --json", {}));
  cmd->callback([&session] { session.exit = run_version(session); });
}

void add_help(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("help", "Help with a command, with refs or with exit-statuses");
  cmd->add_option("COMMAND", options->words, "the command's words");
  cmd->footer(help_footer("stravinsky help backup create", {}));
  cmd->callback([options, &session, &app] { session.exit = run_help(*options, session, app); });
}

}  // namespace stravinsky::cli
