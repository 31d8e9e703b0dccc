#include "update/health_checks.hpp"

#include <doctest/doctest.h>

#include "fs/file.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace std::chrono_literals;

namespace {

hooks::HealthChecks checks(std::vector<std::string> commands) {
  hooks::HealthChecks checks;
  checks.commands = std::move(commands);
  checks.environment = {"PATH=/usr/bin:/bin"};
  return checks;
}

}  // namespace

TEST_CASE("update: each check that fails is named with how it ended") {
  CHECK(hooks::run_health_checks(checks({})).empty());
  CHECK(hooks::run_health_checks(checks({"true", "test 1 = 1"})).empty());
  CHECK(hooks::run_health_checks(checks({"true", "exit 3", "false"})) ==
        std::vector<std::string>{"check 'exit 3': it exited with status 3",
                                 "check 'false': it exited with status 1"});
}

TEST_CASE("update: checks are tried again, after a delay each time, until none fails") {
  const test::TempDir dir;
  auto one = checks({"echo x >> " + dir / "tries" + "; test $(wc -l < " + dir / "tries" + ") = 3"});
  one.tries = 5;
  one.delay = 250ms;
  auto waited = 0ms;
  one.pause = [&](std::chrono::milliseconds time) { waited += time; };
  CHECK(hooks::run_health_checks(one).empty());
  CHECK(waited == 750ms);

  one.commands = {"false"};
  one.tries = 2;
  CHECK(hooks::run_health_checks(one).size() == 1);
}

TEST_CASE("update: each check of a profile has its own time, delay and tries") {
  const test::TempDir dir;
  Profile profile;
  profile.name = "site";
  profile.roots = {{dir.path(), "", {}, false}};
  profile.checks = {
      {.command = "echo x >> tries; test $(wc -l < tries) = 3",
       .words = {},
       .delay_seconds = 2,
       .tries = 5},
      {.command = {}, .words = {"/bin/sh", "-c", "test \"$STRAVINSKY_ROOT\" = \"$PWD\""}},
      {.command = "test \"$STRAVINSKY_PROFILE\" = other", .words = {}},
      {.command = "sleep 600", .words = {}, .timeout_seconds = 1}};
  hooks::HealthChecks one = checks({"exit 4"});
  one.profiles = {profile};
  one.environment.push_back("STRAVINSKY_PROFILE=other");  // the caller's does not count
  auto waited = 0ms;
  one.pause = [&](std::chrono::milliseconds time) { waited += time; };
  CHECK(hooks::run_health_checks(one) ==
        std::vector<std::string>{
            "check 'test \"$STRAVINSKY_PROFILE\" = other' of site: it exited with status 1",
            "check 'sleep 600' of site: it did not end within 1 s",
            "check 'exit 4': it exited with status 4"});
  CHECK(waited == 6s);
  CHECK(fs::read_file(dir / "tries") == "x\nx\nx\n");
}

TEST_CASE("update: the time for all checks together ends them") {
  auto now = std::chrono::steady_clock::time_point();
  auto one = checks({"true", "true"});
  one.deadline = 10s;
  one.clock = [&] { return now += 3s; };
  const auto failures = hooks::run_health_checks(one);
  REQUIRE(failures.size() == 1);
  CHECK(failures.front() == "check 'true': the time for all checks was over");
}

TEST_CASE("update: a check that hangs is ended after its time") {
  auto one = checks({"sleep 600"});
  one.timeout = 50ms;
  const auto failures = hooks::run_health_checks(one);
  REQUIRE(failures.size() == 1);
  CHECK(failures.front().find("did not end") != std::string::npos);
}
