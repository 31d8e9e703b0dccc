#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "restore/damage.hpp"
#include "restore/in_place_case.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/past_operations.hpp"

namespace stravinsky::test {
namespace {

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status;
}

/// Takes one tree there, changes it, brings it back, and back again.
void there_and_back(unsigned seed, unsigned size) {
  InPlaceCase c;
  std::filesystem::remove(c.live());
  make_nasty_tree(c.live(), seed, fmt::format("--size {}", size));
  const std::string original = attributes_of(c.live());
  const Snapshot snapshot = c.take_live();
  output_of(fmt::format("python3 {} --mutate --seed {} {}", support_script("nasty_tree.py"),
                        seed + 7, c.live()));
  const std::string changed = attributes_of(c.live());
  INFO("seed " << seed);

  const InPlaceReport back = c.bring_back(snapshot);
  INFO(issues_of(back));
  CHECK(text_difference(original, attributes_of(c.live())) == "");
  REQUIRE(back.after);
  CHECK(back.after->commit == snapshot.commit);
  CHECK(c.debris() == "");

  const auto walk = [&](const std::optional<PastOperation>& past, const char* event_type) {
    REQUIRE(past);
    REQUIRE(past->sides.front().before);
    InPlaceOptions options = InPlaceCase::exact();
    options.event_type = event_type;
    options.undoes = past->sequence;
    const InPlaceReport report = c.bring_back(*past->sides.front().before, options);
    INFO(issues_of(report));
    CHECK(c.debris() == "");
    return attributes_of(c.live());
  };
  const std::vector<std::string> names = {c.profile().name};
  CHECK(text_difference(changed, walk(find_undo(c.store, names), kUndoEvent)) == "");
  CHECK(text_difference(original, walk(find_redo(c.store, names), kRedoEvent)) == "");
  CHECK(changed != original);
}

/// Edits a file once so many were read: after the capture, before the switch.
class EditAfter final : public Progress {
 public:
  EditAfter(std::uint64_t files, std::string path) : files_(files), path_(std::move(path)) {}
  void advance(std::uint64_t more, std::uint64_t) override { seen_ += more; }
  bool cancelled() override {
    if (seen_ >= files_ && !edited_.exchange(true)) write_file(path_, "an edit\n");
    return false;
  }

 private:
  const std::uint64_t files_;
  const std::string path_;
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<bool> edited_{false};
};

}  // namespace

TEST_CASE(
    "restore: any tree comes back in place attribute by attribute, and so does the change "
    "[S02] [S22] [P14]") {
  const bool all = std::getenv("STRAVINSKY_ALL") != nullptr;
  if (!is_root()) MESSAGE("SKIPPED: devices, owners and capabilities need root");
  for (unsigned seed = 1; seed <= (all ? 500U : 8U); ++seed) there_and_back(seed, 60);
}

TEST_CASE("restore: a plan in place changes nothing and says what would happen [P07]") {
  InPlaceCase c;
  output_of("cd " + c.live() +
            " && echo a > same && echo b > edited && mkdir d && echo c > d/gone");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && echo B > edited && rm -r d && echo n > new");
  const std::string before = attributes_of(c.dir.path());
  const RestorePlan plan = plan_restore(c.store, c.target(snapshot), InPlaceCase::exact());
  CHECK(text_difference(before, attributes_of(c.dir.path())) == "");
  std::string text;
  for (const PlanItem& item : plan.items)
    text += fmt::format("{} {}\n", int(item.action), item.path);
  using Action = PlanItem::Action;
  CHECK(text == fmt::format("{2} d\n{2} d/gone\n{1} edited\n{3} new\n{0} same\n",
                            int(Action::Unchanged), int(Action::Modify), int(Action::Create),
                            int(Action::Delete)));
  CHECK(plan.restored == 2);
  CHECK(plan.unchanged == 1);
  CHECK(plan.deleted == 1);

  InPlaceTarget target = c.target(snapshot);
  target.expected_live = plan.live->hex().substr(0, 16);
  write_file(c.live() + "/edited", "again\n");
  CHECK(error_of([&] { apply(c.store, {target}, InPlaceCase::exact()); }) == Errc::Changed);
  CHECK(read_text(c.live() + "/edited") == "again\n");
}

TEST_CASE("restore: in place nothing is deleted unless asked for [P09] [D8]") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo a > file && mkdir d");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && echo b > file && echo new > d/more && rm -f x");
  const InPlaceReport report = c.bring_back(snapshot, InPlaceOptions());
  CHECK(report.plan.restored == 1);
  CHECK(read_text(c.live() + "/d/more") == "new\n");
  REQUIRE(report.after);
  CHECK(report.after->commit != snapshot.commit);  // a mixture
  CHECK(report.after->restores == snapshot.commit);
  CHECK(report.after->derived_from == report.before->commit);
  const InPlaceReport exact = c.bring_back(snapshot);
  CHECK(exact.plan.deleted == 1);
  CHECK(exact.after->commit == snapshot.commit);
}

TEST_CASE("restore: what is excluded is never touched, and named when the snapshot has it") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir -p keep sub && echo a > sub/file && echo b > keep/log");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() +
            " && echo '/keep/' > .stravinskyignore && echo c > sub/file && "
            "echo more > keep/other");
  const struct stat log = status_of(c.live() + "/keep/log"), keep = status_of(c.live() + "/keep");
  const InPlaceReport report = c.bring_back(snapshot);
  CHECK(read_text(c.live() + "/sub/file") == "a\n");
  // The ignore file itself was not in the snapshot and is captured: it goes.
  CHECK(!fs::exists(c.live() + "/.stravinskyignore"));
  CHECK(report.issues.size() == 1);
  CHECK(report.issues.front().path == "keep");
  const struct stat after = status_of(c.live() + "/keep/log");
  CHECK(after.st_ino == log.st_ino);
  CHECK(after.st_ctim.tv_nsec == log.st_ctim.tv_nsec);
  CHECK(status_of(c.live() + "/keep").st_ctim.tv_nsec == keep.st_ctim.tv_nsec);
  CHECK(read_text(c.live() + "/keep/other") == "more\n");
}

TEST_CASE("restore: what is excluded by now and gone comes back, and is no difference") {
  std::vector<std::string> remarks;
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir keep && echo a > file && echo b > keep/log");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && rm -r keep && echo c > file");
  StoreOptions options = c.options();
  options.on_remark = [&](const std::string& text) { remarks.push_back(text); };
  c.store = Store::open(options, Access::Write);
  InPlaceTarget target = c.target(snapshot);
  target.profile.exclude = {"keep"};
  const InPlaceReport report = std::move(apply(c.store, {target}, InPlaceCase::exact()).front());
  CHECK(issues_of(report).empty());
  CHECK(read_text(c.live() + "/keep/log") == "b\n");
  REQUIRE(remarks.size() == 1);
  CHECK(remarks.front() ==
        "restored 'keep' and 1 more, which snapshots leave out now: undo does not remove them");
}

TEST_CASE("restore: untouched files keep inode and change time") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo a > a && echo b > b");
  const Snapshot snapshot = c.take_live();
  const struct stat before = status_of(c.live() + "/a");
  write_file(c.live() + "/b", "other\n");
  c.bring_back(snapshot);
  const struct stat after = status_of(c.live() + "/a");
  CHECK(before.st_ino == after.st_ino);
  CHECK(before.st_ctim.tv_sec == after.st_ctim.tv_sec);
  CHECK(before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
}

TEST_CASE("restore: after the switch only what it touched is looked at again") {
  InPlaceCase c;
  output_of(
      "cd " + c.live() +
      " && mkdir -p a/deep b && for f in b/1 b/2 b/3 a/1 a/2 a/deep/1 a/deep/2; do echo old > $f; "
      "done");
  const Snapshot snapshot = c.take_live();
  // Until the stat cache vouches for all of it: what it does not is looked at in any case.
  CreateOptions again;
  again.profile = c.profile();
  again.skip_if_unchanged = true;
  while (create_snapshot(c.store, again).bytes_read != 0 ||
         create_snapshot(c.store, again).bytes_read != 0) {
  }
  write_file(c.live() + "/a/deep/1", "other\n");
  CountingProgress progress;
  const auto report =
      std::move(apply(c.store, {c.target(snapshot)}, InPlaceCase::exact(), progress).front());
  CHECK(issues_of(report).empty());
  CHECK(report.after->commit == snapshot.commit);
  // Seven were captured, one was staged, and those in a/ and a/deep were counted again.
  CHECK(progress.files == 7 + 1 + 4);
  CHECK(diff_live(c.store, snapshot, c.profile(), {}, {}, no_progress()).changes.empty());

  // An edit beside it while it works stays, and is no part of what was brought back: in another
  // directory, or in the same one.
  std::string beside;
  SUBCASE("elsewhere") { beside = "b/2"; }
  SUBCASE("in the same directory") { beside = "a/deep/2"; }
  write_file(c.live() + "/a/deep/1", "other again\n");
  EditAfter edit(8, c.live() + "/" + beside);
  const auto second =
      std::move(apply(c.store, {c.target(snapshot)}, InPlaceCase::exact(), edit).front());
  CHECK(second.after->commit == snapshot.commit);
  CHECK(read_text(c.live() + "/" + beside) == "an edit\n");
  const auto changes = diff_live(c.store, snapshot, c.profile(), {}, {}, no_progress()).changes;
  REQUIRE(changes.size() == 1);
  CHECK(changes.front().path == beside);
}

TEST_CASE("restore: what was not there is looked at whole when it has come back") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir d && echo a > d/a && echo b > b");
  const Snapshot snapshot = c.take_live();
  InPlaceOptions options = InPlaceCase::exact();
  SUBCASE("a file that the store cannot give") {
    damage_object(c.store.git_dir(), snapshot.commit.hex() + ":d/a");
    c.referee.expect_damage();
    c.store = Store::open(c.options(), Access::Write);
  }
  SUBCASE("a file that nobody asked for") { options.exclude = {"d/a"}; }
  output_of("rm -r " + c.live());
  const InPlaceReport report = c.bring_back(snapshot, options);
  CHECK(read_text(c.live() + "/b") == "b\n");
  CHECK(!fs::exists(c.live() + "/d/a"));
  REQUIRE(report.after);
  CHECK(report.after->commit != snapshot.commit);
  CHECK(diff_live(c.store, *report.after, c.profile(), {}, {}, no_progress()).changes.empty());
}

TEST_CASE("restore: a root that is gone comes back whole") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir d && echo a > d/a && chmod 0751 . && touch -d @7 .");
  const Snapshot snapshot = c.take_live();
  const std::string before = attributes_of(c.live());
  output_of("rm -r " + c.live());
  const InPlaceReport report = c.bring_back(snapshot);
  CHECK(issues_of(report) == "");
  CHECK(!report.before);
  CHECK(text_difference(before, attributes_of(c.live())) == "");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: a single file that was a root comes back, too") {
  InPlaceCase c;
  write_file(c.dir / "file", "a\n");
  CreateOptions create;
  create.profile.name = "single";
  create.profile.roots = {{c.dir / "file", "", {}, false}};
  const Snapshot snapshot = create_snapshot(c.store, create).snapshot.value();
  const InPlaceTarget target{
      .snapshot = snapshot, .profile = create.profile, .paths = {}, .expected_live = {}};
  for (const char* loss : {"rm", "echo b >"}) {
    output_of(fmt::format("{} {}", loss, c.dir / "file"));
    const InPlaceReport report = std::move(apply(c.store, {target}, InPlaceCase::exact()).front());
    CHECK(issues_of(report) == "");
    CHECK(report.after->commit == snapshot.commit);
    CHECK(read_text(c.dir / "file") == "a\n");
  }
}

TEST_CASE("restore: several roots, one of them a file, switch as one [P02]") {
  InPlaceCase c;
  output_of("cd " + c.dir.path() + " && mkdir one && echo a > one/a && echo f > file");
  CreateOptions create;
  create.profile.name = "several";
  create.profile.roots = {{c.dir / "one", "one", {}, false}, {c.dir / "file", "file", {}, false}};
  const Snapshot snapshot = create_snapshot(c.store, create).snapshot.value();
  output_of("cd " + c.dir.path() + " && echo b > one/b && echo g > file && rm one/a");
  const InPlaceTarget target{
      .snapshot = snapshot, .profile = create.profile, .paths = {}, .expected_live = {}};
  const InPlaceReport report = std::move(apply(c.store, {target}, InPlaceCase::exact()).front());
  CHECK(issues_of(report) == "");
  CHECK(report.after->commit == snapshot.commit);
  CHECK(read_text(c.dir / "file") == "f\n");
  CHECK(output_of("ls " + c.dir / "one") == "a\n");
  CHECK(c.debris() == "");
  output_of("rm -r " + c.dir / "one");
  const InPlaceReport again = std::move(apply(c.store, {target}, InPlaceCase::exact()).front());
  CHECK(issues_of(again) == "");
  CHECK(output_of("cat " + c.dir / "one/a") == "a\n");
}

TEST_CASE("restore: a symlinked root means its target, in place too") {
  InPlaceCase c;
  output_of("cd " + c.dir.path() + " && mkdir real && echo a > real/a && ln -s real link");
  CreateOptions create;
  create.profile.name = "linked";
  create.profile.roots = {{c.dir / "link", "", {}, false}};
  const Snapshot snapshot = create_snapshot(c.store, create).snapshot.value();
  write_file(c.dir / "real/a", "b\n");
  const InPlaceTarget target{
      .snapshot = snapshot, .profile = create.profile, .paths = {}, .expected_live = {}};
  apply(c.store, {target}, InPlaceCase::exact());
  CHECK(read_text(c.dir / "real/a") == "a\n");
  CHECK(output_of("readlink " + c.dir / "link") == "real\n");
}

TEST_CASE(
    "restore: a root that leads elsewhere than it did is refused, and nothing there is touched") {
  InPlaceCase c;
  write_file(c.live() + "/a", "a\n");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.dir.path() + " && mkdir victim && echo v > victim/v");
  SUBCASE("a directory became a symlink") {
    output_of("cd " + c.dir.path() + " && mv live away && ln -s victim live");
  }
  SUBCASE("a directory became a symlink, and its own place is gone") {
    output_of("cd " + c.dir.path() + " && rm -r live && ln -s victim live");
  }
  CHECK(error_of([&] { c.bring_back(snapshot); }) == Errc::Changed);
  CHECK(error_of([&] { plan_restore(c.store, c.target(snapshot), {}); }) == Errc::Changed);
  CHECK(output_of("ls " + c.dir / "victim") == "v\n");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: in place no symlink is followed [D7]") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir d && echo a > d/a && echo l > leaf");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.dir.path() +
            " && mkdir outside && echo o > outside/a && echo s > secret && "
            "rm -r live/d live/leaf && ln -s ../outside live/d && ln -s ../secret live/leaf");
  const InPlaceReport report = c.bring_back(snapshot);
  CHECK(issues_of(report) == "");
  CHECK(output_of("cat " + c.live() + "/d/a " + c.dir / "outside/a " + c.dir / "secret") ==
        "a\no\ns\n");
}

TEST_CASE("restore: hard links come back to files that stayed") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo a > a && ln a b && ln a c && echo x > x");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && rm b && echo y > x && ln x y");
  const struct stat stayed = status_of(c.live() + "/a");
  CHECK(issues_of(c.bring_back(snapshot)) == "");
  CHECK(status_of(c.live() + "/b").st_ino == stayed.st_ino);
  CHECK(status_of(c.live() + "/a").st_nlink == 3);
  CHECK(status_of(c.live() + "/x").st_nlink == 1);
}

TEST_CASE("restore: only the paths asked for change") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir d && echo a > d/a && echo b > d/b && echo c > c");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && rm -r d && echo C > c");
  const InPlaceReport report =
      std::move(apply(c.store, {c.target(snapshot, {"d/a"})}, InPlaceOptions()).front());
  CHECK(report.plan.restored == 1);
  CHECK(output_of("cd " + c.live() + " && find . -type f | sort | xargs cat") == "C\na\n");
}

TEST_CASE("restore: an immutable file is reported before anything changes") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo a > a && echo b > b");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && echo A > a && echo B > b");
  if (run("chattr +i " + c.live() + "/b").status != 0) {
    MESSAGE("SKIPPED: no inode flags here");
    return;
  }
  CHECK(error_of([&] { c.bring_back(snapshot); }) == Errc::Denied);
  output_of("chattr -i " + c.live() + "/b");
  CHECK(read_text(c.live() + "/a") == "A\n");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: in place another user's read-only directories are his to change") {
  if (!is_root()) {
    MESSAGE("SKIPPED: needs root to become another user");
    return;
  }
  InPlaceCase c;
  output_of("cd " + c.live() +
            " && mkdir locked && echo a > locked/a && mkdir locked/d && "
            "chmod 0500 locked/d locked");
  output_of("chmod 755 " + c.dir.path() + " && chown -R 65534:65534 " + c.live());
  StoreOptions options = c.options();
  options.path = c.dir / "own/store";
  options.key_path = c.dir / "own/key";
  output_of("mkdir -m 700 " + c.dir / "own" + " && chown 65534:65534 " + c.dir / "own");
  const int status = as_nobody([&] {
    Store store = Store::open(options, Access::Write);
    CreateOptions create;
    create.profile = c.profile();
    const Snapshot snapshot = create_snapshot(store, create).snapshot.value();
    const std::string before = attributes_of(c.live());
    output_of("cd " + c.live() +
              " && chmod 700 locked && echo b > locked/a && rmdir locked/d && "
              "echo n > locked/n && mkdir -p locked/surplus/below && chmod 0500 locked/surplus && "
              "chmod 0500 locked");
    const InPlaceReport report =
        std::move(apply(store, {c.target(snapshot)}, InPlaceCase::exact()).front());
    if (!report.issues.empty()) std::fprintf(stderr, "%s", issues_of(report).c_str());
    const std::string after = attributes_of(c.live());
    if (before != after) std::fprintf(stderr, "%s\n%s", before.c_str(), after.c_str());
    return report.issues.empty() && before == after ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK(output_of("find " + c.dir.path() + " -name '.stravinsky-*'") == "");
}

TEST_CASE("restore: what the snapshot's own ignore files leave out stays where it is") {
  InPlaceCase c;
  write_file(c.live() + "/f", "1\n");
  const Snapshot first = c.take_live();
  output_of("cd " + c.live() +
            " && printf '.env\\n*.log\\n' > .stravinskyignore && echo t > .env && " +
            "mkdir -p d/logs && echo l > d/logs/a.log && echo k > d/kept");
  const Snapshot second = c.take_live();
  // The first knows no such rules, so what they left out is like any other file while it is live.
  c.bring_back(first);
  output_of("cd " + c.live() +
            " && mkdir -p new/logs && echo n > new/n && echo l > new/logs/b.log");
  c.take_live();
  const InPlaceReport report = c.bring_back(second);
  CHECK(issues_of(report) == "");
  CHECK(read_text(c.live() + "/.env") == "t\n");
  CHECK(read_text(c.live() + "/new/logs/b.log") == "l\n");
  CHECK(read_text(c.live() + "/d/logs/a.log") == "l\n");
  CHECK(output_of("ls " + c.live() + "/new") == "logs\n");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: rules for directories keep those, empty or not") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo 'build/' > .stravinskyignore && mkdir d && echo k > d/k");
  const Snapshot ruled = c.take_live();
  // Without the rules they are captured, and surplus to the snapshot that has them.
  output_of("cd " + c.live() + " && rm .stravinskyignore && mkdir -p build gone/build d/build/x");
  c.take_live();
  const InPlaceReport report = c.bring_back(ruled);
  CHECK(issues_of(report) == "");
  CHECK(output_of("cd " + c.live() + " && find . -name build | sort") ==
        "./build\n./d/build\n./gone/build\n");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: where rules are damaged nothing is called surplus [P10]") {
  InPlaceCase c;
  output_of("cd " + c.live() +
            " && mkdir d e && seq -f 'secret%g' 400 > d/.stravinskyignore && echo k > e/k");
  const Snapshot ruled = c.take_live();
  output_of("cd " + c.live() + " && rm d/.stravinskyignore && echo s > d/secret7 && echo x > e/x");
  c.take_live();
  damage_object(c.store.git_dir(), ruled.commit.hex() + ":d/.stravinskyignore");
  c.referee.expect_damage();
  c.store = Store::open(c.options(), Access::Write);
  const InPlaceReport report = c.bring_back(ruled);
  CHECK(issues_of(report).starts_with("d/.stravinskyignore: "));
  CHECK(read_text(c.live() + "/d/secret7") == "s\n");
  CHECK(!fs::exists(c.live() + "/e/x"));
}

}  // namespace stravinsky::test
