#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstddef>

#include "scan/memory_sink.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::Scans;
using test::TempDir;
using test::write_file;

namespace {

/// Runs something in a process of its own, for what cannot be taken back. @returns what it returned
template <typename Work>
std::string in_child(const TempDir& outer, Work&& work) {
  const std::string answer = outer / "answer";
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      write_file(answer, work());
    } catch (const std::exception& error) {
      write_file(answer, std::string("threw ") + error.what());
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return fs::read_file(answer);
}

std::string told(const std::vector<Loss>& losses) {
  static constexpr const char* kNames[] = {"unreadable", "vanished", "changing", "failed"};
  std::string text;
  for (const Loss& loss : losses) {
    text += (text.empty() ? "" : ", ") + loss.path + " " + kNames[static_cast<int>(loss.kind)];
  }
  return text;
}

/// For as long as it lives this process is nobody, who may not read everything.
struct AsNobody {
  const bool root = geteuid() == 0;
  AsNobody() {
    if (root) REQUIRE(seteuid(65534) == 0);
  }
  ~AsNobody() {
    if (root && seteuid(0) != 0) _exit(1);
  }
};

}  // namespace

TEST_CASE("scan: a file that vanishes between listing and opening is named, the rest is kept") {
  const TempDir dir;
  write_file(dir / "a", "a");
  write_file(dir / "b", "b");
  Scans scans(dir.path());
  scans.options.threads = 1;
  // The calls: the directory, then each file.
  scans.progress.at_cancelled = [&](int call) {
    if (call == 2) fs::remove_file(dir / "b");
    return false;
  };
  const ScanResult result = scans();
  CHECK(told(result.losses) == "b vanished");
  CHECK(scans.sink.names("") == "a");
  CHECK(result.entries == 1);
  CHECK(result.files_read == 1);
  CHECK(!scans.sink.directories.at("").self.mtime);  // it is not the directory as it was
  CHECK(scans.progress.files_done == scans.progress.files_expected);
}

TEST_CASE("scan: a file that is replaced before it is opened is taken as what it is then") {
  const TempDir dir;
  write_file(dir / "file", "old");
  std::string command, loss;
  EntryType type = EntryType::File;
  SUBCASE("another file") { command = "echo new >x && mv x file"; }
  SUBCASE("a link") {
    command = "ln -sf nowhere file";
    type = EntryType::Symlink;
  }
  SUBCASE("a FIFO") {
    command = "rm file && mkfifo file";
    type = EntryType::Fifo;
  }
  SUBCASE("a directory") {
    command = "rm file && mkdir file";
    loss = "file changing";
  }
  Scans scans(dir.path());
  scans.progress.at_cancelled = [&](int call) {
    if (call == 2) test::output_of("cd " + dir.path() + " && " + command);
    return false;
  };
  CHECK(told(scans().losses) == loss);
  if (loss.empty()) {
    CHECK(scans.sink.entry("file").type == type);
    if (type == EntryType::File) CHECK(scans.sink.content("file") == "new\n");
  }
  scans.progress.at_cancelled = nullptr;
  CHECK(scans().losses.empty());
}

TEST_CASE("scan: a file that changes while it is read is read again, and lost after three times") {
  const TempDir dir;
  write_file(dir / "file", "0");
  Scans scans(dir.path());
  int times = 0, changes = 2;
  scans.sink.on_content = [&](std::string_view) {
    if (++times <= changes)
      write_file(dir / "file", std::string(static_cast<std::size_t>(times), 'x'));
  };
  ScanResult result = scans();
  CHECK(result.losses.empty());
  CHECK(times == 3);
  CHECK(scans.sink.content("file") == "xx");  // what it was at one time
  CHECK(result.files_read == 1);

  write_file(dir / "file", "again");
  times = 0;
  changes = 100;
  result = scans();
  CHECK(told(result.losses) == "file changing");
  CHECK(times == 3);
  CHECK(scans.sink.find("file") == nullptr);

  // A loss is no reason to forget the file: the next scan looks for it.
  changes = 0;
  CHECK(scans().losses.empty());
  CHECK(scans.sink.content("file") == std::string(3, 'x'));
  CHECK(scans.sink.directories.at("").self.mtime);
}

TEST_CASE("scan: a large file that shrinks or grows under the reader is never torn") {
  const TempDir dir;
  write_file(dir / "file", std::string(5 << 20, 'a'));
  Scans scans(dir.path());
  scans.options.chunk_threshold = 1 << 20;
  int pieces = 0;
  off_t size = 2 << 20;
  SUBCASE("shrinks") {}
  SUBCASE("grows") { size = 6 << 20; }
  scans.sink.on_piece = [&] {
    if (++pieces == 2) REQUIRE(truncate((dir / "file").c_str(), size) == 0);
  };
  CHECK(scans().losses.empty());
  CHECK(scans.sink.entry("file").size == static_cast<std::uint64_t>(size));
  CHECK(scans.sink.entry("file").digest.hex() ==
        test::output_of("sha256sum " + (dir / "file")).substr(0, 64));
  CHECK(scans.progress.bytes_done == scans.progress.bytes_expected);
}

TEST_CASE("scan: a directory that vanishes or becomes something else is not followed") {
  const TempDir dir, elsewhere;
  write_file(elsewhere / "secret", "secret");
  write_file(dir / "file", "x");
  fs::make_directory(dir / "sub");
  write_file(dir / "sub/inner", "inner");
  std::string loss;
  std::function<void()> replace = [] {};
  std::function<bool(const test::MemorySink&)> is_right;
  SUBCASE("vanishes") {
    loss = "sub vanished";
    is_right = [](const test::MemorySink& sink) { return sink.names("") == "file"; };
  }
  SUBCASE("becomes a link to a directory elsewhere") {
    replace = [&] { REQUIRE(symlink(elsewhere.path().c_str(), (dir / "sub").c_str()) == 0); };
    is_right = [&](const test::MemorySink& sink) {
      return sink.entry("sub").link == elsewhere.path();
    };
  }
  SUBCASE("becomes a file") {
    replace = [&] { write_file(dir / "sub", "now a file"); };
    is_right = [](const test::MemorySink& sink) { return sink.content("sub") == "now a file"; };
  }
  Scans scans(dir.path());
  scans.progress.at_expect = [&] {
    fs::remove_tree(dir / "sub");
    replace();
  };
  const ScanResult result = scans();
  CHECK(told(result.losses) == loss);
  CHECK(scans.sink.directories.size() == 1);
  CHECK(is_right(scans.sink));
}

TEST_CASE("scan: what may not be read is named, and a directory keeps its attributes [S34]") {
  const TempDir dir;
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  fs::make_directory(dir / "closed", 0700);
  write_file(dir / "closed/inner", "inner");
  fs::make_directory(dir / "open", 0755);
  write_file(dir / "open/private", "private");
  write_file(dir / "open/public", "public");
  Scans scans(dir.path());
  const ScanResult whole = scans();
  CHECK(whole.losses.empty());
  REQUIRE(chmod((dir / "open/private").c_str(), 0) == 0);
  REQUIRE(chmod((dir / "closed").c_str(), 0) == 0);
  ScanResult result;
  {
    const AsNobody nobody;
    result = scans();
  }
  CHECK(told(result.losses) == "closed unreadable, open/private unreadable");
  CHECK(result.losses.front().reason == "Permission denied");
  CHECK(scans.sink.names("") == "closed open");
  CHECK(scans.sink.names("open") == "public");
  CHECK(scans.sink.directories.at("closed").nodes.empty());
  CHECK(scans.sink.directories.at("closed").self.mode == 0);
  CHECK(!scans.sink.directories.at("closed").self.mtime);
  {
    const AsNobody nobody;  // a loss is told each time
    CHECK(told(scans().losses) == "closed unreadable, open/private unreadable");
  }
  REQUIRE(chmod((dir / "open/private").c_str(), 0600) == 0);
  REQUIRE(chmod((dir / "closed").c_str(), 0700) == 0);
  CHECK(scans().losses.empty());
  CHECK(scans.sink.names("closed") == "inner");
  CHECK(scans.sink.content("open/private") == "private");
}

TEST_CASE("scan: a root that may not be read is an error unless there are others") {
  const TempDir dir;
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  fs::make_directory(dir / "closed", 0);
  fs::make_directory(dir / "open", 0755);
  const AsNobody nobody;
  if (!nobody.root) return;
  Scans one(dir / "closed");
  CHECK(test::error_of([&] { one(); }) == Errc::Denied);
  Scans two(dir.path());
  two.options.roots = {{dir / "closed", "a", {}}, {dir / "open", "b", {}}};
  CHECK(told(two().losses) == "a unreadable");
  CHECK(two.sink.names("") == "a b");
}

TEST_CASE("scan: a file that the disk cannot read is named as failed") {
  const TempDir dir;
  write_file(dir / "good", "good");
  Scans scans(dir.path());
  // A regular file for which read(2) says EIO.
  scans.options.roots = {{dir.path(), "dir", {}}, {"/proc/self/mem", "bad", {}}};
  const ScanResult result = scans();
  CHECK(told(result.losses) == "bad failed");
  CHECK(result.losses.front().reason == "Input/output error");
  CHECK(scans.sink.names("") == "dir");
}

namespace {

/// Lets a system call of this process fail with EIO for descriptors from `from_fd` on. False: no
/// seccomp here.
bool fail_from_now(std::uint32_t call, std::uint32_t from_fd) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, from_fd, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{6, code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

TEST_CASE("scan: a directory that cannot be listed is named and is never a short snapshot") {
  const TempDir dir, outer;
  fs::make_directory(dir / "sub");
  write_file(dir / "sub/inner", "inner");
  fs::make_directory(dir / "sub/deeper");
  const auto with_failing_list = [&](int from_fd, const std::string& root) {
    return in_child(outer, [&] {
      if (!fail_from_now(SYS_getdents64, static_cast<std::uint32_t>(from_fd))) {
        return std::string("no seccomp");
      }
      Scans scans(root);
      const ScanResult result = scans();
      return told(result.losses) + "; " + scans.sink.names("") + "; " +
             std::to_string(scans.sink.directories.at("sub").nodes.size());
    });
  };
  const fs::Fd free = fs::open("/dev/null", O_RDONLY);
  const int root_fd = free.get() + 1;  // the lowest free number
  CHECK(with_failing_list(root_fd + 1, dir.path()) == "sub failed; sub; 0");
  CHECK(with_failing_list(0, dir.path()).find("cannot list '" + dir.path()) != std::string::npos);
}

TEST_CASE("scan: attributes that cannot be read are a loss, and are read again the next time") {
  const TempDir dir, outer;
  write_file(dir / "file", "content");
  if (setxattr((dir / "file").c_str(), "user.mine", "x", 1, 0) != 0) {
    MESSAGE("skipped: no user xattrs on this filesystem");
    return;
  }
  Scans scans(dir.path());
  const std::string answer = in_child(outer, [&] {
    if (!fail_from_now(SYS_flistxattr, 0)) return std::string("no seccomp");
    const ScanResult result = scans();
    scans.cache.save(outer / "cache", outer / "cache.tmp", ObjectId());
    return told(result.losses) + "; " + result.losses.front().reason;
  });
  CHECK(answer ==
        " failed, file failed; not all of its attributes can be read: Input/output error");
  scans.cache = StatCache::load(outer / "cache", ObjectId());
  CHECK(scans().losses.empty());
  CHECK(scans.sink.entry("file").xattrs.size() == 1);
}

TEST_CASE("scan: when the first of hard links goes, the next is read in its place") {
  const TempDir dir;
  write_file(dir / "a", "shared");
  for (const std::string name : {"b", "c"})
    REQUIRE(link((dir / "a").c_str(), (dir / name).c_str()) == 0);
  Scans scans(dir.path());
  scans.options.threads = 1;
  scans.progress.at_cancelled = [&](int call) {
    if (call == 2) fs::remove_file(dir / "a");
    return false;
  };
  const ScanResult result = scans();
  CHECK(told(result.losses) == "a vanished");
  CHECK(scans.sink.names("") == "b c");
  CHECK(scans.sink.entry("b").hardlink.empty());
  CHECK(scans.sink.entry("c").hardlink == "b");
  CHECK(scans.sink.content("c") == "shared");
}

TEST_CASE("scan: running out of descriptors is an error, not a loss") {
  const TempDir dir, outer;
  for (int i = 0; i < 20; ++i) write_file(dir / std::to_string(i), "x");
  const std::string answer = in_child(outer, [&] {
    Scans scans(dir.path());
    std::vector<fs::Fd> taken;
    scans.progress.at_expect = [&] {
      while (fs::Fd fd = fs::open_at(AT_FDCWD, "/dev/null", O_RDONLY))
        taken.push_back(std::move(fd));
    };
    scans.progress.at_cancelled = [&](int call) {
      if (call > 1) scans.progress.at_expect();
      return false;
    };
    try {
      scans();
      return std::string("none");
    } catch (const Error& error) {
      taken.clear();
      return error.remedy();
    }
  });
  CHECK(answer.find("ulimit -n") != std::string::npos);
}
