#include "checks/run_checks.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "checks/check_parts.hpp"
#include "stravinsky/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"

using namespace stravinsky;
using namespace stravinsky::hooks;

namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

/// A store with a Claude Code tree beside it, and what the checks say of that.
class ChecksCase {
 public:
  ChecksCase() {
    test::output_of(fmt::format("mkdir -p '{0}/hooks' '{0}/commands'", t.live()));
    put("settings.json", "{}");
    options.interpreters = find_interpreters("/usr/bin:/bin");
    options.free_space = [this](const std::string&) { return free; };
    options.pause = [this](std::chrono::milliseconds) { ++pauses; };
    options.spot_check_seed = 1;
  }

  void put(const std::string& path, const std::string& text) const {
    test::write_file(t.live() + "/" + path, text);
  }
  Profile profile() const {
    Profile profile = t.profile("claude");
    profile.validators = validator_names();
    return profile;
  }
  void snapshot() {
    CreateOptions create;
    create.profile = profile();
    create_snapshot(t.store(), create);
  }
  ValidationReport run() {
    std::vector<std::unique_ptr<CheckedTree>> trees;
    trees.push_back(read_checked_tree(t.store(), profile()));
    return run_checks(t.store(), trees, options);
  }
  /// `check: file:line:column: reason (severity)` of each finding.
  static std::vector<std::string> lines(const ValidationReport& report) {
    std::vector<std::string> lines;
    for (const ReportedFinding& one : report.findings) {
      lines.push_back(fmt::format("{}: {} ({})", one.finding.check, text_of(one.finding),
                                  name_of(one.finding.severity)));
    }
    return lines;
  }
  static Outcome outcome(const ValidationReport& report, std::string_view check) {
    const auto found = std::find_if(report.checks.begin(), report.checks.end(),
                                    [&](const CheckOutcome& one) { return one.name == check; });
    REQUIRE(found != report.checks.end());
    return found->outcome;
  }

  test::TempStore t;
  ChecksOptions options;
  std::uint64_t free = 10'000 * kMegabyte;
  int pauses = 0;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(ChecksCase, "checks: all eight run on a tree that is well [S10]") {
  const ValidationReport report = run();
  CHECK(report.success);
  CHECK(report.failed_checks == Names{});
  CHECK(report.warnings == Names{});
  CHECK(report.disk_space_mb == 10'000);
  CHECK(report.file_count == 1);
  REQUIRE(report.checks.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(report.checks[i].name == check_names()[i]);
}

TEST_CASE_FIXTURE(ChecksCase,
                  "checks: too little free space blocks and says how much is missing [S07]") {
  free = 99 * kMegabyte;
  const ValidationReport report = run();
  CHECK_FALSE(report.success);
  CHECK(report.failed_checks == Names{"disk_space"});
  CHECK(report.checks[0].text.find("100 MB are needed: 1 MB are missing") != std::string::npos);
  free = 100 * kMegabyte;
  CHECK(run().success);

  // Twice what is managed, where that is more.
  test::output_of(fmt::format("truncate -s 80M '{}/big.bin'", t.live()));
  free = 159 * kMegabyte;
  CHECK_FALSE(run().success);
  free = 161 * kMegabyte;
  CHECK(run().success);
}

TEST_CASE_FIXTURE(ChecksCase, "checks: what cannot be read or written blocks and is listed [S07]") {
  if (geteuid() == 0) {
    // The superuser may do everything: another user looks at the same tree.
    test::output_of(fmt::format("chmod 0755 '{}' && chmod -R a+rX '{}'", t.dir.path(), t.live()));
    test::output_of(fmt::format("chmod 0600 '{}/settings.json'", t.live()));
    std::vector<std::unique_ptr<CheckedTree>> trees;
    trees.push_back(read_checked_tree(t.store(), profile()));
    const pid_t child = fork();
    if (child == 0) {
      if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0) _exit(90);
      // access(2) asks for the real user, who now is another.
      const CheckResult result = check_file_permissions(t.store(), trees);
      const auto has = [&](std::string_view reason) {
        return std::any_of(result.findings.begin(), result.findings.end(),
                           [&](const auto& one) { return one.finding.reason.starts_with(reason); });
      };
      _exit(result.outcome == Outcome::Failed && has("it cannot be read") &&
                    has("nothing can be written there") && has("the store cannot be written")
                ? 0
                : 91);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
    return;
  }
  test::output_of(fmt::format("chmod 0 '{0}/settings.json'; chmod 0555 '{0}/hooks'", t.live()));
  const ValidationReport report = run();
  CHECK(report.failed_checks.front() == "file_permissions");
  CHECK(lines(report).size() >= 2);
}

TEST_CASE_FIXTURE(ChecksCase,
                  "checks: a locked file warns, after the time given to its holder [S08]") {
  int fd = open((t.live() + "/settings.json").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  REQUIRE(flock(fd, LOCK_EX) == 0);
  const ValidationReport report = run();
  CHECK(report.success);
  CHECK(lines(report) ==
        Names{"file_locks: settings.json: another program holds a lock on it (warning)"});
  CHECK(pauses == 50);  // 5 seconds of 100 milliseconds, none of which has passed
  // One that is let go meanwhile is none.
  options.pause = [fd](std::chrono::milliseconds) { flock(fd, LOCK_UN); };
  CHECK(lines(run()) == Names{});
  close(fd);
  fd = open((t.live() + "/settings.json").c_str(), O_RDWR | O_CLOEXEC);
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  REQUIRE(fcntl(fd, F_OFD_SETLK, &range) == 0);
  options.pause = [](std::chrono::milliseconds) {};
  CHECK(lines(run()).front() ==
        "file_locks: settings.json: another program holds a lock on it (warning)");
  close(fd);
  CHECK(outcome(run(), "file_locks") == Outcome::Passed);
}

TEST_CASE_FIXTURE(ChecksCase, "checks: a file that somebody has open for writing warns [S08]") {
  const int fd = open((t.live() + "/settings.json").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  REQUIRE(fd >= 0);
  options.pause = [](std::chrono::milliseconds) { FAIL("nobody waits for a writer"); };
  const ValidationReport report = run();
  CHECK(report.success);
  CHECK(lines(report) ==
        Names{"file_locks: settings.json: another program has it open for writing (warning)"});
  options.strict = true;
  CHECK(run().failed_checks == Names{"file_locks"});
  close(fd);
  CHECK(outcome(run(), "file_locks") == Outcome::Passed);
  // Reading disturbs nobody.
  const int reader = open((t.live() + "/settings.json").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(outcome(run(), "file_locks") == Outcome::Passed);
  close(reader);
}

TEST_CASE_FIXTURE(ChecksCase, "checks: a store beyond its limits warns [S08]") {
  options.config.backup.max_total_size_mb = 0;
  const ValidationReport report = run();
  CHECK(report.success);
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0].starts_with("backup_capacity: the store takes 0 MB of 0 MB"));
}

TEST_CASE_FIXTURE(ChecksCase, "checks: more routine snapshots than are kept warn [S08] [S30]") {
  for (int i = 0; i < 4; ++i) {
    put("notes.md", fmt::format("{}\n", i));
    CreateOptions create;
    create.profile = profile();
    create.snapshot_class = SnapshotClass::Routine;
    t.clock->advance(std::chrono::seconds(1));
    create_snapshot(t.store(), create);
  }
  options.config.backup.max_versions = 4;
  CHECK(outcome(run(), "backup_capacity") == Outcome::Passed);
  options.config.backup.max_versions = 3;
  const ValidationReport report = run();
  CHECK(report.success);
  CHECK(report.warnings == Names{"backup_capacity: 'claude' has 4 routine snapshots, 3 are kept"});
}

TEST_CASE_FIXTURE(ChecksCase, "checks: a damaged backup is found and does not block [S08]") {
  t.referee.expect_damage();
  // Most of the pack is this, which nothing makes smaller: its middle is inside.
  test::output_of(fmt::format("head -c 20000 /dev/urandom > '{}/hooks/data.bin'", t.live()));
  snapshot();
  CHECK(outcome(run(), "previous_backup") == Outcome::Passed);
  options.config.backup.spot_check_percentage = 100;
  test::output_of(fmt::format(
      "cd '{}/objects/pack' && chmod u+w *.pack && f=$(ls -S *.pack | head -1) && "
      "printf XXXXXXXX | dd of=$f bs=1 seek=$(($(stat -c %s $f) / 2)) conv=notrunc 2>&1",
      t.git_dir()));
  t.reopen();
  const ValidationReport report = run();
  CHECK(report.success);
  CHECK(outcome(report, "previous_backup") == Outcome::Warned);
  CHECK_FALSE(lines(report).empty());
}

TEST_CASE_FIXTURE(ChecksCase,
                  "checks: a backup that cannot even be listed is a damaged one [S08]") {
  t.referee.expect_damage();
  snapshot();
  // The commit itself; what is known of it by heart goes too.
  test::output_of(
      fmt::format("cd '{0}' && rm -rf stravinsky/cache && "
                  "c=$(git for-each-ref --format='%(objectname)' refs/tags/claude) && for i in "
                  "objects/pack/*.idx; do o=$(git show-index < $i | grep \"$c\" | cut -d' ' -f1); "
                  "[ -z \"$o\" ] || {{ chmod u+w ${{i%.idx}}.pack; printf XXXXXXXX | dd "
                  "of=${{i%.idx}}.pack bs=1 "
                  "seek=$((o + 4)) conv=notrunc 2>&1; }}; done; ! git cat-file -p $c",
                  t.git_dir()));
  t.reopen();
  const ValidationReport report = run();
  CHECK(outcome(report, "previous_backup") == Outcome::Warned);
  CHECK(lines(report) ==
        Names{"previous_backup: claude: 1 of the 1 snapshots of 'claude' cannot be "
              "read (warning)"});
}

TEST_CASE_FIXTURE(ChecksCase, "checks: an interrupt ends them without a report") {
  put("hooks/run.sh", "echo\n");
  // Wherever it comes: it is asked for before each file, each process and after each check.
  for (int calls = 0;; ++calls) {
    int left = calls;
    bool was_told = false;
    options.cancelled = [&] { return was_told = was_told || left-- == 0; };
    options.interpreters.cancelled = options.cancelled;
    const auto failure = test::error_of([&] { run(); });
    CAPTURE(calls);
    CHECK(failure == (was_told ? std::optional(Errc::Cancelled) : std::nullopt));
    if (!was_told) break;
    REQUIRE(calls < 1000);
  }
  // Each of those that ask nothing by themselves, and the last one, are followed by that.
  options.interpreters.cancelled = {};
  options.cancelled = [] { return true; };
  for (const std::string& name : check_names()) {
    CAPTURE(name);
    options.only = {name};
    CHECK(test::error_of([&] { run(); }) == Errc::Cancelled);
  }
}

namespace {

/// A tree of files of which only the sizes are true, and how much of them is asked for.
class LargeTree final : public CheckedTree {
 public:
  LargeTree(Profile profile, std::size_t count) : CheckedTree(std::move(profile)) {
    for (std::size_t i = 0; i < count; ++i) {
      files_.push_back(
          {fmt::format("hooks/{:02}.json", i), EntryType::File, 0644, kJsonSize + 1, true});
    }
  }
  std::string read(const std::string& /*path*/, std::size_t limit) const override {
    longest = std::max(longest, limit);
    return std::string(limit, ' ');
  }
  std::optional<std::string> read_previous(const std::string& /*path*/) const override {
    return std::nullopt;
  }
  std::optional<TreeContext::Script> find_script(const std::string& /*path*/) const override {
    return std::nullopt;
  }
  mutable std::size_t longest = 0;
};

}  // namespace

TEST_CASE_FIXTURE(ChecksCase, "checks: what is too large to be judged is not read") {
  std::vector<std::unique_ptr<CheckedTree>> trees;
  trees.push_back(std::make_unique<LargeTree>(profile(), 40));
  const auto found = judge_files(trees, options);
  CHECK(found.size() == 40);
  CHECK(text_of(found.front().finding) ==
        "hooks/00.json: not checked: it has more than 16777216 bytes");
  CHECK(dynamic_cast<LargeTree&>(*trees.front()).longest == 512);
}

TEST_CASE_FIXTURE(ChecksCase, "checks: scripts are asked about in parts, each with its findings") {
  // More than are held at once.
  const std::string text = "#!/bin/sh\n" + std::string(3u << 20, '\n');
  for (const char* name : {"a", "b", "c", "d"})
    put(fmt::format("hooks/{}.sh", name), text + "fi\n");
  put("hooks/e.sh", "fi\n");
  put("hooks/f.py", "x = \n");
  std::vector<std::string> files;
  for (const ReportedFinding& one : run().findings) files.push_back(one.finding.file);
  CHECK(files ==
        Names{"hooks/a.sh", "hooks/b.sh", "hooks/c.sh", "hooks/d.sh", "hooks/e.sh", "hooks/f.py"});
}

TEST_CASE_FIXTURE(ChecksCase, "checks: faults of new files block, except in commands [S09]") {
  put("hooks/README.md", "---\na: [\n---\n");
  put("hooks/run.sh", "fi\n");
  put("commands/a.md", "---\nb: {\n---\n");
  put("settings.json", "{\"hooks\": {\"Stop\": 5}}");
  put(".mcp.json", "{");
  const ValidationReport report = run();
  CHECK(report.failed_checks == Names{"hooks_syntax", "settings_schema"});
  CHECK(outcome(report, "commands_validity") == Outcome::Warned);
  std::vector<std::string> checks;
  for (const ReportedFinding& one : report.findings) {
    checks.push_back(one.finding.check + " " + one.finding.file);
  }
  CHECK(checks == Names{"hooks_syntax hooks/README.md", "hooks_syntax hooks/run.sh",
                        "commands_validity commands/a.md", "settings_schema .mcp.json",
                        "settings_schema settings.json"});
  // With --strict what warned fails.
  options.strict = true;
  CHECK(run().failed_checks == Names{"hooks_syntax", "commands_validity", "settings_schema"});
}

TEST_CASE_FIXTURE(ChecksCase, "checks: a fault of a file that nobody touched only warns") {
  put("settings.json", "{\"model\": 5}");
  CHECK_FALSE(run().success);
  snapshot();
  const ValidationReport report = run();
  CHECK(report.success);
  CHECK(lines(report) ==
        Names{"settings_schema: settings.json:1:11: 'model' is 5, not a string (warning)"});
  put("settings.json", "{\"model\": 6}");
  CHECK_FALSE(run().success);
}

TEST_CASE_FIXTURE(ChecksCase, "checks: hooks lost since the last snapshot are named") {
  put("settings.json",
      R"({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]}})");
  snapshot();
  put("settings.json", "{\"hooks\": {\"Stop\": []}}");
  CHECK(lines(run()) ==
        Names{"settings_schema: settings.json:1:20: the hook 'mine' on Stop was there "
              "before and is gone (warning)"});
}

TEST_CASE_FIXTURE(ChecksCase, "checks: a dangling hook of the live tree is found") {
  options.home = t.dir.path();
  const std::string settings = fmt::format(
      R"({{"hooks": {{"Stop": [{{"hooks": [{{"type": "command", "command": "python3 {}/hooks/stop_hook.py"}}]}}]}}}})",
      t.live());
  put("settings.json", settings);
  const ValidationReport report = run();
  CHECK(report.failed_checks == Names{"settings_schema"});
  put("hooks/stop_hook.py", "print()\n");
  CHECK(run().success);
}

TEST_CASE_FIXTURE(ChecksCase, "checks: two commands of one name are found") {
  test::output_of(fmt::format("mkdir -p '{0}/skills/a' '{0}/agents'", t.live()));
  put("commands/a.md", "text");
  put("skills/a/SKILL.md", "---\nname: a\ndescription: x\n---\n");
  put("agents/one.md", "---\nname: same\ndescription: x\n---\n");
  put("agents/two.md", "---\nname: same\ndescription: y\n---\n");
  CHECK(lines(run()) ==
        Names{"commands_validity: agents/two.md: the agent 'same' is 'agents/one.md' too: one of "
              "them is never used (warning)",
              "commands_validity: skills/a/SKILL.md: the command '/a' is 'commands/a.md' too: one "
              "of them is never used (warning)"});
}

TEST_CASE_FIXTURE(ChecksCase,
                  "checks: one that cannot be carried out fails, and the others run [S10]") {
  options.free_space = [](const std::string&) -> std::uint64_t {
    throw Error(Errc::Io, "cannot ask", "no answer");
  };
  const ValidationReport report = run();
  CHECK(report.failed_checks == Names{"disk_space: cannot ask: no answer"});
  CHECK(report.checks.size() == 8);
}

TEST_CASE_FIXTURE(ChecksCase,
                  "checks: only those asked for run, and no validator where the profile has none") {
  options.only = {"settings_schema"};
  put("settings.json", "{");
  CHECK(run().checks.size() == 1);
  CHECK_FALSE(run().success);
  Profile none = profile();
  none.validators = Names{};
  std::vector<std::unique_ptr<CheckedTree>> trees;
  trees.push_back(read_checked_tree(t.store(), none));
  CHECK(run_checks(t.store(), trees, options).success);
}
