#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "stravinsky/config.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"
#include "support/referee.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::test {

/// A clock that stands until it is moved.
class StandingClock final : public Clock {
 public:
  explicit StandingClock(std::int64_t seconds = 1'763'631'000) { set(seconds); }
  Timestamp now() const override { return now_; }
  void set(std::int64_t seconds) { now_ = Timestamp(std::chrono::seconds(seconds)); }
  void advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  Timestamp now_;
};

/// A new store in a directory of its own, with key and checkpoints beside it and a live tree
/// `live`.
class TempStore {
 public:
  explicit TempStore(bool open = true) {
    options.path = dir / "store";
    options.key_path = dir / "keys/id_ed25519";
    options.key_dir = dir / "keys";
    options.checkpoint_dir = dir / "checkpoints";
    options.user = "tester";
    options.host = "testhost";
    options.lock_wait = std::chrono::milliseconds(2000);
    options.clock = clock;
    output_of(fmt::format("mkdir '{}'", live()));
    if (open) reopen();
  }

  /// Opens the store anew, for writing.
  Store& reopen() {
    store_.reset();
    store_.emplace(Store::open(options, Access::Write));
    return *store_;
  }
  Store& store() { return *store_; }
  void close() { store_.reset(); }
  std::string live() const { return dir / "live"; }
  std::string git_dir() const { return dir / "store/store.git"; }

  /// Output of git in the store; an exception when it fails.
  std::string git(const std::string& words) const {
    return output_of(fmt::format("git --git-dir='{}' {}", git_dir(), words));
  }
  Ran try_git(const std::string& words) const {
    return run(fmt::format("git --git-dir='{}' {}", git_dir(), words));
  }
  /// What plain git has to say against the store: nothing.
  std::string faults() const {
    std::string said = referee.fsck();
    for (const std::string& tag :
         lines_of_output(git("for-each-ref --format='%(refname)' refs/tags"))) {
      if (try_git("verify-commit " + tag + "^{commit}").status != 0)
        said += "unsigned: " + tag + "\n";
    }
    for (const std::string& event : lines_of_output(git("rev-list refs/heads/audit"))) {
      if (try_git("verify-commit " + event).status != 0) said += "unsigned: " + event + "\n";
    }
    return said;
  }
  static std::vector<std::string> lines_of_output(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  Profile profile(const std::string& name = "live") const {
    Profile result;
    result.name = name;
    result.roots.push_back({live(), "", {}, false});
    return result;
  }
  CreateReport snapshot(const std::string& name = "", const std::string& description = "") {
    CreateOptions create;
    create.profile = profile();
    create.name = name;
    create.description = description;
    return create_snapshot(*store_, create);
  }

  TempDir dir;
  Referee referee{dir / "store/store.git"};
  std::shared_ptr<StandingClock> clock = std::make_shared<StandingClock>();
  StoreOptions options;

 private:
  std::optional<Store> store_;
};

}  // namespace stravinsky::test
