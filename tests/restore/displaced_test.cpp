// What was live and is replaced or removed, and somebody still has it.
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "fs/lock.hpp"
#include "restore/in_place_case.hpp"

namespace stravinsky::test {

TEST_CASE("restore: a file that is written to is replaced, kept and named until it is settled") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo a > log && echo b > other");
  const Snapshot snapshot = c.take_live();
  write_file(c.live() + "/log", "edited\n");
  write_file(c.live() + "/other", "edited\n");
  fs::Fd writer = fs::open(c.live() + "/log", O_WRONLY | O_APPEND);
  const InPlaceReport report = c.bring_back(snapshot);
  CHECK(read_text(c.live() + "/log") == "a\n");
  CHECK(read_text(c.live() + "/other") == "b\n");
  REQUIRE(report.in_use.size() == 1);
  CHECK(report.in_use.front().path == c.live() + "/log");
  REQUIRE(list_operations(c.store).size() == 1);
  const OperationInfo operation = list_operations(c.store).front();
  CHECK(operation.is_published);
  REQUIRE(operation.left.size() == 1);
  CHECK(operation.left.front().reason.find("written to by") != std::string::npos);

  SUBCASE("when the writer ends without a word, it goes") {
    writer.reset();
    recover_operations(c.store, Recovery::Finish);
    CHECK(c.debris() == "");
  }
  SUBCASE("what was written meanwhile stays on disk") {
    fs::write_all(writer.get(), as_bytes(std::string("more\n")), "log");
    writer.reset();
    recover_operations(c.store, Recovery::Finish);
    const auto left = list_operations(c.store);
    REQUIRE(left.size() == 1);
    CHECK(output_of("cat " + c.dir.path() + "/.stravinsky-stage-*/new.0/log") == "edited\nmore\n");
  }
}

// No event tells of it, and what somebody writes to keeps the journal: it must not be finished.
TEST_CASE("restore: what was taken back without an event is never done later [S02]") {
  InPlaceCase c;
  const std::string directory = c.live() + "/d";
  output_of("mkdir -m 0700 " + directory);
  write_file(c.live() + "/log", "a\n");
  const Snapshot snapshot = c.take_live();
  output_of("chmod 0755 " + directory);
  bool had_file = true;
  SUBCASE("what was edited") { write_file(c.live() + "/log", "edited\n"); }
  SUBCASE("what was removed") {
    fs::remove_file(c.live() + "/log");
    had_file = false;
  }
  SUBCASE("what has two names") {
    output_of("cd " + c.live() + " && echo edited > log && ln log again");
  }
  StoreOptions options = c.options();
  options.lock_wait = std::chrono::milliseconds(0);
  c.store = Store::open(options, Access::Write);
  const std::string lock = c.store.git_dir() + "/refs/heads/audit.lock";
  fs::Fd writer;
  class ActWhenSwitched final : public Progress {
   public:
    explicit ActWhenSwitched(std::function<bool()> act) : act_(std::move(act)) {}
    bool cancelled() override {
      const std::lock_guard guard(mutex_);
      acted_ = acted_ || act_();
      return false;
    }

   private:
    std::mutex mutex_;
    std::function<bool()> act_;
    bool acted_ = false;
  };
  ActWhenSwitched meddler([&] {
    if (!fs::exists(c.live() + "/log") || read_text(c.live() + "/log") != "a\n") return false;
    writer = fs::open(c.live() + "/log", O_WRONLY | O_APPEND);
    write_file(lock, "");
    return true;
  });
  CHECK(error_of([&] { apply(c.store, {c.target(snapshot)}, InPlaceCase::exact(), meddler); }) ==
        Errc::Locked);
  REQUIRE(writer);
  const auto was_left_alone = [&] {
    return had_file ? read_text(c.live() + "/log") == "edited\n" : !fs::exists(c.live() + "/log");
  };
  CHECK(was_left_alone());
  CHECK(list_operations(c.store).size() == 1);
  const auto mode = [&] { return output_of("stat -c %a " + directory); };
  CHECK(mode() == "755\n");
  output_of("chmod 0711 " + directory);  // it was said that all is as it was
  writer.reset();
  fs::remove_file(lock);
  const auto lines = recover_operations(c.store, Recovery::Finish);
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().starts_with("reverted the interrupted"));
  CHECK(was_left_alone());
  CHECK(mode() == "711\n");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: who ends operations can wait for one that is at work") {
  InPlaceCase c;
  write_file(c.live() + "/log", "a\n");
  const Snapshot snapshot = c.take_live();
  write_file(c.live() + "/log", "edited\n");
  fs::Fd writer = fs::open(c.live() + "/log", O_WRONLY | O_APPEND);
  c.bring_back(snapshot);
  writer.reset();
  REQUIRE(list_operations(c.store).size() == 1);
  std::optional<fs::Lock> lock(std::in_place, c.store.git_dir() + "/stravinsky/lock.profile.tree",
                               fs::Lock::Mode::Exclusive, std::chrono::milliseconds(0));
  CHECK(list_operations(c.store).front().is_running);
  recover_operations(c.store, Recovery::Finish);
  CHECK(list_operations(c.store).size() == 1);
  std::thread ender(
      [&] { recover_operations(c.store, Recovery::Finish, no_progress(), AtWork::WaitFor); });
  // Whoever passes over looks for a moment, too; both of these together last longer.
  for (int i = 0; i < 2; ++i) recover_operations(c.store, Recovery::Finish);
  lock.reset();
  ender.join();
  CHECK(list_operations(c.store).empty());
  CHECK(c.debris() == "");
}

TEST_CASE("restore: what is written to a file of a directory that goes is not lost [S02]") {
  InPlaceCase c;
  write_file(c.live() + "/stays", "s\n");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() +
            " && mkdir x && echo a > x/a && head -c 40000000 /dev/urandom > x/z");
  const fs::Fd log = fs::open(c.live() + "/x/a", O_WRONLY | O_APPEND);
  std::thread writer([&] {
    while (fs::exists(c.live() + "/x")) std::this_thread::yield();
    fs::write_all(log.get(), as_bytes("an edit\n"), "x/a");
  });
  const InPlaceReport report = c.bring_back(snapshot);
  writer.join();
  CHECK(!fs::exists(c.live() + "/x"));
  CHECK(issues_of(report) != "");
  CHECK(run("grep -rqx 'an edit' " + c.dir.path()).status == 0);
}

TEST_CASE("restore: who stands in a directory that goes loses nothing that he writes there [S02]") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && echo stays > k");
  const Snapshot snapshot = c.take_live();
  output_of(
      "cd " + c.live() +
      " && mkdir -p x/deep && echo a > x/a && echo b > x/deep/b && ln -s a x/l && mkfifo x/p");
  // By a relative name, once the directory was judged: what a process with this directory does.
  const std::string gone = c.dir.path() + "/.stravinsky-stage-*/old/0";
  std::string edit;
  SUBCASE("into a file that was there") { edit = "echo 'an edit' >> a"; }
  SUBCASE("into a file further down") { edit = "echo 'an edit' >> deep/b"; }
  SUBCASE("into a new file") { edit = "echo 'an edit' > deep/fresh"; }
  SUBCASE("into one that took the name of another") {
    edit = "rm deep/b && echo 'an edit' > fresh && mv fresh deep/b";
  }
  class WriteWhenGone final : public Progress {
   public:
    WriteWhenGone(std::string live, std::string command)
        : live_(std::move(live)), command_(std::move(command)) {}
    bool cancelled() override {
      const std::lock_guard lock(mutex_);
      if (!written_ && !fs::exists(live_)) {
        output_of(command_);
        written_ = true;
      }
      return false;
    }

   private:
    const std::string live_, command_;
    std::mutex mutex_;
    bool written_ = false;
  };
  WriteWhenGone writer(c.live() + "/x", "cd " + gone + " && " + edit);
  const InPlaceReport report =
      std::move(apply(c.store, {c.target(snapshot)}, InPlaceCase::exact(), writer).front());
  CHECK(!fs::exists(c.live() + "/x"));
  CHECK(read_text(c.live() + "/k") == "stays\n");
  REQUIRE(report.in_use.size() == 1);
  CHECK(report.in_use.front().path == c.live() + "/x");
  REQUIRE(list_operations(c.store).size() == 1);
  REQUIRE(list_operations(c.store).front().left.size() == 1);
  CHECK(run("grep -rqx 'an edit' " + c.dir.path() + "/.stravinsky-stage-*").status == 0);

  // Once more, and nothing is lost by it either; when somebody took it away, the operation ends.
  // What a crash left outside of the directory, while it was judged once more, goes with the rest.
  output_of("cd " + c.dir.path() + "/.stravinsky-stage-* && echo b > gone.0.1.file");
  recover_operations(c.store, Recovery::Finish);
  CHECK(run("ls " + c.dir.path() + "/.stravinsky-stage-*/gone.0.1.file").status != 0);
  REQUIRE(list_operations(c.store).size() == 1);
  const std::string kept =
      output_of("grep -rlx 'an edit' " + c.dir.path() + "/.stravinsky-stage-*");
  output_of("rm " + kept);
  recover_operations(c.store, Recovery::Finish);
  CHECK(c.debris() == "");
}

}  // namespace stravinsky::test
