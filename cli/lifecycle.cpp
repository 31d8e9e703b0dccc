#include "lifecycle.hpp"

#include <fmt/format.h>

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
    const std::vector<hooks::HookOutcome> outcomes = run_hooks(profiles_, when, context_);
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

 private:
  Session& session_;
  const std::vector<Profile>& profiles_;
  hooks::HookContext context_;
};

HookFacts end_facts(int status, const std::string& error) {
  return {{"STATUS", fmt::format("{}", status)}, {"ERROR", error}};
}

bool has_hooks(const std::vector<Profile>& profiles) {
  return std::any_of(profiles.begin(), profiles.end(),
                     [](const Profile& one) { return !one.hooks.empty(); });
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
  around.tell(facts);
  around.tell(end_facts(int(exit), {}));
  const bool is_done = exit == Exit::Done || exit == Exit::Partial;
  const bool failed = !around.run(is_done ? "after" : "failed").empty();
  const bool failed_at_last = !around.run("finally").empty();
  if (exit == Exit::Done && (failed || failed_at_last)) exit = Exit::Partial;
  operation.show(exit);
  return exit;
}

}  // namespace stravinsky::cli
