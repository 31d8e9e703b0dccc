#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "commands/commands.hpp"
#include "present/in_place.hpp"
#include "present/reports.hpp"
#include "session.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky::cli {
namespace {

Exit run(const std::string& action, Session& session) {
  if (action.empty()) {
    const Store store = session.open_store(Access::Read, {}, Session::Recover::No);
    show_operations(session.view(), list_operations(store), list_unsettled_updates(store));
    return Exit::Done;
  }
  Store store = session.open_store(Access::Write, {}, Session::Recover::No);
  session.attempt(store, "RECOVERY_ATTEMPT", action);
  const bool finish = action == "finish";
  Progress& progress = session.progress("ending");
  std::vector<std::string> lines = recover_operations(
      store, finish ? Recovery::Finish : Recovery::Revert, progress, AtWork::WaitFor);
  for (std::string& line :
       settle_updates(store, finish ? Settling::Keep : Settling::RollBack, progress)) {
    lines.push_back(std::move(line));
  }
  session.end_progress();
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  const auto left = list_operations(store);
  show_done(session.view(), text.empty() ? "No interrupted operations" : text);
  for (const OperationInfo& one : left) {
    if (text.find(one.id) != std::string::npos) continue;  // why it is not ended was said
    session.warn(fmt::format(
        "the operation {} is {}", one.id,
        one.is_running ? "at work in another process" : "not ended; see `stravinsky operations`"));
  }
  session.finish_writing(store, 0);
  return left.empty() ? Exit::Done : Exit::Partial;
}

}  // namespace

void add_operations(CLI::App& app, Session& session) {
  auto action = std::make_shared<std::string>();
  auto* cmd = app.add_subcommand("operations", "Show or end what an interruption left of a switch");
  cmd->add_option("ACTION", *action, "finish or revert; default: show")
      ->check(CLI::IsMember({"finish", "revert"}));
  cmd->footer(
      help_footer("stravinsky operations finish",
                  {Exit::Partial, Exit::NoStore, Exit::Changed, Exit::NoSpace, Exit::Denied}));
  cmd->callback([action, &session] { session.exit = run(*action, session); });
}

}  // namespace stravinsky::cli
