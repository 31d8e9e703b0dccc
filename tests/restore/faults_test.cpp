#include <sys/mount.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <sstream>

#include "restore/damage.hpp"
#include "restore/store_case.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky::test {
namespace {

void make_source(const std::string& source) {
  std::filesystem::create_directories(source + "/d/below");
  for (const char* name : {"one", "two", "d/three", "d/below/four"}) {
    write_file(
        source + "/" + name,
        output_of("seq 1 3000 | sed s/^/" + std::filesystem::path(name).filename().string() + "/"));
  }
}

class CancelAfter final : public Progress {
 public:
  explicit CancelAfter(int calls) : left_(calls) {}
  bool cancelled() override { return left_.fetch_sub(1) <= 0; }

 private:
  std::atomic<int> left_;
};

/// The modes that one line of strace shows a file being made with or changed to.
void collect_modes(const std::string& line, std::set<unsigned long>& modes) {
  // strace 6.1 has no name for fchmodat2(2) and shows its arguments in hexadecimal.
  constexpr std::string_view kFchmodat2 = "syscall_0x1c4(";
  if (const std::size_t call = line.find(kFchmodat2); call != std::string::npos) {
    const std::size_t second = line.find(", ", call);
    const std::size_t mode = line.find(", 0x", second + 2);
    REQUIRE(mode != std::string::npos);
    modes.insert(std::stoul(line.substr(mode + 2), nullptr, 16));
    return;
  }
  const bool creates =
      line.find("O_CREAT") != std::string::npos || line.find("O_TMPFILE") != std::string::npos;
  for (const char* name : {"open", "openat", "openat2", "mkdir", "mkdirat", "mknod", "mknodat",
                           "chmod", "fchmod", "fchmodat"}) {
    const std::size_t call = line.find(" " + std::string(name) + "(");
    if (call == std::string::npos || (std::string(name).starts_with("open") && !creates)) continue;
    // Octal numbers begin with 0 and follow a blank or, in `S_IFIFO|0600`, a bar.
    for (std::size_t at = call; (at = line.find('0', at + 1)) != std::string::npos;) {
      const bool starts = line[at - 1] == ' ' || line[at - 1] == '|';
      const std::size_t end = line.find_first_not_of("01234567", at);
      if (starts && end != std::string::npos && end - at > 2 && line[end] != 'x') {
        modes.insert(std::stoul(line.substr(at, end - at), nullptr, 8));
      }
    }
  }
}

std::size_t count_temporaries(const std::string& directory) {
  return std::stoul(output_of("find " + directory + " -name '.stravinsky-tmp*' | wc -l"));
}

}  // namespace

TEST_CASE("restore: a damaged file is named and left out, every other comes back [P10][P11]") {
  StoreCase c;
  make_source(c.dir / "source");
  const Snapshot snapshot = c.take(c.dir / "source");
  damage_object(c.store.git_dir(), snapshot.commit.hex() + ":d/three");
  c.referee.expect_damage();
  c.reopen();
  const RestoreReport report = c.restore(snapshot, c.dir / "target");
  REQUIRE(report.issues.size() == 1);
  CHECK(report.issues[0].path == "d/three");
  CHECK(report.issues[0].content);
  CHECK(report.issues[0].damaged);
  CHECK(report.failed == 1);
  CHECK(report.restored == 3);
  CHECK_FALSE(std::filesystem::exists(c.dir / "target/d/three"));
  for (const char* name : {"one", "two", "d/below/four"}) {
    output_of(fmt::format("cmp {0}/source/{1} {0}/target/{1}", c.dir.path(), name));
  }
}

TEST_CASE("restore: a directory whose metadata is damaged is named, its siblings come back") {
  StoreCase c;
  make_source(c.dir / "source");
  const Snapshot snapshot = c.take(c.dir / "source");
  damage_object(c.store.git_dir(), snapshot.commit.hex() + ":.stravinsky/meta/d/%mtree");
  c.referee.expect_damage();
  c.reopen();
  const RestoreReport report = c.restore(snapshot, c.dir / "target");
  REQUIRE(report.issues.size() == 1);
  CHECK(report.issues[0].path == "d");
  CHECK(report.issues[0].damaged);
  CHECK(report.restored == 2);
  output_of(fmt::format("cmp {0}/source/one {0}/target/one", c.dir.path()));
}

TEST_CASE("restore: stopped at any point it leaves whole files and no temporaries") {
  StoreCase c;
  make_nasty_tree(c.dir / "source", 5, "--size 60");
  const Snapshot snapshot = c.take(c.dir / "source");
  for (int calls = 0; calls < 60; calls += 3) {
    const std::string target = c.dir / ("target" + std::to_string(calls));
    CancelAfter progress(calls);
    RestoreOptions options;
    options.target = target;
    CHECK(error_of([&] { restore_to_directory(c.store, snapshot, options, progress); }) ==
          Errc::Cancelled);
    if (std::filesystem::exists(target)) CHECK(count_temporaries(target) == 0);
  }
}

TEST_CASE("restore: stopped, it says what is there, and going on brings back the rest") {
  StoreCase c;
  make_nasty_tree(c.dir / "source", 5, "--size 60");
  const Snapshot snapshot = c.take(c.dir / "source");
  RestoreOptions options;
  options.target = c.dir / "target";
  CancelAfter progress(40);
  std::string said;
  try {
    restore_to_directory(c.store, snapshot, options, progress);
  } catch (const Error& error) {
    said = error.what();
  }
  CHECK(said.starts_with("cannot finish restoring to"));
  CHECK(said.find("files are there, each of them whole") != std::string::npos);
  CHECK(error_of([&] { c.restore(snapshot, options.target); }) == Errc::Exists);
  const RestoreReport rest =
      c.restore(snapshot, options.target, {.overwrite = Overwrite::IfChanged});
  CHECK(rest.failed == 0);
  CHECK(text_difference(attributes_of(c.dir / "source", "--no-flags --no-top"),
                        attributes_of(c.dir / "target", "--no-flags --no-top")) == "");
}

TEST_CASE("restore: a full disk is said so, with what is needed, and leaves whole files [S34]") {
  StoreCase c;
  const std::string source = c.dir / "source", small = c.dir / "small";
  std::filesystem::create_directories(source);
  std::filesystem::create_directory(small);
  for (int i = 0; i < 40; ++i) {
    output_of(fmt::format("head -c 50000 /dev/urandom > {}/{}", source, i));
  }
  const Snapshot snapshot = c.take(source);
  for (const char* space : {"size=64k", "size=300k", "size=900k", "nr_inodes=12"}) {
    if (mount("tmpfs", small.c_str(), "tmpfs", 0, space) != 0) {
      MESSAGE("SKIPPED: needs root to mount a small filesystem");
      return;
    }
    try {
      c.restore(snapshot, small + "/target");
      FAIL("it had room");
    } catch (const Error& error) {
      CHECK(error.code() == Errc::NoSpace);
      CHECK(std::string(error.what()).find("2000000 bytes") != std::string::npos);
    }
    CHECK(count_temporaries(small) == 0);
    for (const auto& file : std::filesystem::directory_iterator(small + "/target")) {
      output_of(fmt::format("cmp {} {}/{}", file.path().string(), source,
                            file.path().filename().string()));
    }
    REQUIRE(umount(small.c_str()) == 0);
  }
}

// Run under strace by the case below it: what it does is judged by the system calls.
TEST_CASE("restore: (traced) a tree with secrets" * doctest::skip()) {
  const char* place = std::getenv("STRAVINSKY_TEST_PLACE");
  REQUIRE(place != nullptr);
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/d");
  write_file(source + "/secret", "secret");
  write_file(source + "/d/secret", "secret");
  output_of("cd " + source +
            " && chmod 0755 . && chmod 0600 secret && chmod 0400 d/secret && chmod 0700 d && "
            "mkfifo -m 0600 pipe && (setfacl -m u:33:r d/secret || true)");
  const Snapshot snapshot = c.take(source);
  // Marks in the trace where the restore begins.
  CHECK_FALSE(std::filesystem::exists(std::string(place) + "/begin"));
  c.restore(snapshot, std::string(place) + "/target");
  CHECK_FALSE(std::filesystem::exists(std::string(place) + "/end"));

  output_of("cd " + source + " && echo changed > secret && chmod 0644 secret && rm -r d pipe");
  InPlaceOptions options;
  options.surplus = Surplus::Remove;
  Profile profile;
  profile.name = snapshot.profile;
  profile.roots = {{.path = source, .mount = {}, .include = {}, .switch_directory = false}};
  CHECK_FALSE(std::filesystem::exists(std::string(place) + "/begin-in-place"));
  apply(c.store, {{.snapshot = snapshot, .profile = profile, .paths = {}, .expected_live = {}}},
        options);
  CHECK_FALSE(std::filesystem::exists(std::string(place) + "/end-in-place"));
}

TEST_CASE("restore: at no instant is a file open to more than in the end") {
  const TempDir dir;
  if (run("strace -o /dev/null true").status != 0) {
    MESSAGE("SKIPPED: no strace here");
    return;
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  output_of(
      fmt::format("umask 0; ASAN_OPTIONS=detect_leaks=0 STRAVINSKY_TEST_PLACE={0} strace -f -qq -y "
                  "-o {0}/trace {1} "
                  "--no-skip --test-case='restore: (traced)*' 2>&1",
                  dir.path(), self));
  const std::string trace = fs::read_file(dir / "trace");
  for (const char* way : {"", "-in-place"}) {
    const std::size_t begin = trace.find(fmt::format("/begin{}\"", way));
    const std::size_t end = trace.find(fmt::format("/end{}\"", way));
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    std::istringstream lines(trace.substr(begin, end - begin));
    std::set<unsigned long> modes;
    for (std::string line; std::getline(lines, line);) {
      if (line.find("/store.git") == std::string::npos) collect_modes(line, modes);
    }
    INFO(trace.substr(begin, end - begin));
    CHECK(modes.contains(0600));
    CHECK(modes.contains(0700));
    // All of them keep others out, but for the top, which everybody may read in the source too.
    for (const unsigned long mode : modes) CHECK(((mode & 077) == 0 || mode == 0755));
  }
  CHECK(output_of("stat -c %a " + dir / "target/secret" + " " + dir / "target/pipe") ==
        "600\n600\n");
}

}  // namespace stravinsky::test
