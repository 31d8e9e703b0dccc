#include "restore/in_place_case.hpp"

namespace stravinsky::test {
namespace {

/// A root that is a directory in one snapshot and a file in another.
class RootKinds : public InPlaceCase {
 public:
  RootKinds() { write_file(live() + "/f", "first\n"); }

  void make_file() const { output_of("rm -rf " + live() + " && echo file > " + live()); }
  void make_directory() const {
    output_of("rm -rf " + live() + " && mkdir " + live() + " && echo new > " + live() + "/g");
  }
  std::string shape() const {
    return output_of("cd " + std::string(dir.path()) + " && find live -type f | xargs grep -H .");
  }
  void require_back(const Snapshot& snapshot, const std::string& wanted) {
    const InPlaceReport report = bring_back(snapshot);
    CHECK(issues_of(report) == "");
    CHECK(shape() == wanted);
    CHECK(report.after->content == snapshot.content);
    CHECK(debris() == "");
  }
};

constexpr const char* kDirectory = "live/f:first\n";
constexpr const char* kFile = "live:file\n";

}  // namespace

TEST_CASE("restore: the one root comes back as what it was, a directory or a file [S02]") {
  RootKinds c;
  const Snapshot directory = c.take_live();
  c.make_file();
  const Snapshot file = c.take_live();
  c.require_back(directory, kDirectory);
  c.require_back(file, kFile);
  output_of("rm " + c.live());
  c.require_back(directory, kDirectory);
  output_of("rm -r " + c.live());
  c.require_back(file, kFile);
  c.make_directory();
  const InPlaceReport report = c.bring_back(file);
  CHECK(c.shape() == kFile);
  c.require_back(*report.before, "live/g:new\n");
}

TEST_CASE("restore: a plan of such a root says what applying it does") {
  RootKinds c;
  const Snapshot directory = c.take_live();
  c.make_file();
  const RestorePlan plan = plan_restore(c.store, c.target(directory), c.exact());
  CHECK(plan.restored == 1);
  CHECK(plan.issues.empty());
  InPlaceTarget target = c.target(directory);
  target.expected_live = plan.live.value().hex();
  CHECK(apply(c.store, {target}, c.exact()).front().plan.restored == 1);
  CHECK(c.shape() == kDirectory);
}

TEST_CASE("restore: of several roots one comes back as a directory in the place of a file [S02]") {
  RootKinds c;
  const std::string other = c.dir / "other";
  write_file(other, "other\n");
  Profile profile = c.profile();
  profile.roots = {{c.live(), "live", {}, false}, {other, "other", {}, false}};
  const auto take = [&] {
    CreateOptions options;
    options.profile = profile;
    return *create_snapshot(c.store, options).snapshot;
  };
  const auto bring_back = [&](const Snapshot& snapshot) {
    InPlaceTarget target = c.target(snapshot);
    target.profile = profile;
    CHECK(issues_of(apply(c.store, {target}, c.exact()).front()) == "");
    CHECK(c.debris() == "");
  };
  const Snapshot directory = take();
  c.make_file();
  const Snapshot file = take();
  bring_back(directory);
  CHECK(c.shape() == kDirectory);
  bring_back(file);
  CHECK(c.shape() == kFile);
}

TEST_CASE(
    "restore: a root link that leads nowhere is never replaced, and followed once it leads on") {
  RootKinds c;
  const std::string elsewhere = c.dir / "elsewhere";
  std::filesystem::rename(c.live(), elsewhere);
  std::filesystem::create_directory_symlink(elsewhere, c.live());
  const Snapshot snapshot = c.take_live();
  output_of("rm -r " + elsewhere);
  try {
    c.bring_back(snapshot);
    FAIL("there is nothing to follow");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::Invalid);
    CHECK(error.remedy().find("make the directory that it leads to") == 0);
  }
  CHECK(!fs::exists(elsewhere));
  std::filesystem::create_directory(elsewhere);
  CHECK(issues_of(c.bring_back(snapshot)) == "");
  CHECK(std::filesystem::is_symlink(c.live()));
  CHECK(read_text(elsewhere + "/f") == "first\n");
  CHECK(c.debris() == "");
}

}  // namespace stravinsky::test
