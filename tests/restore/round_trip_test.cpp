#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <random>

#include "restore/apply_attributes.hpp"
#include "restore/store_case.hpp"

namespace stravinsky::test {
namespace {

/// What a copy made by another user cannot keep.
constexpr const char* kUnprivileged = "--no-owner --no-mode --no-xattrs --no-flags";

/// Takes the trees of `count` seeds there and back. Together: to start Python for each of them
/// would take most of the time.
void round_trips(unsigned first, unsigned count, const std::string& more) {
  StoreCase c;
  const std::string sources = c.dir / "sources", targets = c.dir / "targets";
  make_nasty_tree(sources, first, fmt::format("--trees {} {}", count, more));
  const std::string before = attributes_of(sources, "--no-top");
  std::filesystem::create_directory(targets);
  for (unsigned seed = first; seed < first + count; ++seed) {
    const Snapshot snapshot = c.take(fmt::format("{}/{}", sources, seed));
    const RestoreReport report = c.restore(snapshot, fmt::format("{}/{}", targets, seed));
    INFO("seed " << seed << "\n" << issues_of(report));
    CHECK(report.issues.empty());
    CHECK(report.failed == 0);
  }
  CHECK(text_difference(before, attributes_of(targets, "--no-top")) == "");
  CHECK(text_difference(before, attributes_of(sources, "--no-top")) == "");  // only read
}

}  // namespace

TEST_CASE("restore: a tree that is hard to copy comes back with every byte and attribute [D7]") {
  const char* given = std::getenv("STRAVINSKY_SEED");
  const auto seed = static_cast<unsigned>(given != nullptr ? std::strtoul(given, nullptr, 10)
                                                           : std::random_device()());
  CAPTURE(seed);
  const bool all = std::getenv("STRAVINSKY_ALL") != nullptr;
  if (!is_root()) MESSAGE("SKIPPED: devices, owners and capabilities need root");
  // Each tree has a seed of its own; those of one run lie side by side.
  const unsigned first = seed % 1'000'000'000;
  round_trips(first, 20, "--size 150");
  unsigned trees = 20;
  for (constexpr unsigned kBatch = 100; all && trees < 10'020; trees += kBatch) {
    round_trips(first + trees, kBatch, "--size 12");
  }
  MESSAGE(trees << " trees came back");
}

TEST_CASE("restore: a tree of 5,000 levels works with 32 descriptors") {
  StoreCase c;
  const std::string source = c.dir / "source";
  make_nasty_tree(source, 7, "--size 20 --deep 5000");
  const Snapshot snapshot = c.take(source);
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &old) == 0);
  const rlimit few{.rlim_cur = 32, .rlim_max = old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const RestoreReport report = c.restore(snapshot, c.dir / "target");
  REQUIRE(setrlimit(RLIMIT_NOFILE, &old) == 0);
  CHECK(issues_of(report) == "");
  CHECK(text_difference(attributes_of(source), attributes_of(c.dir / "target")) == "");
}

TEST_CASE("restore: a restored tree is the same snapshot again") {
  StoreCase c;
  make_nasty_tree(c.dir / "source", 3, "--size 100");
  const Snapshot first = c.take(c.dir / "source");
  c.restore(first, c.dir / "target");
  const Snapshot second = c.take(c.dir / "target");
  CHECK(first.content == second.content);
}

TEST_CASE("restore: another user gets all content, and a list of what could not be set") {
  if (!is_root()) {
    MESSAGE("SKIPPED: needs root to become another user");
    return;
  }
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directory(source);
  write_file(source + "/plain", "mine to give\n");
  write_file(source + "/program", "#!/bin/sh\n");
  output_of("cd " + source +
            " && chmod 4755 program && chmod 0400 plain && ln plain again && "
            "mkdir -m 0500 locked && touch -d @5 locked/inside && touch -d @7 locked && "
            "mkfifo -m 0640 pipe && ln -s nowhere link && mknod null c 1 3");
  const Snapshot snapshot = c.take(source);
  output_of("chmod 755 " + c.dir.path() + " && chown -R 65534:65534 " + c.dir / "store" +
            " && mkdir -m 777 " + c.dir / "open");
  StoreOptions options = c.options();
  const std::string target = c.dir / "open/target";
  const int status = as_nobody([&] {
    const Store store = Store::open(options, Access::Read);
    RestoreOptions restore;
    restore.target = target;
    const RestoreReport report = restore_to_directory(store, snapshot, restore);
    const auto says = [&](const std::string& path, const std::string& words, bool content) {
      for (const RestoreIssue& issue : report.issues) {
        if (issue.path == path && issue.content == content &&
            issue.reason.find(words) != std::string::npos) {
          return true;
        }
      }
      std::fprintf(stderr, "no issue for %s about %s in:\n%s", path.c_str(), words.c_str(),
                   issues_of(report).c_str());
      return false;
    };
    if (!says("program", "setuid left off", false)) return 1;
    if (!says("again", "owner 0", false)) return 2;  // the first name of `plain`
    if (!says("null", "cannot create", true)) return 3;
    return report.failed == 1 ? 0 : 4;
  });
  CHECK(status == 0);
  struct stat program {};
  REQUIRE(stat((target + "/program").c_str(), &program) == 0);
  CHECK((program.st_mode & 07777) == 0755);  // setuid of another owner would be a hole
  CHECK(program.st_uid == 65534);
  output_of("rm " + source + "/null");
  const std::string only = std::string(kUnprivileged) + " --no-top";
  CHECK(text_difference(attributes_of(source, only), attributes_of(target, only)) == "");
  CHECK(output_of("stat -c %a " + target + "/locked " + target + "/plain") == "500\n400\n");
}

TEST_CASE("restore: owners come by name where the name is known, by number on request") {
  if (!is_root()) {
    MESSAGE("SKIPPED: needs root to give files away");
    return;
  }
  // As if taken on another system, where `daemon` had another number.
  Entry entry;
  entry.uid = 4242;
  entry.gid = 4343;
  entry.uname = "daemon";
  entry.gname = "no-such-group-here";
  CHECK(OwnerPolicy(true, false).user_of(entry) == 1);
  CHECK(OwnerPolicy(true, false).group_of(entry) == 4343);
  CHECK(OwnerPolicy(true, true).user_of(entry) == 4242);
}

TEST_CASE("restore: zero blocks of a sparse file become holes again") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directory(source);
  output_of("cd " + source +
            " && truncate -s 20M holes && printf end >> holes && "
            "printf middle | dd of=holes bs=1 seek=10000001 conv=notrunc status=none");
  const Snapshot snapshot = c.take(source);
  CHECK(issues_of(c.restore(snapshot, c.dir / "target")) == "");
  struct stat original {
  }, copy{};
  REQUIRE(stat((source + "/holes").c_str(), &original) == 0);
  REQUIRE(stat((c.dir / "target/holes").c_str(), &copy) == 0);
  CHECK(copy.st_size == original.st_size);
  CHECK(copy.st_blocks <= original.st_blocks + 16);
  output_of("cmp " + source + "/holes " + c.dir / "target/holes");
}

TEST_CASE("restore: a file that ends in a hole is the same snapshot again") {
  StoreCase c;
  const std::string source = c.dir / "source", target = c.dir / "target";
  std::filesystem::create_directory(source);
  for (const int size : {1, 511, 4095, 4096, 4097, 5000, 12'289}) {
    output_of(fmt::format("truncate -s {} {}/only.{}", size, source, size));
    output_of(fmt::format("echo data > {0}/after.{1} && truncate -s {1} {0}/after.{1}", source,
                          size + 4096));
  }
  const Snapshot snapshot = c.take(source);
  CHECK(issues_of(c.restore(snapshot, target)) == "");
  output_of("diff -r " + source + " " + target);
  const Snapshot again = c.take(target);
  CHECK(again.content == snapshot.content);
}

TEST_CASE("restore: a file larger than the chunk threshold comes back whole") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directory(source);
  output_of("head -c 40000001 /dev/urandom > " + source + "/large");
  const Snapshot snapshot = c.take(source);
  CHECK(issues_of(c.restore(snapshot, c.dir / "target")) == "");
  output_of("cmp " + source + "/large " + c.dir / "target/large");
}

TEST_CASE("restore: a directory of 3,000 entries is shared between the threads") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directory(source);
  for (int i = 0; i < 3000; ++i) {
    write_file(source + "/" + std::to_string(i), std::to_string(i % 100));
  }
  const Snapshot snapshot = c.take(source);
  const RestoreReport report = c.restore(snapshot, c.dir / "target");
  CHECK(report.restored == 3000);
  CHECK(text_difference(attributes_of(source), attributes_of(c.dir / "target")) == "");
}

}  // namespace stravinsky::test
