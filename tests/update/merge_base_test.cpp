#include "update/merge_base.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "update_case.hpp"

using namespace stravinsky;
using Outcome = hooks::UpdateReport::Outcome;
using test::install_first;
using test::put_release;
using test::UpdateCase;
using Lines = std::vector<std::string>;

TEST_CASE("update: the base of a merge is what was released, never what the user has [S02]") {
  UpdateCase c;
  install_first(c);
  // Twice the same file: the old updater took the user's copy for the base, and lost it here.
  c.put_live("commands/plan.md", "My plan.\n");
  const auto conflict = c.update("0.4.1");
  CHECK(conflict.outcome == Outcome::Conflict);
  CHECK(c.live("commands/plan.md") == "My plan.\n");
  CHECK(c.live("settings.json").find("0.4.0") != std::string::npos);
  CHECK(c.events().back() == "UPDATE_BLOCKED");
  const auto json = nlohmann::json::parse(c.newest("UPDATE_BLOCKED").json);
  CHECK(json["conflicts"] == nlohmann::json::array({"commands/plan.md"}));
  CHECK(!find_release(c.t.store(), "claude", "0.4.1"));
}

TEST_CASE("update: after a rollback by hand the release that is live again is the base") {
  UpdateCase c;
  install_first(c);
  REQUIRE(c.update("0.4.1").outcome == Outcome::Done);
  c.bring_back("0.4.0");
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
  put_release(c, "0.4.2");
  c.put_release("0.4.2", "commands/plan.md", "Plan for 0.4.1.\n");
  const auto report = c.update("0.4.2");
  CHECK(report.base->version == "0.4.0");
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
}

TEST_CASE(
    "update: a version given by hand does not hide which release the tree grew out of [S02]") {
  UpdateCase c;
  install_first(c);
  c.put_release("0.4.0", "commands/plan.md", "One.\n");
  REQUIRE(c.update("0.4.0").outcome == Outcome::Done);
  c.put_release("0.4.1", "commands/plan.md", "Two.\n");
  REQUIRE(c.update("0.4.1").outcome == Outcome::Done);
  c.bring_back("0.4.0");
  CHECK(c.live("commands/plan.md") == "One.\n");
  for (const char* label : {"before-retry", "again"}) {
    c.put_live("own.md", label);
    create_snapshot(c.t.store(), {.profile = c.profile(), .version_label = label});
  }
  put_release(c, "0.4.2");
  c.put_release("0.4.2", "commands/plan.md", "Two.\n");
  const auto report = c.update("0.4.2");
  CHECK(report.outcome == Outcome::Done);
  REQUIRE(report.base);
  CHECK(report.base->version == "0.4.0");
  CHECK(c.live("commands/plan.md") == "Two.\n");
  CHECK(c.live("settings.json").find("0.4.2") != std::string::npos);
}

TEST_CASE("update: a tree from before the first release has none to be merged against [S02]") {
  UpdateCase c;
  c.put_live("own.md", "own\n");
  std::filesystem::remove(c.t.live() + "/settings.json");
  create_snapshot(c.t.store(), {.profile = c.profile(), .version_label = "bare"});
  put_release(c, "0.4.0");
  REQUIRE(c.update("0.4.0").outcome == Outcome::Done);
  c.bring_back("bare");
  CHECK(!c.is_live("commands/plan.md"));
  const auto report = c.update("0.4.0");
  CHECK(report.outcome == Outcome::Done);
  CHECK(!report.base);
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
}
