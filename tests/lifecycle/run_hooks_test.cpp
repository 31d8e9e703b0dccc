#include "lifecycle/run_hooks.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::hooks;

namespace {

class HooksCase {
 public:
  HooksCase() {
    profile.name = "tree";
    profile.roots = {{.path = dir.path(), .mount = {}, .include = {}, .switch_directory = false}};
    context.operation = "update";
    context.store = "/the/store";
    context.environment = {"PATH=/usr/bin:/bin", "STRAVINSKY_PROFILE=forged", "KEPT=yes"};
  }
  LifecycleHook& add(const std::string& moment, const std::string& command,
                     bool essential = false) {
    LifecycleHook& hook = profile.hooks.emplace_back();
    hook.moment = moment;
    hook.command = command;
    hook.is_essential = essential;
    return hook;
  }
  std::vector<HookOutcome> run(std::string_view when) {
    return run_hooks({profile}, when, context);
  }

  test::TempDir dir;
  Profile profile;
  HookContext context;
};

}  // namespace

TEST_CASE_FIXTURE(HooksCase,
                  "lifecycle: the hooks of a moment run in their order, with what is known") {
  context.facts = {{"SNAPSHOT", "20261120_093000"}};
  add("before-update", "echo first; echo err >&2");
  add("after-update", "echo other");
  add("before-update", "pwd; env | grep -E '^(STRAVINSKY_|KEPT)' | sort");
  const auto outcomes = run("before");
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].result.output == "first\nerr\n");
  CHECK(outcomes[1].result.output ==
        dir.path() +
            "\nKEPT=yes\nSTRAVINSKY_HOOK=before-update\nSTRAVINSKY_OPERATION=update\n"
            "STRAVINSKY_PROFILE=tree\nSTRAVINSKY_ROOT=" +
            dir.path() + "\nSTRAVINSKY_SNAPSHOT=20261120_093000\nSTRAVINSKY_STORE=/the/store\n");
  CHECK(find_essential_failure(outcomes) == nullptr);
}

TEST_CASE_FIXTURE(HooksCase, "lifecycle: a program gets its words as they are, without a shell") {
  LifecycleHook& hook = add("after-update", "");
  hook.words = {"/bin/echo", "$HOME", "a  b"};
  CHECK(run("after").front().result.output == "$HOME a  b\n");
}

TEST_CASE_FIXTURE(HooksCase, "lifecycle: an essential hook that fails before is the last one") {
  add("before-update", "exit 3", false);
  add("before-update", "exit 4", true);
  add("before-update", "echo never");
  const auto outcomes = run("before");
  REQUIRE(outcomes.size() == 2);
  const HookOutcome* failure = find_essential_failure(outcomes);
  REQUIRE(failure != nullptr);
  CHECK(failure->text() == "hook before-update 'exit 4' of tree: it exited with status 4");
  // Afterwards each has its turn: one is to clean up, another to tell.
  add("finally-update", "exit 5", true);
  add("finally-update", "echo told");
  CHECK(run("finally").size() == 2);
}

TEST_CASE_FIXTURE(HooksCase,
                  "lifecycle: a hook has a timeout, no input to wait for, and bounded output") {
  add("before-update", "cat; echo end");
  add("before-update", "yes", true).timeout_seconds = 1;
  const auto outcomes = run("before");
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].result.output == "end\n");
  CHECK(outcomes[1].result.end == ProcessResult::End::TimedOut);
  CHECK(outcomes[1].result.output.size() == 64 * 1024);
  CHECK(outcomes[1].result.truncated);
}

TEST_CASE_FIXTURE(HooksCase, "lifecycle: a signal reaches a hook and all it has started") {
  add("before-update", "trap 'echo caught; exit 7' TERM; sleep 1000 & wait");
  context.on_group = [](pid_t group) {
    // Whether it has set its trap by now or not, the signal ends it.
    if (group > 0) kill(-group, SIGTERM);
  };
  const auto outcomes = run("before");
  REQUIRE(outcomes.size() == 1);
  CHECK_FALSE(outcomes[0].succeeded());
  context.on_group = {};
  context.cancelled = [] { return true; };
  CHECK(run("before").front().result.end == ProcessResult::End::Cancelled);
}

TEST_CASE_FIXTURE(HooksCase, "lifecycle: hooks run no hooks") {
  add("before-update", "echo ran");
  context.environment.push_back("STRAVINSKY_HOOK=after-snapshot");
  CHECK(run("before").empty());
}

TEST_CASE_FIXTURE(HooksCase,
                  "lifecycle: a program that cannot be started is a failure like any other") {
  add("before-update", "", true).words = {"/no/such/program"};
  const auto outcomes = run("before");
  REQUIRE(find_essential_failure(outcomes) != nullptr);
  CHECK(outcomes[0].text().find("it could not be started: No such file or directory") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(
    HooksCase, "lifecycle: a reload action runs once, told what was changed of its files [P13]") {
  const auto add_reload = [&](std::vector<std::string> paths, const std::string& command) {
    ReloadAction& action = profile.reload.emplace_back();
    action.paths = std::move(paths);
    action.hook.moment = "reload";
    action.hook.command = command;
  };
  const std::string tell = "printf '%s:' $STRAVINSKY_CHANGED $STRAVINSKY_HOOK; tr '\\0' '|'";
  add_reload({"agents/**", "*.json"}, tell);
  add_reload({"other/*"}, "echo never");
  add_reload({}, "exit 3");
  const std::vector<std::string> changed = {"agents/a b.plist", "deep/x.json", "x.json"};
  const auto outcomes = run_reload_actions(profile, changed, Reload::Affected, context);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].result.output ==
        "2:reload:" + dir.path() + "/agents/a b.plist|" + dir.path() + "/x.json|");
  CHECK(outcomes[1].text() == "reload action 'exit 3' of tree: it exited with status 3");

  CHECK(run_reload_actions(profile, {}, Reload::Affected, context).empty());
  CHECK(run_reload_actions(profile, changed, Reload::None, context).empty());
  const auto all = run_reload_actions(profile, {}, Reload::All, context);
  REQUIRE(all.size() == 3);
  CHECK(all[0].result.output == "0:reload:");
  CHECK(all[1].result.output == "never\n");
  context.environment.push_back("STRAVINSKY_HOOK=reload");
  CHECK(run_reload_actions(profile, changed, Reload::All, context).empty());
}
