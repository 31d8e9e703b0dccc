#include "update/fall_back.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "update_case.hpp"

using namespace stravinsky;
using Outcome = hooks::UpdateReport::Outcome;
using test::install_first;
using test::put_release;
using test::UpdateCase;
using Lines = std::vector<std::string>;

namespace {

/// 0.4.0 is good; what the user made of it since nobody has called that.
void edit_since(UpdateCase& c) {
  install_first(c);
  c.put_live("own.md", "edited\n");
  c.put_live("commands/plan.md", "My plan.\n");
}

/// The first rollback finds its time over as soon as it looks; what follows has its time.
std::function<std::chrono::steady_clock::time_point()> late_once() {
  return [asked = std::make_shared<std::atomic<int>>(0)] {
    return std::chrono::steady_clock::time_point(std::chrono::seconds((*asked)++ == 0 ? 0 : 61));
  };
}

Lines last(const Lines& all, std::ptrdiff_t count) { return {all.end() - count, all.end()}; }

}  // namespace

TEST_CASE(
    "update: where the rollback fails, the last good snapshot is live if that was asked for "
    "[P16]") {
  UpdateCase c;
  edit_since(c);
  c.request.strategy = hooks::Strategy::Replace;
  c.request.health.commands = {"false"};
  c.request.clock = late_once();
  SUBCASE("asked for") {
    c.request.checks.config.recovery.falls_back_to_last_good = true;
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RolledBack);
    CHECK_FALSE(report.rollback->success);
    REQUIRE(report.fall_back);
    CHECK(report.fall_back->failure == "");
    CHECK(report.fall_back->to.front().version == "0.4.0");
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
    CHECK(!c.is_live("own.md"));
    CHECK(last(c.events(), 4) ==
          Lines{"VERIFICATION_FAILURE", "UPDATE_FAILED", "AUTO_ROLLBACK_FAILED", "RECOVERY"});
    // What the user had is where it was.
    SnapshotTree tree(c.t.store(), *report.before);
    CHECK(tree.find("own.md"));
    CHECK(list_unsettled_updates(c.t.store()).empty());
    CHECK(c.t.faults() == "");
  }
  SUBCASE("not asked for") {
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RollbackFailed);
    CHECK(!report.fall_back);
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
    CHECK(c.events().back() == "AUTO_ROLLBACK_FAILED");
  }
}

TEST_CASE(
    "update: where what came back is not well either, the last good snapshot is live if that "
    "was asked for [P16]") {
  UpdateCase c;
  edit_since(c);
  // Not about the release, which brings nothing of it: it was the user's edit.
  c.checks.push_back({.command = "test ! -e own.md", .words = {}});
  SUBCASE("asked for") {
    c.request.checks.config.recovery.falls_back_to_last_good = true;
    c.request.strategy = hooks::Strategy::Replace;
    c.request.health.commands = {"false"};
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RolledBack);
    CHECK(report.rollback->success);
    REQUIRE(report.fall_back);
    CHECK(report.fall_back->failure == "");
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
    CHECK(last(c.events(), 3) == Lines{"AUTO_ROLLBACK", "AUTO_ROLLBACK_SUCCESS", "RECOVERY"});
    CHECK(find_undo(c.t.store(), {"claude"})->event_type == "RECOVERY");
  }
  SUBCASE("not asked for") {
    c.request.strategy = hooks::Strategy::Replace;
    c.request.health.commands = {"false"};
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RolledBack);
    CHECK(!report.fall_back);
    CHECK(c.live("own.md") == "edited\n");
  }
  SUBCASE("asked for, and what came back is well") {
    c.request.checks.config.recovery.falls_back_to_last_good = true;
    c.checks.clear();
    c.request.health.commands = {"false"};
    put_release(c, "0.4.1");
    c.put_release("0.4.1", "commands/plan.md", "Plan for 0.4.0.\n");
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RolledBack);
    CHECK(!report.fall_back);
    CHECK(c.live("own.md") == "edited\n");
  }
}

TEST_CASE("update: there may be nothing to fall back to, and that is said [P16]") {
  UpdateCase c;
  c.request.checks.config.recovery.falls_back_to_last_good = true;
  c.request.health.commands = {"false"};
  SUBCASE("because nothing is good yet") {
    put_release(c, "0.4.1");
    std::filesystem::remove(c.t.live() + "/settings.json");
    c.request.clock = late_once();
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RollbackFailed);
    REQUIRE(report.fall_back);
    CHECK(report.fall_back->failure.find("good") != std::string::npos);
    CHECK(report.fall_back->reports.empty());
  }
  SUBCASE("because the last good one is what could not come back") {
    c.request.health.commands.clear();
    install_first(c);
    c.request.health.commands = {"false"};
    c.request.clock = late_once();
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RollbackFailed);
    REQUIRE(report.fall_back);
    CHECK(report.fall_back->failure == "the last good snapshot is the one that was to come back");
    CHECK(c.events().back() == "AUTO_ROLLBACK_FAILED");
  }
}
