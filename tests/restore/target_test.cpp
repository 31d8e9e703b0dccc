#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "restore/store_case.hpp"

namespace stravinsky::test {
namespace {

/// A snapshot with files on three levels.
Snapshot three_levels(StoreCase& c) {
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/d/e");
  write_file(source + "/f", "new f\n");
  write_file(source + "/d/f", "new d/f\n");
  write_file(source + "/d/e/f", "new d/e/f\n");
  return c.take(source);
}

std::string listing(const std::string& directory) {
  return output_of("cd " + directory + " && find . | sort");
}

}  // namespace

TEST_CASE("restore: the target is new, empty, or the caller says what to overwrite") {
  StoreCase c;
  const Snapshot snapshot = three_levels(c);
  write_file(c.dir / "file", "a file");
  std::filesystem::create_directories(c.dir / "full/x");
  std::filesystem::create_directory(c.dir / "empty");
  std::filesystem::create_directory_symlink("empty", c.dir / "link");
  std::filesystem::create_symlink("nowhere", c.dir / "dangling");
  const auto error = [&](const std::string& target) {
    return error_of([&] { c.restore(snapshot, target); });
  };
  CHECK(error(c.dir / "file") == Errc::Invalid);
  CHECK(error(c.dir / "dangling") == Errc::Invalid);
  CHECK(error(c.dir / "missing/below") == Errc::Invalid);
  CHECK(error(c.dir / "file/below") == Errc::Invalid);
  CHECK(error(c.dir / "file/below/that") == Errc::Invalid);
  CHECK(error(c.dir / "full") == Errc::Exists);
  CHECK(error("") == Errc::Invalid);
  CHECK(error(c.store.path()) == Errc::Invalid);
  CHECK(error(c.store.path() + "/new") == Errc::Invalid);
  CHECK(error(c.store.git_dir() + "/objects/new") == Errc::Invalid);
  CHECK_FALSE(std::filesystem::exists(c.store.path() + "/new"));
  CHECK(issues_of(c.restore(snapshot, c.dir / "link")) == "");  // resolved once, as the user said
  CHECK(read_text(c.dir / "empty/d/e/f") == "new d/e/f\n");
  CHECK(issues_of(c.restore(snapshot, c.dir / "new/")) == "");
  CHECK(listing(c.dir / "new") == listing(c.dir / "source"));
}

TEST_CASE("restore: the store is not written to where a snapshot has its path") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/store");
  write_file(source + "/store/config.json", "{}");
  write_file(source + "/beside", "beside");
  const Snapshot snapshot = c.take(source);
  const RestoreReport report =
      c.restore(snapshot, c.dir.path(), {.overwrite = Overwrite::Always, .owner = false});
  CHECK(report.failed == 1);
  CHECK(issues_of(report).find("store itself") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(c.store.path() + "/config.json"));
  CHECK(read_text(c.dir / "beside") == "beside");
}

TEST_CASE("restore: symlinks lying in the target are never written through") {
  // Four positions, each absolute and relative: a file, a directory, and both one level down.
  for (const bool absolute : {false, true}) {
    for (const char* position : {"f", "d", "d/f", "d/e"}) {
      StoreCase c;
      const Snapshot snapshot = three_levels(c);
      std::filesystem::create_directories(c.dir / "outside/e");
      write_file(c.dir / "outside/f", "precious\n");
      write_file(c.dir / "outside/e/f", "precious too\n");
      const std::string before = attributes_of(c.dir / "outside");
      const std::string target = c.dir / "target";
      const bool to_file = std::string(position).ends_with("f");
      const std::string up =
          std::string(position).find('/') == std::string::npos ? "../" : "../../";
      std::filesystem::create_directories(target + (up == "../" ? "" : "/d"));
      const std::string place =
          (absolute ? c.dir.path() + "/" : up) + (to_file ? "outside/f" : "outside");
      std::filesystem::create_symlink(place, target + "/" + position);
      for (const Overwrite overwrite :
           {Overwrite::Never, Overwrite::IfNewer, Overwrite::IfChanged, Overwrite::Always}) {
        INFO(position << (absolute ? " absolute " : " relative ") << static_cast<int>(overwrite));
        const RestoreReport report = c.restore(snapshot, target, {.overwrite = overwrite});
        CHECK(text_difference(before, attributes_of(c.dir / "outside")) == "");
        if (!to_file) {
          CHECK(report.failed == 1);
          CHECK(issues_of(report).find("symlink") != std::string::npos);
          CHECK(std::filesystem::is_symlink(target + "/" + position));
        }
      }
      if (to_file) {
        CHECK_FALSE(std::filesystem::is_symlink(target + "/" + position));
        CHECK(read_text(target + "/" + position) == std::string("new ") + position + "\n");
      }
    }
  }
}

TEST_CASE("restore: a directory swapped for a symlink meanwhile never leads outside") {
  StoreCase c;
  const std::string source = c.dir / "source";
  for (int i = 0; i < 20; ++i) {
    std::filesystem::create_directories(source + "/d/e" + std::to_string(i));
    for (int k = 0; k < 10; ++k) {
      write_file(source + "/d/e" + std::to_string(i) + "/f" + std::to_string(k), "new");
    }
  }
  const Snapshot snapshot = c.take(source);
  const std::string target = c.dir / "target", outside = c.dir / "outside";
  std::filesystem::create_directories(outside + "/e1");
  write_file(outside + "/e1/f1", "precious");
  const std::string before = attributes_of(outside);
  std::filesystem::create_directories(target);
  std::filesystem::create_directory_symlink(outside, target + "/swap");
  // Another process exchanges `d` and the symlink as fast as it can while we restore.
  std::atomic<int> swaps{0};
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    const fs::Fd directory = fs::open_directory(target);
    while (!done) {
      if (renameat2(directory.get(), "d", directory.get(), "swap", RENAME_EXCHANGE) == 0) ++swaps;
    }
  });
  while (swaps < 1000) {
    try {
      c.restore(snapshot, target, {.overwrite = Overwrite::Always, .verify = false});
    } catch (const Error&) {
      // Stopping with an error is as good as going on with issues.
    }
  }
  done = true;
  swapper.join();
  CHECK(text_difference(before, attributes_of(outside)) == "");
}

TEST_CASE("restore: a target that cannot be written to is refused before anything is tried") {
  StoreCase c;
  const Snapshot snapshot = three_levels(c);
  output_of("chmod 755 " + c.dir.path() + " && mkdir -m 555 " + c.dir / "target" +
            (is_root() ? " && chown -R 65534:65534 " + c.dir / "store" : std::string()));
  const StoreOptions options = c.options();
  const int status = as_nobody([&] {
    const Store store = Store::open(options, Access::Read);
    RestoreOptions restore;
    for (const char* name : {"target", "target/new"}) {
      restore.target = c.dir / name;
      if (error_of([&] { restore_to_directory(store, snapshot, restore); }) != Errc::Denied) {
        return 1;
      }
    }
    return 0;
  });
  CHECK(status == 0);
}

TEST_CASE("restore: a directory in the way of a file is left alone, and a file in that of one") {
  StoreCase c;
  const Snapshot snapshot = three_levels(c);
  const std::string target = c.dir / "target";
  std::filesystem::create_directories(target + "/f/kept");
  write_file(target + "/d", "a file");
  const RestoreReport report = c.restore(snapshot, target, {.overwrite = Overwrite::Always});
  CHECK(report.failed == 2);
  CHECK(std::filesystem::exists(target + "/f/kept"));
  CHECK(read_text(target + "/d") == "a file");
}

TEST_CASE("restore: overwriting does what its mode says") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directory(source);
  for (const char* name : {"same", "older", "newer", "edited", "missing"}) {
    write_file(source + "/" + name, "stored\n");
  }
  output_of("cd " + source + " && touch -d @2000 *");
  const Snapshot snapshot = c.take(source);
  const auto restored = [&](Overwrite overwrite) {
    const std::string target = c.dir / "target";
    fs::remove_tree(target);
    output_of("cp -a " + source + " " + target + " && cd " + target +
              " && rm missing && echo live-- > older && touch -d @1000 older && "
              "echo live-- > newer && touch -d @3000 newer && echo live-- > edited && "
              "touch -d @2000 edited && touch same.extra && touch -d @2000 same");
    const RestoreReport report = c.restore(snapshot, target, {.overwrite = overwrite});
    CHECK(issues_of(report) == "");
    CHECK(std::filesystem::exists(target + "/same.extra"));
    std::string text = fmt::format("{} {} {}:", report.restored, report.unchanged, report.skipped);
    for (const char* name : {"same", "older", "newer", "edited", "missing"}) {
      if (read_text(target + "/" + name) == "stored\n") text += std::string(" ") + name;
    }
    return text;
  };
  CHECK(restored(Overwrite::Always) == "5 0 0: same older newer edited missing");
  CHECK(restored(Overwrite::IfChanged) == "4 1 0: same older newer edited missing");
  CHECK(restored(Overwrite::IfNewer) == "2 0 3: same older missing");
  CHECK(restored(Overwrite::Never) == "1 0 4: same missing");
}

TEST_CASE("restore: a dry run counts and touches nothing") {
  StoreCase c;
  const Snapshot snapshot = three_levels(c);
  RestoreReport report = c.restore(snapshot, c.dir / "target", {.dry_run = true});
  CHECK(report.restored == 3);
  CHECK_FALSE(std::filesystem::exists(c.dir / "target"));
  std::filesystem::create_directories(c.dir / "target/d");
  write_file(c.dir / "target/d/f", "live");
  const std::string before = attributes_of(c.dir / "target");
  report = c.restore(snapshot, c.dir / "target", {.overwrite = Overwrite::Never, .dry_run = true});
  CHECK(report.restored == 2);
  CHECK(report.skipped == 1);
  CHECK(text_difference(before, attributes_of(c.dir / "target")) == "");
}

TEST_CASE("restore: only the paths and patterns asked for come back") {
  StoreCase c;
  const Snapshot snapshot = three_levels(c);
  int number = 0;
  const auto restored = [&](RestoreOptions options) {
    const std::string target = c.dir / ("t" + std::to_string(number++));
    const RestoreReport report = c.restore(snapshot, target, std::move(options));
    CHECK(issues_of(report) == "");
    return output_of("cd " + target + " && find . | sort | tr '\\n' ' '");
  };
  CHECK(restored({.paths = {"d/e"}}) == ". ./d ./d/e ./d/e/f ");
  CHECK(restored({.paths = {"f", "d/f/"}}) == ". ./d ./d/f ./f ");
  CHECK(restored({.exclude = {"/d/e"}}) == ". ./d ./d/f ./f ");
  CHECK(restored({.include = {"d/e/f"}}) == ". ./d ./d/e ./d/e/f ");
  CHECK(restored({.include = {"f"}, .exclude = {"d/"}}) == ". ./f ");
  CHECK(restored({.include = {"nothing"}}) == ". ");
  CHECK(error_of([&] { restored({.paths = {"d/missing"}}); }) == Errc::NotFound);
  CHECK(error_of([&] { restored({.paths = {"f/below"}}); }) == Errc::NotFound);
  CHECK(error_of([&] { restored({.paths = {"../f"}}); }) == Errc::Invalid);
}

TEST_CASE("restore: a default ACL of the target's does not stay on what is restored") {
  StoreCase c;
  const Snapshot snapshot = three_levels(c);
  std::filesystem::create_directories(c.dir / "target");
  if (run("setfacl -d -m u:33:rwx,g::rwx,o::rwx " + c.dir / "target").status != 0) {
    MESSAGE("SKIPPED: no ACLs here");
    return;
  }
  CHECK(issues_of(c.restore(snapshot, c.dir / "target")) == "");
  CHECK(text_difference(attributes_of(c.dir / "source"), attributes_of(c.dir / "target")) == "");
}

}  // namespace stravinsky::test
