#include <cstdlib>

#include "restore/damage.hpp"
#include "restore/in_place_case.hpp"
#include "support/temp_store.hpp"

namespace stravinsky::test {
namespace {

int updates() { return std::getenv("STRAVINSKY_ALL") != nullptr ? 730 : 150; }

/// The tree as an update leaves it; every file but one changes with each.
void update_to(const std::string& live, int version) {
  write_file(live + "/settings.json", fmt::format("{{\"version\": {}}}\n", version));
  write_file(live + "/hooks/check.sh", fmt::format("echo {}\n", version));
  write_file(live + "/commands/deep/run.md", fmt::format("run {}\n", version));
  write_file(live + "/commands/list.md", fmt::format("list {}\n", version));
}

std::string tree_of(const std::string& live) {
  return output_of("cd " + live + " && find . -type f | sort | xargs cat");
}

std::string tree_of_version(int commands, int hooks, int settings) {
  return fmt::format("run {0}\nlist {0}\necho {1}\nas ever\n{{\"version\": {2}}}\n", commands,
                     hooks, settings);
}

}  // namespace

TEST_CASE(
    "restore: of two years of daily updates each comes back as a file, a directory, a version "
    "[S06]") {
  TempStore t;
  output_of("cd " + t.live() + " && mkdir -p hooks commands/deep && echo 'as ever' > same");
  std::vector<Snapshot> versions;
  const int count = updates();
  for (int i = 0; i < count; ++i) {
    update_to(t.live(), i);
    t.clock->advance(std::chrono::hours(24));
    versions.push_back(t.snapshot(fmt::format("v{}", i)).snapshot.value());
  }
  t.reopen();
  int now = count - 1;
  REQUIRE(tree_of(t.live()) == tree_of_version(now, now, now));
  const auto bring_back = [&](int version, std::vector<std::string> paths) {
    const InPlaceTarget target{.snapshot = versions[static_cast<std::size_t>(version)],
                               .profile = t.profile(),
                               .paths = std::move(paths),
                               .expected_live = {}};
    const InPlaceReport report =
        std::move(apply(t.store(), {target}, InPlaceCase::exact()).front());
    CHECK(issues_of(report) == "");
  };
  for (const int version : {0, 1, count / 2, count - 2}) {
    INFO("version " << version);
    bring_back(version, {"hooks/check.sh"});
    CHECK(tree_of(t.live()) == tree_of_version(now, version, now));
    bring_back(version, {"commands"});
    CHECK(tree_of(t.live()) == tree_of_version(version, version, now));
    bring_back(version, {});
    CHECK(tree_of(t.live()) == tree_of_version(version, version, version));
    now = version;
  }
}

TEST_CASE("restore: what cannot be read is found before anything is switched for it [S06] [P10]") {
  InPlaceCase c;
  output_of("cd " + c.live() + " && mkdir d && echo one > a && echo two > d/b && echo three > d/c");
  const Snapshot snapshot = c.take_live();
  output_of("cd " + c.live() + " && echo 1 > a && echo 2 > d/b && echo 3 > d/c");
  damage_object(c.store.git_dir(), snapshot.commit.hex() + ":d/b");
  c.referee.expect_damage();
  c.store = Store::open(c.options(), Access::Write);
  const InPlaceReport report = c.bring_back(snapshot);
  REQUIRE(report.issues.size() == 1);
  CHECK(report.issues.front().path == "d/b");
  CHECK(report.issues.front().damaged);
  CHECK(tree_of(c.live()) == "one\n2\nthree\n");
  CHECK(c.debris() == "");
}

}  // namespace stravinsky::test
