#include <doctest/doctest.h>
#include <sys/stat.h>

#include "update_case.hpp"

using namespace stravinsky;
using Outcome = hooks::UpdateReport::Outcome;
using test::install_first;
using test::UpdateCase;

namespace {

/// A release of one file over what is current.
UpdateContent plan_content(UpdateCase& c) {
  UpdateContent content;
  content.before = *find_current(c.t.store(), "claude");
  content.edits = {{"commands/plan.md", TreeEdit::Kind::File, "Plan for 0.4.1.\n", {}, {}}};
  content.release = content.edits;
  content.source = "a test";
  return content;
}

}  // namespace

TEST_CASE("update: an update whose process died is settled by whoever writes next [S19]") {
  UpdateCase c;
  install_first(c);
  const Sha256 before = c.content();
  const auto interrupted = [&](bool switched, bool verify, bool roll_back,
                               const std::string& fault = {}) {
    hooks::UpdateReport plan;
    c.request.dry_run = true;
    plan = c.update("0.4.1");
    c.request.dry_run = false;
    Update update(c.t.store(), c.profile(), "0.4.1");
    UpdateContent content = plan_content(c);
    content.verify = verify;
    content.roll_back = roll_back;
    update.start(content);
    if (switched) update.switch_over();
    if (!fault.empty()) update.fail_verification(fault);
  };
  SUBCASE("before the switch: nothing was changed") {
    interrupted(false, true, true);
    CHECK(list_unsettled_updates(c.t.store()).size() == 1);
    CHECK(settle_updates(c.t.store(), Settling::RollBack).size() == 1);
    CHECK(c.content() == before);
    CHECK(c.events().back() == "UPDATE_FAILED");
    CHECK(find_newest_release(c.t.store(), "claude")->version == "0.4.0");
  }
  SUBCASE("after it: nobody has verified it, so it goes; edits since then are kept") {
    interrupted(true, true, true);
    CHECK(list_unsettled_updates(c.t.store()).front().is_switched);
    c.put_live("since.md", "since\n");
    REQUIRE(settle_updates(c.t.store(), Settling::RollBack).size() == 1);
    CHECK(!c.is_live("since.md"));
    CHECK(c.content() == before);
    CHECK(c.events().back() == "AUTO_ROLLBACK_SUCCESS");
    bool kept = false;
    for (const Snapshot& one : list_snapshots(c.t.store(), {.profile = "claude"})) {
      kept = kept || SnapshotTree(c.t.store(), one).find("since.md").has_value();
    }
    CHECK(kept);
  }
  SUBCASE("and it stays if somebody says so") {
    interrupted(true, true, true);
    settle_updates(c.t.store(), Settling::Keep);
    CHECK(c.events().back() == "UPDATE_SUCCESS");
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
    CHECK(resolve(c.t.store(), "last-good", {"claude"}).snapshot.version == "0.4.0");
  }
  SUBCASE("or if it was told to stay whatever its checks say") {
    interrupted(true, true, false);
    settle_updates(c.t.store(), Settling::RollBack);
    CHECK(c.events().back() == "UPDATE_FAILED");
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
  }
  SUBCASE("what did not pass its checks goes, for their reason") {
    interrupted(true, true, true, "hooks_syntax");
    const std::vector<std::string> lines = settle_updates(c.t.store(), Settling::RollBack);
    CHECK(lines.front().find("did not pass: rolled back") != std::string::npos);
    CHECK(c.content() == before);
    CHECK(c.newest("UPDATE_FAILED").reason == "hooks_syntax");
  }
  SUBCASE("and is no success, whoever keeps it") {
    interrupted(true, true, true, "hooks_syntax");
    settle_updates(c.t.store(), Settling::Keep);
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
    CHECK(c.events().back() == "UPDATE_FAILED");
    CHECK(c.newest("UPDATE_FAILED").action == "NONE");
  }
  SUBCASE("or if there was nothing to verify") {
    interrupted(true, false, true);
    settle_updates(c.t.store(), Settling::RollBack);
    CHECK(c.events().back() == "UPDATE_SUCCESS");
  }
  CHECK(list_unsettled_updates(c.t.store()).empty());
  CHECK(settle_updates(c.t.store(), Settling::RollBack).empty());
  CHECK(c.t.faults() == "");
}

TEST_CASE("update: one that is at work is left alone, and keeps others waiting") {
  UpdateCase c;
  install_first(c);
  const Update update(c.t.store(), c.profile(), "0.4.1");
  UpdateCase::put(c.t.dir / "0.4.1/x.md", "x\n");
  c.t.options.lock_wait = std::chrono::milliseconds(0);
  Store other = Store::open(c.t.options, Access::Write);
  CHECK(settle_updates(other, Settling::RollBack).empty());
  CHECK(test::error_of([&] { Update(other, c.profile(), "0.4.2"); }) == Errc::Locked);
}

TEST_CASE("update: none begins over one that waits, and a damaged mark stands in nobody's way") {
  UpdateCase c;
  install_first(c);
  const std::string mark = c.t.git_dir() + "/stravinsky/updates/claude";
  test::write_file(mark, "no JSON\n");
  CHECK(test::error_of([&] { Update(c.t.store(), c.profile(), "0.4.2"); }) == Errc::Corrupt);
  CHECK(settle_updates(c.t.store(), Settling::RollBack).size() == 1);
  CHECK(list_unsettled_updates(c.t.store()).empty());
  c.put_live("more.md", "more\n");
  CHECK_NOTHROW(c.content());
  test::write_file(mark,
                   "{\"format\":1,\"update\":\"upd_0\",\"profile\":\"claude\",\"from_version\":"
                   "\"0.4.0\",\"to_version\":\"0.4.1\",\"before\":\"" +
                       find_current(c.t.store(), "claude")->commit.hex() +
                       "\",\"sequence\":1,\"verify\":true,\"roll_back\":true}\n");
  CHECK(test::error_of([&] { Update(c.t.store(), c.profile(), "0.4.2"); }) == Errc::Conflict);
  CHECK(settle_updates(c.t.store(), Settling::RollBack).size() == 1);
  CHECK(!fs::exists(mark));
}

TEST_CASE(
    "update: a rollback goes on without its events, which follow with the next command [S28]") {
  UpdateCase c;
  install_first(c);
  const Sha256 before = c.content();
  std::vector<std::string> remarks;
  c.t.options.on_remark = [&](const std::string& remark) { remarks.push_back(remark); };
  c.t.options.lock_wait = std::chrono::milliseconds(0);
  c.t.reopen();
  const std::string lock = c.t.git_dir() + "/refs/heads/audit.lock";
  {
    Update update(c.t.store(), c.profile(), "0.4.1");
    UpdateContent content = plan_content(c);
    content.verify = content.roll_back = true;
    update.start(content);
    update.switch_over();
    REQUIRE(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
    test::write_file(lock, "");  // git is at work, or died at it
    const AutoRollback done = update.roll_back("a check failed", no_progress());
    CHECK(done.success);
  }
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
  CHECK(c.events().back() == "UPDATE_SWITCH");
  const auto says = [&](const char* words) {
    return std::any_of(remarks.begin(), remarks.end(), [&](const std::string& remark) {
      return remark.find(words) != std::string::npos;
    });
  };
  CHECK(says("does not tell of the failure yet"));
  CHECK(says("rolled back, but the audit chain does not tell of it yet"));

  test::run("rm '" + lock + "'");
  c.t.reopen();
  CHECK(recover_operations(c.t.store(), Recovery::Finish).size() == 1);
  CHECK(settle_updates(c.t.store(), Settling::RollBack).size() == 1);
  const auto events = c.events();
  REQUIRE(events.size() >= 3);
  CHECK(std::vector<std::string>(events.end() - 3, events.end()) ==
        std::vector<std::string>{"AUTO_ROLLBACK", "UPDATE_FAILED", "AUTO_ROLLBACK_SUCCESS"});
  CHECK(c.newest("UPDATE_FAILED").error != "");
  CHECK(c.content() == before);
  CHECK(list_unsettled_updates(c.t.store()).empty());
  CHECK(list_interrupted(c.t.store()).empty());
  CHECK(c.t.faults() == "");
}
