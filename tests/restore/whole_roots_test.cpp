#include <fcntl.h>
#include <sys/mount.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <thread>

#include "fs/fd.hpp"
#include "fs/mounts.hpp"
#include "restore/in_place_case.hpp"

namespace stravinsky::test {
namespace {

/// A root with `switch: directory`.
class WholeRoot : public InPlaceCase {
 public:
  InPlaceTarget whole(const Snapshot& snapshot, std::vector<std::string> paths = {}) const {
    InPlaceTarget result = target(snapshot, std::move(paths));
    for (ProfileRoot& root : result.profile.roots) root.switch_directory = true;
    return result;
  }
  InPlaceReport exchange(const Snapshot& snapshot, const InPlaceOptions& options = exact()) {
    return std::move(apply(store, {whole(snapshot)}, options).front());
  }
  /// Two entries that a mix would show.
  Snapshot release(const std::string& version) {
    write_file(live() + "/a", version + "\n");
    write_file(live() + "/b", version + "\n");
    return take_live();
  }
  ino_t inode(const std::string& path) const { return status_of(path).st_ino; }
  static struct stat status_of(const std::string& path) {
    struct stat status {};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    return status;
  }
};

Error thrown_by(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("never reached");
}

std::string read_at(int directory, const char* name) {
  const fs::Fd fd = fs::open_at(directory, name, O_RDONLY);
  char bytes[64] = {};
  const ssize_t length = fd ? read(fd.get(), bytes, sizeof bytes) : 0;
  return {bytes, length > 0 ? static_cast<std::size_t>(length) : 0};
}

}  // namespace

TEST_CASE("restore: a directory root changes in one step, attribute by attribute [S03]") {
  WholeRoot c;
  output_of("cd " + c.live() + " && mkdir -p d/e && echo a > a && echo b > d/b && echo l > l && " +
            "ln l d/linked && chmod 0751 . && chmod 0700 d/e && touch -d @7 d/e d .");
  const std::string before = attributes_of(c.live());
  const Snapshot first = c.take_live();
  output_of("cd " + c.live() + " && echo A > a && rm -r d/e && mkdir n && echo n > n/n");
  const std::string mutated = attributes_of(c.live());
  const ino_t root = c.inode(c.live()), untouched = c.inode(c.live() + "/l");
  const InPlaceReport report = c.exchange(first);
  CHECK(issues_of(report) == "");
  CHECK(report.plan.whole_roots == std::vector<std::string>{c.live()});
  CHECK(text_difference(before, attributes_of(c.live())) == "");
  CHECK(c.inode(c.live()) != root);
  CHECK(c.inode(c.live() + "/l") != untouched);
  CHECK(c.debris() == "");
  // And back to what was, which the safety snapshot has.
  CHECK(issues_of(c.exchange(report.before.value())) == "");
  CHECK(text_difference(mutated, attributes_of(c.live())) == "");
}

TEST_CASE("restore: a single name of a directory root changes by itself") {
  WholeRoot c;
  const Snapshot first = c.release("one");
  write_file(c.live() + "/b", "two\n");
  const ino_t root = c.inode(c.live());
  const InPlaceReport report = c.exchange(first);
  CHECK(report.plan.whole_roots.empty());
  CHECK(c.inode(c.live()) == root);
  CHECK(read_text(c.live() + "/b") == "one\n");
}

TEST_CASE("restore: what would not come along keeps a directory root from being exchanged") {
  const auto refused = [](const std::function<void(WholeRoot&)>& prepare, Errc code,
                          const std::string& words, InPlaceOptions options = InPlaceCase::exact()) {
    WholeRoot c;
    const Snapshot first = c.release("one");
    c.release("two");
    prepare(c);
    const Error error = thrown_by([&] { c.exchange(first, options); });
    INFO(error.what());
    CHECK(error.code() == code);
    CHECK(std::string(error.what()).find(words) != std::string::npos);
    CHECK(error.remedy().find("take `switch` out") != std::string::npos);
    CHECK(read_text(c.live() + "/a") == "two\n");
    CHECK(c.debris() == "");
    CHECK(error_of([&] { plan_restore(c.store, c.whole(first), options); }) == code);
  };
  refused([](WholeRoot& c) { write_file(c.live() + "/new", "n\n"); }, Errc::Invalid,
          "'new' is not in the snapshot", InPlaceOptions());
  refused(
      [](WholeRoot& c) {
        output_of("mkdir -p " + c.live() + "/d && echo '*.log' > " + c.live() +
                  "/.stravinskyignore && echo l > " + c.live() + "/d/x.log");
      },
      Errc::Invalid, "'d' holds what is not captured");
  InPlaceOptions part = InPlaceCase::exact();
  part.exclude = {"none"};
  refused([](WholeRoot&) {}, Errc::Invalid, "only a part", part);
}

TEST_CASE("restore: a directory root that is named by a symlink is not exchanged") {
  WholeRoot c;
  output_of("mv " + c.live() + " " + (c.dir / "real") + " && ln -s real " + c.live());
  const Snapshot first = c.release("one");
  c.release("two");
  const Error error = thrown_by([&] { c.exchange(first); });
  CHECK(error.code() == Errc::Invalid);
  CHECK(std::string(error.what()).find("symlink") != std::string::npos);
  CHECK(c.debris() == "");
}

TEST_CASE("restore: an immutable file that would leave with a directory root keeps it") {
  WholeRoot c;
  write_file(c.live() + "/keep", "k\n");
  const Snapshot first = c.release("one");
  if (run("chattr +i " + c.live() + "/keep").status != 0) {
    MESSAGE("SKIPPED: no inode flags here");
    return;
  }
  c.release("two");
  CHECK(error_of([&] { c.exchange(first); }) == Errc::Denied);
  output_of("chattr -i " + c.live() + "/keep");
  CHECK(read_text(c.live() + "/a") == "two\n");
  CHECK(c.debris() == "");
}

TEST_CASE("restore: a directory root in which somebody works is not exchanged") {
  WholeRoot c;
  const Snapshot first = c.release("one");
  c.release("two");
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    // Until the parent lets go of its end.
    close(ends[1]);
    char byte = 0;
    _exit(chdir(c.live().c_str()) == 0 && read(ends[0], &byte, 1) >= 0 ? 0 : 1);
  }
  REQUIRE(child > 0);
  const std::string link = "/proc/" + std::to_string(child) + "/cwd";
  while (std::filesystem::read_symlink(link) != c.live()) std::this_thread::yield();
  const Error error = thrown_by([&] { c.exchange(first); });
  close(ends[0]);
  close(ends[1]);
  waitpid(child, nullptr, 0);
  CHECK(error.code() == Errc::Busy);
  CHECK(std::string(error.what()).find(std::to_string(child)) != std::string::npos);
  CHECK(read_text(c.live() + "/a") == "two\n");
  CHECK(issues_of(c.exchange(first)) == "");
}

TEST_CASE("restore: a reader of a directory root never sees a mix [S03]") {
  WholeRoot c;
  const Snapshot one = c.release("one"), two = c.release("two");
  const int rollbacks = std::getenv("STRAVINSKY_ALL") != nullptr ? 1000 : 40;
  std::atomic<bool> stop{false};
  std::atomic<int> mixed{0}, absent{0}, seen{0};
  std::thread reader([&] {
    while (!stop) {
      // Its descriptors would be open directories of ours: one process cannot be told from itself.
      const fs::Fd root = fs::open_at(AT_FDCWD, c.live().c_str(), O_RDONLY | O_DIRECTORY);
      absent += !root;
      const std::string a = root ? read_at(root.get(), "a") : "";
      const std::string b = root ? read_at(root.get(), "b") : "";
      // Empty: it is being removed, after it was exchanged.
      mixed += !a.empty() && !b.empty() && a != b;
      seen += !a.empty() && a == b;
    }
  });
  for (int i = 0; i < rollbacks; ++i) {
    CHECK(issues_of(c.exchange(i % 2 == 0 ? one : two)) == "");
  }
  stop = true;
  reader.join();
  CHECK(mixed == 0);
  CHECK(absent == 0);
  CHECK(seen > rollbacks);
  MESSAGE(seen.load() << " looks during " << rollbacks << " rollbacks");
}

TEST_CASE("restore: a mount in a directory root is found") {
  CHECK(fs::find_mount_at_or_below("/").has_value());
  CHECK(fs::find_mount_at_or_below("/proc").value().starts_with("/proc"));
  const TempDir dir;
  CHECK(!fs::find_mount_at_or_below(dir.path()));
}

TEST_CASE("restore: what ignore files leave out does not go with a directory root") {
  WholeRoot c;
  write_file(c.live() + "/.stravinskyignore", ".env\n");
  const Snapshot ruled = c.release("1");
  fs::remove_file(c.live() + "/.stravinskyignore");
  write_file(c.live() + "/.env", "secret\n");
  c.release("2");
  const Error error = thrown_by([&] { c.exchange(ruled); });
  CHECK(error.code() == Errc::Invalid);
  CHECK(std::string(error.what()).find("leave out '.env', which would go") != std::string::npos);
  CHECK(read_text(c.live() + "/.env") == "secret\n");
  fs::remove_file(c.live() + "/.env");
  CHECK(issues_of(c.exchange(ruled)) == "");
  CHECK(read_text(c.live() + "/a") == "1\n");
}

}  // namespace stravinsky::test
