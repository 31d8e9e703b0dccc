#include "lifecycle.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "lifecycle/run_hooks.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "signals.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {
namespace {

/// The hooks of one operation, moment by moment.
class Around {
 public:
  Around(Session& session, const std::vector<Profile>& profiles, std::string operation)
      : session_(session), profiles_(profiles) {
    context_.operation = std::move(operation);
    context_.store = session.store_path();
    context_.environment = all_variables();
  }

  void tell(const HookFacts& facts) {
    context_.facts.insert(context_.facts.end(), facts.begin(), facts.end());
  }

  /// @returns what an essential hook that failed said of itself; empty: none did
  std::string run(std::string_view when) {
    session_.end_progress();
    context_.on_group = signals::group_forwarder();
    return judge(run_hooks(profiles_, when, context_));
  }

  /// @returns as run()
  std::string reload(const ChangedPaths& changed) {
    session_.end_progress();
    context_.on_group = signals::group_forwarder();
    std::vector<hooks::HookOutcome> outcomes;
    for (const Profile& profile : profiles_) {
      const auto paths = changed.find(profile.name);
      if (paths == changed.end()) continue;
      for (hooks::HookOutcome& one :
           hooks::run_reload_actions(profile, paths->second, which(session_.reload), context_)) {
        outcomes.push_back(std::move(one));
      }
    }
    return judge(outcomes);
  }

 private:
  static hooks::Reload which(const std::string& word) {
    if (word == "all") return hooks::Reload::All;
    return word == "none" ? hooks::Reload::None : hooks::Reload::Affected;
  }

  std::string judge(const std::vector<hooks::HookOutcome>& outcomes) {
    for (const hooks::HookOutcome& one : outcomes) {
      if (one.succeeded() && session_.globals.verbose == 0) continue;
      std::string output = one.result.output;
      while (!output.empty() && output.back() == '\n') output.pop_back();
      if (!output.empty()) session_.talk(shown_text(output));
      if (one.result.truncated) session_.talk("(its further output was dropped)");
      if (!one.succeeded()) session_.warn(shown(one.text()));
    }
    const hooks::HookOutcome* failure = find_essential_failure(outcomes);
    return failure == nullptr ? std::string() : failure->text();
  }

  Session& session_;
  const std::vector<Profile>& profiles_;
  hooks::HookContext context_;
};

HookFacts end_facts(int status, const std::string& error) {
  return {{"STATUS", fmt::format("{}", status)}, {"ERROR", error}};
}

bool has_hooks(const std::vector<Profile>& profiles) {
  return std::any_of(profiles.begin(), profiles.end(),
                     [](const Profile& one) { return !one.hooks.empty() || !one.reload.empty(); });
}

}  // namespace

Exit with_hooks(Session& session, const std::vector<Profile>& profiles,
                const HookedOperation& operation) {
  HookFacts facts;
  if (!has_hooks(profiles)) {
    const Exit exit = operation.act(facts);
    operation.show(exit);
    return exit;
  }
  Around around(session, profiles, operation.name);
  around.tell(operation.known);
  if (const std::string refusal = around.run("before"); !refusal.empty()) {
    around.tell(end_facts(int(Exit::ChecksFailed), refusal));
    around.run("failed");
    around.run("finally");
    const std::string what = fmt::format("cannot begin the {}", operation.name);
    if (signals::received() != 0) throw Error(Errc::Cancelled, what, refusal);
    session.record_failure(Error(Errc::Busy, what, refusal));
    show_failure(
        session.view(), Exit::ChecksFailed, "hook_failed",
        fmt::format("{}: {}", what, shown(refusal)),
        fmt::format("repair what it complains of, or see `{} profile list`", session.command()));
    return Exit::ChecksFailed;
  }
  Exit exit = Exit::Done;
  try {
    exit = operation.act(facts);
  } catch (const Error& error) {
    around.tell(facts);
    around.tell(end_facts(int(exit_of(error.code())), error.what()));
    around.run("failed");
    around.run("finally");
    throw;
  }
  const auto told = std::find_if(facts.begin(), facts.end(),
                                 [](const auto& fact) { return fact.first == "ERROR"; });
  const std::string why = told == facts.end() ? std::string() : told->second;
  around.tell(facts);
  around.tell(end_facts(int(exit), why));
  const bool reloaded = !operation.changed || around.reload(operation.changed()).empty();
  const bool is_done = exit == Exit::Done || exit == Exit::Partial;
  const bool failed = !around.run(is_done ? "after" : "failed").empty();
  const bool failed_at_last = !around.run("finally").empty();
  if (exit == Exit::Done && (failed || failed_at_last || !reloaded)) exit = Exit::Partial;
  operation.show(exit);
  return exit;
}

bool run_reload_actions(Session& session, const std::vector<Profile>& profiles,
                        const std::string& operation, const ChangedPaths& changed) {
  return Around(session, profiles, operation).reload(changed).empty();
}

void add_reload_option(CLI::App* cmd, Session& session) {
  cmd->add_option("--reload", session.reload,
                  "which reload actions run: affected (default), all, none")
      ->type_name("WHICH")
      ->check(CLI::IsMember({"affected", "all", "none"}));
}

}  // namespace stravinsky::cli
