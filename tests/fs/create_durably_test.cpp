#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "fs/durable.hpp"
#include "fs/list_directory.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

/// Makes renameat2(2) fail with EINVAL in this process, as a filesystem without its flags does.
bool forbid_renameat2() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

TEST_CASE("fs: create_durably never replaces what has the name") {
  const TempDir dir;
  fs::create_durably(dir / "a", dir / "tmp", as_bytes("first"));
  CHECK(error_of([&] { fs::create_durably(dir / "a", dir / "tmp", as_bytes("second")); }) ==
        Errc::Exists);
  CHECK(fs::read_file(dir / "a") == "first");
  CHECK((fs::find_stat(dir / "a")->st_mode & 07777) == 0600);

  REQUIRE(symlink("nowhere", (dir / "b").c_str()) == 0);
  CHECK(error_of([&] { fs::create_durably(dir / "b", dir / "tmp", as_bytes("x")); }) ==
        Errc::Exists);
  CHECK(fs::list_directory(dir.path()).size() == 2);  // no temporary stays
}

TEST_CASE("fs: create_durably keeps its promise where rename knows no flags") {
  const TempDir dir;
  const pid_t child = fork();
  if (child == 0) {
    if (!forbid_renameat2()) _exit(77);
    const auto create = [&](std::string_view content) {
      return error_of([&] { fs::create_durably(dir / "a", dir / "tmp", as_bytes(content)); });
    };
    const bool created = !create("first").has_value();
    _exit(created && create("second") == Errc::Exists ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    MESSAGE("skipped: this system allows no seccomp filter");
    return;
  }
  CHECK(status == 0);
  CHECK(fs::read_file(dir / "a") == "first");
  CHECK(fs::list_directory(dir.path()).size() == 1);
}
