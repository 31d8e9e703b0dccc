#pragma once

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "restore/restore_tree.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"
#include "support/error_of.hpp"
#include "support/referee.hpp"
#include "support/source_dir.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::test {

/// Counts what it is told of.
struct CountingProgress : Progress {
  void advance(std::uint64_t more_files, std::uint64_t more_bytes) override {
    files += more_files;
    bytes += more_bytes;
  }
  std::atomic<std::uint64_t> files{0}, bytes{0};
};

/// A store of its own and snapshots of directories in it.
class StoreCase {
 public:
  StoreCase() : store(Store::open(options(), Access::Write)) {}

  StoreOptions options() const {
    StoreOptions options;
    options.path = dir / "store";
    options.key_path = dir / "keys/signing";
    options.user = "tester";
    options.host = "host";
    return options;
  }
  /// Reopens it, so that nothing is remembered from before.
  void reopen() { store = Store::open(options(), Access::Read); }

  Snapshot take(const std::string& root) {
    CreateOptions create;
    create.profile.name = "tree";
    create.profile.roots = {{.path = root, .mount = {}, .include = {}, .switch_directory = false}};
    create.name = "s" + std::to_string(++taken_);
    const CreateReport report = create_snapshot(store, create);
    for (const Loss& loss : report.losses) MESSAGE("lost: " << loss.path << ": " << loss.reason);
    return report.snapshot.value();
  }

  RestoreReport restore(const Snapshot& snapshot, const std::string& target,
                        RestoreOptions restore_options = {}) {
    restore_options.target = target;
    return restore_to_directory(store, snapshot, restore_options);
  }

  TempDir dir;
  Referee referee{dir / "store/store.git"};
  Store store;

 private:
  int taken_ = 0;
};

inline std::string support_script(const std::string& name) {
  return source_dir() + "/tests/support/" + name;
}

/// Makes a tree that is hard to copy. @param more  options of nasty_tree.py
inline void make_nasty_tree(const std::string& directory, unsigned seed,
                            const std::string& more = {}) {
  output_of(fmt::format("python3 {} --seed {} {} {}", support_script("nasty_tree.py"), seed, more,
                        directory));
}

/// Everything that must survive, one line a path. @param more  options of attributes.py
inline std::string attributes_of(const std::string& directory, const std::string& more = {}) {
  return output_of(
      fmt::format("python3 {} {} {}", support_script("attributes.py"), more, directory));
}

/// The lines of `expected` and `actual` that differ; empty when the texts are equal.
inline std::string text_difference(const std::string& expected, const std::string& actual) {
  if (expected == actual) return {};
  const TempDir dir;
  write_file(dir / "expected", expected);
  write_file(dir / "actual", actual);
  return run(fmt::format("diff {0}/expected {0}/actual", dir.path())).output;
}

inline std::string read_text(const std::string& path) { return fs::read_file(path); }

/// All issues as text, for messages of failing cases.
inline std::string issues_of(const RestoreReport& report) {
  std::string text;
  for (const RestoreIssue& issue : report.issues) {
    text += (issue.content ? "! " : "- ") + issue.path + ": " + issue.reason + "\n";
  }
  return text;
}

inline bool is_root() { return geteuid() == 0; }

/// Runs `body` in a child process as the user and group 65534; its result is what `body` returns.
/// Only root can: otherwise it runs as whoever we are, in a child too.
template <typename Body>
int as_nobody(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    int status = 99;
    if (!is_root() || (setgroups(0, nullptr) == 0 && setresgid(65534, 65534, 65534) == 0 &&
                       setresuid(65534, 65534, 65534) == 0)) {
      try {
        status = body();
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        status = 98;
      }
    }
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace stravinsky::test
