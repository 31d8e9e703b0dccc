// What the eight checks keep from beginning, and what they do not.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "update/run_update.hpp"
#include "update_case.hpp"

using namespace stravinsky;
using Outcome = hooks::UpdateReport::Outcome;
using test::install_first;
using test::put_release;
using test::UpdateCase;
using Lines = std::vector<std::string>;

TEST_CASE("update: a release that the checks refuse changes nothing [S09] [S20]") {
  UpdateCase c;
  install_first(c);
  struct Row {
    const char* path;
    const char* text;
    hooks::FailureKind kind;
  };
  for (const Row& row :
       {Row{"settings.json", "{\"model\": ", hooks::FailureKind::SchemaViolation},
        Row{"settings.json", "{\"cleanupPeriodDays\": \"x\"}", hooks::FailureKind::SchemaViolation},
        Row{"hooks/guard.sh", "#!/bin/sh\nif true\n", hooks::FailureKind::ParseError}}) {
    CAPTURE(row.path);
    put_release(c, "0.4.1");
    c.put_release("0.4.1", row.path, row.text);
    c.request.checks.interpreters = hooks::find_interpreters("/usr/bin:/bin");
    const Sha256 before = c.content();
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::Blocked);
    CHECK(report.failure == row.kind);
    CHECK(c.content() == before);
    CHECK(c.events().back() == "UPDATE_BLOCKED");
    CHECK(c.newest("UPDATE_BLOCKED").status == "failed");
  }
}

TEST_CASE("update: a fault in a file that it does not touch does not stand in its way") {
  UpdateCase c;
  install_first(c);
  c.put_live("broken.json", "{\n");
  CHECK(c.update("0.4.1").outcome == Outcome::Done);
  put_release(c, "0.4.2");
  c.request.checks.strict = true;
  CHECK(c.update("0.4.2").outcome == Outcome::Blocked);
}

TEST_CASE("update: with --strict what nobody here can read blocks as a warning does [S09]") {
  UpdateCase c;
  install_first(c);
  c.put_release("0.4.1", "hooks/tool.pl", "#!/usr/bin/perl\nprint 1;\n");
  c.request.checks.interpreters = hooks::find_interpreters("/usr/bin:/bin");
  c.request.checks.strict = true;
  const auto refused = c.update("0.4.1");
  CHECK(refused.outcome == Outcome::Blocked);
  CHECK(refused.failures == Lines{"hooks_syntax"});
  REQUIRE(refused.checks.findings.size() == 1);
  CHECK(refused.checks.findings[0].finding.severity == hooks::Severity::NotChecked);
  CHECK(!c.is_live("hooks/tool.pl"));
  SUBCASE("and only warns without") {
    c.request.checks.strict = false;
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::Done);
    CHECK(report.checks.warnings == Lines{"hooks_syntax: 1 file not checked"});
  }
  SUBCASE("unless the profile wants no script judged") {
    c.validators = {"claude", "json"};
    CHECK(c.update("0.4.1").outcome == Outcome::Done);
  }
}

TEST_CASE("update: a hook that settings name and the release does not bring blocks it") {
  UpdateCase c;
  install_first(c);
  c.put_release("0.4.1", "settings.json",
                "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"" +
                    c.t.live() + "/hooks/stop_hook.sh\"}]}]}}\n");
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Blocked);
  CHECK(report.checks.failed_checks == Lines{"settings_schema"});
  CHECK(std::any_of(report.checks.findings.begin(), report.checks.findings.end(),
                    [](const hooks::ReportedFinding& one) {
                      return one.finding.reason.find("stop_hook.sh") != std::string::npos;
                    }));
}

TEST_CASE("update: a script that the update takes from a hook that stays blocks it [S09]") {
  UpdateCase c;
  std::filesystem::remove(c.t.live() + "/settings.json");
  put_release(c, "0.4.0");
  put_release(c, "0.4.1");
  // The hook entry is the user's, and no release says anything of it.
  for (const char* version : {"0.4.0", "0.4.1"}) {
    std::filesystem::remove(c.t.dir / version + "/settings.json");
  }
  const auto run_by_hook = [&](const std::string& script) {
    c.put_live("settings.json",
               R"({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": ")" + c.t.live() +
                   "/hooks/" + script + "\"}]}]}}\n");
  };
  run_by_hook("guard.sh");
  REQUIRE(c.update("0.4.0").outcome == Outcome::Done);
  const std::string guard = c.t.dir / "0.4.1/hooks/guard.sh";
  SUBCASE("it is gone") { std::filesystem::remove(guard); }
  SUBCASE("it cannot be executed any more") { chmod(guard.c_str(), 0644); }
  SUBCASE("it was not there before: none of the update's business") {
    run_by_hook("none.sh");
    CHECK(c.update("0.4.1").outcome == Outcome::Done);
    return;
  }
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Blocked);
  CHECK(report.checks.failed_checks == Lines{"settings_schema"});
  CHECK(c.is_live("hooks/guard.sh"));
  c.request.checks.config.update.pre_update_checks_enabled = false;
  CHECK(c.update("0.4.1").outcome == Outcome::RolledBack);
  CHECK(c.is_live("hooks/guard.sh"));
}

TEST_CASE("update: one check that fails keeps no other from being carried out [S07]") {
  UpdateCase c;
  install_first(c);
  c.put_release("0.4.1", "settings.json", "{\"model\": ");
  c.put_live("own.md", "own\n");
  c.request.checks.free_space = [](const std::string&) { return std::uint64_t{1} << 20; };
  const std::size_t snapshots = list_snapshots(c.t.store()).size();
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Blocked);
  CHECK(report.checks.failed_checks == Lines{"disk_space", "settings_schema"});
  CHECK(report.checks.checks.size() == 8);
  CHECK(report.failure == hooks::FailureKind::Several);
  CHECK(c.newest("UPDATE_BLOCKED").reason == "failed: disk_space, settings_schema");
  const Lines told = c.events();
  CHECK(std::count(told.begin(), told.end(), "UPDATE_BLOCKED") == 1);
  CHECK(list_snapshots(c.t.store()).size() == snapshots);
  CHECK(c.live("settings.json").find("0.4.0") != std::string::npos);
}

TEST_CASE("update: a damaged backup is set apart, told, and does not stop the update [S08]") {
  UpdateCase c;
  c.t.referee.expect_damage();
  install_first(c);
  test::output_of(fmt::format("head -c 20000 /dev/urandom > '{}/hooks/data.bin'", c.t.live()));
  create_snapshot(c.t.store(), {.profile = c.profile(), .name = "bad"});
  c.put_live("commands/own.md", "own\n");
  test::output_of(fmt::format(
      "cd '{}/objects/pack' && chmod u+w *.pack && f=$(ls -S *.pack | head -1) && "
      "printf XXXXXXXX | dd of=$f bs=1 seek=$(($(stat -c %s $f) / 2)) conv=notrunc 2>&1",
      c.t.git_dir()));
  c.t.reopen();
  c.request.checks.config.backup.spot_check_percentage = 100;
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Done);
  CHECK(report.remarks.empty());
  CHECK(std::count(report.checks.warnings.begin(), report.checks.warnings.end(),
                   "claude/bad is damaged and set apart") == 1);
  CHECK(resolve(c.t.store(), "bad", {"claude"}).snapshot.quarantined);
  CHECK(c.newest("CORRUPTED_BACKUP").subject == "claude/bad");
}
