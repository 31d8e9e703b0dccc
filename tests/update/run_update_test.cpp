#include "update/run_update.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "stravinsky/snapshot_tree.hpp"
#include "update_case.hpp"

using namespace stravinsky;
using hooks::UpdatePhase;
using Outcome = hooks::UpdateReport::Outcome;
using test::install_first;
using test::put_release;
using test::UpdateCase;
using Lines = std::vector<std::string>;

namespace {

/// For a release that lies in the directory 1.0 of the case, into a second root besides.
void request_with_root(UpdateCase& c, const std::string& other) {
  c.request.version = "1.0";
  c.request.source = c.t.dir / "1.0";
  c.request.profile = c.profile();
  c.request.profile.roots = {{c.t.live(), "live", {}, false}, {other, "other", {}, false}};
}

}  // namespace

TEST_CASE("update: five phases install a release, and the chain tells each step [S18] [S20]") {
  UpdateCase c;
  c.put_live("mine.md", "mine\n");
  std::filesystem::remove(c.t.live() + "/settings.json");
  put_release(c, "0.4.0");
  const auto report = c.update("0.4.0");
  CHECK(report.outcome == Outcome::Done);
  CHECK(c.phases == std::vector{UpdatePhase::Prepare, UpdatePhase::Validate, UpdatePhase::Switch,
                                UpdatePhase::Verify, UpdatePhase::Commit});
  CHECK(c.events() == Lines{"UPDATE_START", "UPDATE_SWITCH", "UPDATE_SUCCESS"});
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
  CHECK(c.live("mine.md") == "mine\n");
  CHECK(resolve(c.t.store(), "last-good", {"claude"}).snapshot.version == "0.4.0");
  CHECK(c.content() == report.after->content);
  struct stat status {};
  REQUIRE(stat((c.t.live() + "/hooks/guard.sh").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0755);
  CHECK(list_unsettled_updates(c.t.store()).empty());
  CHECK(!fs::exists(c.t.dir / "staging"));
  CHECK(c.t.faults() == "");
}

TEST_CASE("update: user edits survive every update, merged by key and by line [S02]") {
  UpdateCase c;
  install_first(c);
  c.put_live("settings.json", "{\n  \"model\": \"sonnet\",\n  \"outputStyle\": \"0.4.0\"\n}\n");
  c.put_live("commands/own.md", "own\n");
  std::filesystem::remove(c.t.live() + "/hooks/guard.sh");
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Done);
  CHECK(c.actions(report) ==
        Lines{"change commands/plan.md", "keep hooks/guard.sh", "merge settings.json"});
  CHECK(c.live("settings.json") ==
        "{\n  \"model\": \"sonnet\",\n  \"outputStyle\": \"0.4.1\"\n}\n");
  CHECK(c.live("commands/own.md") == "own\n");
  CHECK(!c.is_live("hooks/guard.sh"));
  // What was before it comes back, byte for byte.
  const auto undo = find_undo(c.t.store(), {"claude"});
  REQUIRE(undo);
  CHECK(undo->event_type == "UPDATE_SWITCH");
  CHECK(undo->sides.front().before->commit == report.before->commit);
}

TEST_CASE("update: two updates in one second have names of their own [S02]") {
  UpdateCase c;
  install_first(c);
  c.put_live("own.md", "one\n");
  c.request.version = "0.4.1";
  c.request.source = c.t.dir / "0.4.1";
  const auto one = hooks::run_update(c.t.store(), c.request);
  put_release(c, "0.4.2");
  c.put_live("own.md", "two\n");
  c.request.version = "0.4.2";
  c.request.source = c.t.dir / "0.4.2";
  const auto two = hooks::run_update(c.t.store(), c.request);
  CHECK(one.outcome == Outcome::Done);
  CHECK(two.outcome == Outcome::Done);
  CHECK(one.before->name != two.before->name);
  SnapshotTree tree(c.t.store(), *one.before);
  std::string text;
  tree.read("own.md", [&](std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  CHECK(text == "one\n");
}

TEST_CASE("update: a check that fails brings back what was live [S04] [S21]") {
  UpdateCase c;
  install_first(c);
  c.put_live("own.md", "own\n");
  const Sha256 before = c.content();
  c.request.health.commands = {"true", "echo no; exit 3"};
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::RolledBack);
  CHECK(report.failure == hooks::FailureKind::DependencyFailure);
  CHECK(c.phases.back() == UpdatePhase::AutoRollback);
  CHECK(c.content() == before);
  const Lines all = c.events();
  CHECK(Lines(all.end() - 6, all.end()) == Lines{"UPDATE_START", "UPDATE_SWITCH",
                                                 "VERIFICATION_FAILURE", "UPDATE_FAILED",
                                                 "AUTO_ROLLBACK", "AUTO_ROLLBACK_SUCCESS"});
  CHECK(c.newest("VERIFICATION_FAILURE").error.find("exit 3") != std::string::npos);
  CHECK(c.newest("UPDATE_FAILED").action == "INITIATING_AUTO_ROLLBACK");
  const auto done = nlohmann::json::parse(c.newest("AUTO_ROLLBACK_SUCCESS").json);
  CHECK(done["success"] == true);
  CHECK(done["rolled_back_to"] == report.before->name);
  CHECK(resolve(c.t.store(), "last-good", {"claude"}).snapshot.version == "0.4.0");
  CHECK(find_newest_release(c.t.store(), "claude")->version == "0.4.0");
  // What did not pass is kept, and said to be that; and nothing is left to undo but what was
  // before.
  CHECK(resolve(c.t.store(), "0.4.1", {"claude"}).snapshot.tags.back() == Tag{"update", "failed"});
  CHECK(find_undo(c.t.store(), {"claude"})->sides.front().after->version == "0.4.0");
  CHECK(!find_redo(c.t.store(), {"claude"}));

  c.request.health.commands.clear();
  const auto again = c.update("0.4.1");
  CHECK(again.outcome == Outcome::Done);
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
  CHECK(c.t.faults() == "");
}

TEST_CASE("update: what the profile always asks is asked first, and rolls back as well [S04]") {
  UpdateCase c;
  install_first(c);
  const Sha256 before = c.content();
  const std::string log = c.t.dir / "log";
  const auto logged = [&] { return fs::exists(log) ? fs::read_file(log) : std::string(); };
  c.checks.push_back({.command = "echo $STRAVINSKY_PROFILE $STRAVINSKY_FROM_VERSION "
                                 "$STRAVINSKY_TO_VERSION >> " +
                                 log + "; grep -q 0.4.0 commands/plan.md",
                      .words = {}});
  c.request.health.commands = {"echo asked >> " + log};
  SUBCASE("and a failing one brings back what was live") {
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RolledBack);
    CHECK(report.failure == hooks::FailureKind::DependencyFailure);
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures[0].ends_with("of claude: it exited with status 1"));
    CHECK(logged() == "claude 0.4.0 0.4.1\nasked\n");
    CHECK(c.content() == before);
    CHECK(!report.fall_back);
  }
  SUBCASE("and one that passes lets the update pass") {
    c.checks[0].command = "grep -q 0.4.1 commands/plan.md";
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::Done);
    CHECK(report.marked_good);
  }
  SUBCASE("and without verification only what the update was given is asked [S31]") {
    c.request.checks.config.update.post_update_verification_enabled = false;
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::Done);
    CHECK(logged() == "asked\n");
  }
}

TEST_CASE("update: a live tree that is of another version than was installed is rolled back") {
  UpdateCase c;
  install_first(c);
  const Sha256 before = c.content();
  c.request.on_phase = [&](UpdatePhase phase) {
    if (phase != UpdatePhase::Verify) return;
    create_snapshot(c.t.store(), {.profile = c.profile(), .version_label = "other"});
  };
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::RolledBack);
  CHECK(report.failures == Lines{"the current snapshot is not of the version that was installed"});
  CHECK(report.failure == hooks::FailureKind::Unknown);
  CHECK(c.events().back() == "AUTO_ROLLBACK_SUCCESS");
  CHECK(c.content() == before);
}

TEST_CASE("update: a signal while the files are verified brings back what was live") {
  UpdateCase c;
  install_first(c);
  const Sha256 before = c.content();
  bool verifying = false;
  c.request.on_phase = [&](UpdatePhase phase) { verifying = phase == UpdatePhase::Verify; };
  c.request.checks.cancelled = [&] { return verifying; };
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::RolledBack);
  CHECK(report.interrupted);
  CHECK(c.content() == before);
}

TEST_CASE("update: settings switch each step on and off [S31]") {
  UpdateCase c;
  install_first(c);
  Config& config = c.request.checks.config;
  SUBCASE("pre_update_checks_enabled") {
    c.put_release("0.4.1", "settings.json", "{");
    config.update.post_update_verification_enabled = false;
    CHECK(c.update("0.4.1").outcome == Outcome::Blocked);
    config.update.pre_update_checks_enabled = false;
    CHECK(c.update("0.4.1").outcome == Outcome::Done);
  }
  SUBCASE("post_update_verification_enabled") {
    c.put_release("0.4.1", "settings.json", "{");
    config.update.pre_update_checks_enabled = false;
    CHECK(c.update("0.4.1").outcome == Outcome::RolledBack);
    config.update.post_update_verification_enabled = false;
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::Done);
    CHECK(!report.marked_good);
    CHECK(resolve(c.t.store(), "last-good", {"claude"}).snapshot.version == "0.4.0");
  }
  SUBCASE("auto_rollback_on_failure") {
    c.request.auto_rollback = false;  // as the program makes of it
    c.request.health.commands = {"false"};
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::KeptFailed);
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
    CHECK(c.events().back() == "UPDATE_FAILED");
    CHECK(c.newest("UPDATE_FAILED").action == "NONE");
    CHECK(find_undo(c.t.store(), {"claude"})->event_type == "UPDATE_SWITCH");
  }
  SUBCASE("auto_backup_before_update") {
    c.put_live("own.md", "one\n");
    CHECK(c.update("0.4.1").before->snapshot_class == SnapshotClass::Safety);
    put_release(c, "0.4.2");
    c.put_live("own.md", "two\n");
    config.update.auto_backup_before_update = false;
    CHECK(c.update("0.4.2").before->snapshot_class == SnapshotClass::Routine);
  }
  SUBCASE("disk_space_threshold_mb") {
    c.request.checks.free_space = [](const std::string&) { return std::uint64_t{50} << 20; };
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::Blocked);
    CHECK(report.failure == hooks::FailureKind::DiskFull);
    config.safety.disk_space_threshold_mb = 10;
    CHECK(c.update("0.4.1").outcome == Outcome::Done);
  }
  SUBCASE("auto_rollback_timeout_seconds") {
    c.request.health.commands = {"false"};
    std::atomic<int> asked{0};
    c.request.clock = [&asked] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(61) * ++asked);
    };
    const auto report = c.update("0.4.1");
    CHECK(report.outcome == Outcome::RollbackFailed);
    CHECK(c.events().back() == "AUTO_ROLLBACK_FAILED");
    const auto event = nlohmann::json::parse(c.newest("AUTO_ROLLBACK_FAILED").json);
    CHECK(event["level"] == "critical");
    CHECK(event["success"] == false);
    CHECK(c.live("commands/plan.md") == "Plan for 0.4.1.\n");
    CHECK(find_undo(c.t.store(), {"claude"})->event_type == "UPDATE_SWITCH");
  }
}

TEST_CASE("update: what it and a snapshot store is compressed as `backup.compression` says [S31]") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{} lines of {}\n", i * 7919 % 20'000, i);
  struct Stored {
    std::uint64_t by_snapshot, by_update;
  };
  const auto size = [](const UpdateCase& c) {
    const std::string packs = c.t.git_dir() + "/objects/pack";
    return std::stoull(test::output_of(fmt::format("cat '{}'/*.pack | wc -c", packs)));
  };
  const auto stored = [&](const std::string& compression) {
    UpdateCase c;
    auto config = std::make_shared<Config>();
    config->backup.compression = compression;
    c.t.options.config = config;
    c.t.reopen();
    c.put_live("data.txt", text);
    Stored bytes{};
    bytes.by_snapshot = create_snapshot(c.t.store(), {.profile = c.profile()}).bytes_added;
    c.put_release("1.0", "other.txt", text + "x");
    const std::uint64_t before = size(c);
    const auto report = c.update("1.0");
    CHECK(report.outcome == Outcome::Done);
    bytes.by_update = size(c) - before;
    return bytes;
  };
  const Stored none = stored("none"), fast = stored("fast"), best = stored("best");
  CHECK(none.by_snapshot > text.size());
  CHECK(fast.by_snapshot < text.size() / 2);
  CHECK(best.by_snapshot < fast.by_snapshot * 9 / 10);
  CHECK(none.by_update > text.size());
  CHECK(fast.by_update < text.size() / 2);
  CHECK(best.by_update < fast.by_update * 9 / 10);
}

TEST_CASE("update: a plan writes nothing, and says what an update would do") {
  UpdateCase c;
  install_first(c);
  c.put_live("own.md", "own\n");
  const std::string head = c.t.git("rev-parse refs/heads/audit");
  c.request.dry_run = true;
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Planned);
  CHECK(c.actions(report) == Lines{"change commands/plan.md", "change settings.json"});
  CHECK(c.t.git("rev-parse refs/heads/audit") == head);
  CHECK(c.live("commands/plan.md") == "Plan for 0.4.0.\n");
}

TEST_CASE("update: what the profile leaves out is not installed, and named") {
  UpdateCase c;
  install_first(c);
  c.put_release("0.4.1", "cache/blob", "x");
  c.put_release("0.4.1", ".stravinskyignore", "*.log\n");
  c.put_release("0.4.1", "debug.log", "x");
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Done);
  CHECK(!c.is_live("cache"));
  CHECK(!c.is_live("debug.log"));
  CHECK(report.plan.count(hooks::UpdateItem::Action::Ignore) == 2);
}

TEST_CASE("update: a directory that the release empties stays, and is delivered as such") {
  UpdateCase c;
  install_first(c);
  std::filesystem::remove(c.t.dir / "0.4.1/hooks/guard.sh");
  c.put_live("commands/own.md", "own\n");
  std::filesystem::create_directories(c.t.dir / "0.4.1/empty/deep");
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Done);
  for (const char* path : {"hooks", "empty/deep"}) {
    CAPTURE(path);
    CHECK(std::filesystem::is_empty(c.t.live() + "/" + path));
    const SnapshotTree delivered(c.t.store(), *find_release(c.t.store(), "claude", "0.4.1"));
    CHECK(delivered.find(path));
  }
  // One that the user has removed since does not come back, unless the release is taken as it is.
  std::filesystem::remove_all(c.t.live() + "/empty");
  put_release(c, "0.4.2");
  std::filesystem::create_directories(c.t.dir / "0.4.2/empty/deep");
  CHECK(c.update("0.4.2").outcome == Outcome::Done);
  CHECK(!c.is_live("empty"));
  c.request.strategy = hooks::Strategy::Replace;
  CHECK(c.update("0.4.2").outcome == Outcome::Done);
  CHECK(c.is_live("empty/deep"));
  CHECK(c.t.faults() == "");
}

TEST_CASE("update: a profile of several roots takes a release by their mounts") {
  UpdateCase c;
  const std::string other = c.t.dir / "other";
  c.put_release("1.0", "live/a.md", "a\n");
  c.put_release("1.0", "other/b.md", "b\n");
  c.put_release("1.0", "stray.md", "stray\n");
  request_with_root(c, other);
  const auto report = hooks::run_update(c.t.store(), c.request);
  CHECK(report.outcome == Outcome::Done);
  CHECK(c.live("a.md") == "a\n");
  CHECK(c.live("settings.json").size() > 0);
  CHECK(fs::read_file(other + "/b.md") == "b\n");
  CHECK(c.actions(report) == Lines{"add live/a.md", "add other/b.md", "ignore stray.md"});
}

TEST_CASE("update: what was added to the store is counted, the release with it") {
  UpdateCase c;
  install_first(c);
  std::string text;
  for (unsigned i = 0; i < 3'000; ++i) text += fmt::format("{:x}\n", i * 2654435761u);
  c.put_release("0.4.1", "commands/long.md", text);
  const auto stored = [&] {
    const std::string packs = c.t.git_dir() + "/objects/pack";
    return std::stoull(test::output_of(fmt::format("cat '{}'/*.pack | wc -c", packs)));
  };
  const std::uint64_t before = stored();
  const auto report = c.update("0.4.1");
  CHECK(report.outcome == Outcome::Done);
  // Events and notes are in packs of their own, and nobody's content.
  CHECK(report.bytes_added > text.size() / 4);
  CHECK(report.bytes_added <= stored() - before);
}

TEST_CASE("update: a root that it made goes with an update that came to nothing [S02] [S04]") {
  UpdateCase c;
  c.put_release("1.0", "live/settings.json", "{}\n");
  c.put_release("1.0", "other/b.md", "b\n");
  request_with_root(c, c.t.dir / "new/other");
  CHECK(hooks::run_update(c.t.store(), c.request).outcome == Outcome::Conflict);
  CHECK(!fs::exists(c.t.dir / "new"));
  c.request.strategy = hooks::Strategy::Replace;
  c.request.health.commands = {"false"};
  CHECK(hooks::run_update(c.t.store(), c.request).outcome == Outcome::RolledBack);
  CHECK(!fs::exists(c.t.dir / "new"));
}

TEST_CASE("update: a root that a waiting rollback needs stays until that has ended [S02]") {
  UpdateCase c;
  c.t.options.lock_wait = std::chrono::milliseconds(0);
  c.t.reopen();
  const std::string other = c.t.dir / "new/other";
  c.put_release("1.0", "other/b.md", "b\n");
  request_with_root(c, other);
  const std::string lock = c.t.git_dir() + "/refs/heads/audit.lock";
  c.request.health.commands = {"touch '" + lock + "'; exit 1"};
  CHECK(hooks::run_update(c.t.store(), c.request).outcome == Outcome::RolledBack);
  CHECK(!fs::exists(other + "/b.md"));
  fs::remove_file(lock);
  c.t.reopen();
  const auto lines = recover_operations(c.t.store(), Recovery::Finish);
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().starts_with("finished"));
  CHECK(list_operations(c.t.store()).empty());
  CHECK(!fs::exists(other + "/b.md"));
}

TEST_CASE("update: a hook's script that becomes a directory is missed before the switch [S07]") {
  UpdateCase c;
  const std::string script = c.t.live() + "/hooks/guard.sh";
  const auto settings = [&](const char* version) {
    return "{\n  \"outputStyle\": \"" + std::string(version) +
           "\",\n  \"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": [{\"type\": "
           "\"command\", \"command\": \"" +
           script + "\"}]}]}\n}\n";
  };
  std::filesystem::remove(c.t.live() + "/settings.json");
  put_release(c, "0.4.0");
  c.put_release("0.4.0", "settings.json", settings("0.4.0"));
  REQUIRE(c.update("0.4.0").outcome == Outcome::Done);
  c.put_release("0.4.1", "settings.json", settings("0.4.1"));
  c.put_release("0.4.1", "commands/plan.md", "Plan.\n");
  std::filesystem::create_directories(c.t.dir / "0.4.1/hooks/guard.sh");
  CHECK(c.update("0.4.1").outcome == Outcome::Blocked);
  CHECK(c.is_live("hooks/guard.sh"));
}

TEST_CASE("update: a check that takes the root away does not pass [S04]") {
  UpdateCase c;
  c.put_release("1.0", "a.md", "a\n");
  c.request.health.commands = {"rm -r '" + c.t.live() + "'"};
  const auto report = c.update("1.0");
  CHECK(report.outcome == Outcome::RolledBack);
  CHECK(!report.marked_good);
  CHECK(c.is_live("settings.json"));
  CHECK(!c.is_live("a.md"));
}

TEST_CASE("update: what a check edited is kept, and where is told [S02] [S04]") {
  UpdateCase c;
  c.put_release("1.0", "a.md", "a\n");
  c.request.health.commands = {"echo mine > '" + c.t.live() + "/settings.json'; false"};
  const auto report = c.update("1.0");
  REQUIRE(report.outcome == Outcome::RolledBack);
  const InPlaceReport& rolled_back = report.rollback->reports.front();
  REQUIRE(rolled_back.backup_created);
  const SnapshotTree kept(c.t.store(), *rolled_back.before);
  CHECK(kept.find("settings.json")->size == 5);
  CHECK(c.live("settings.json") == "{\n  \"model\": \"opus\"\n}\n");
}
