#include "index/stat_cache.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <set>

#include "index/believable.hpp"
#include "index/stat_cache_parts.hpp"
#include "scan/memory_sink.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::Scans;
using test::TempDir;
using test::write_file;
using namespace std::chrono_literals;

TEST_CASE("scan: a file is believed only if it changed safely before it was looked at") {
  const Timestamp now{std::chrono::seconds(1'700'000'000) + 500ms};
  const FileTime old{1'600'000'000, 1};
  CHECK(is_believable(old, {1'700'000'000, 480'000'000}, now));
  CHECK(!is_believable(old, {1'700'000'000, 480'000'001}, now));  // within a tick
  CHECK(!is_believable(old, {1'700'000'000, 500'000'000}, now));
  CHECK(!is_believable(old, {1'700'000'000, 500'000'001}, now));  // a clock that was set back
  CHECK(!is_believable(old, {1'700'000'009, 0}, now));
  CHECK(!is_believable(old, {INT64_MAX, 999'999'999}, now));
  CHECK(is_believable(old, {INT64_MIN, 0}, now));
  // Whole seconds: the filesystem may count in steps of two.
  const FileTime whole{1'600'000'000, 0};
  CHECK(!is_believable(whole, {1'699'999'999, 0}, now));
  CHECK(is_believable(whole, {1'699'999'998, 0}, now));
  CHECK(is_believable(old, {1'699'999'999, 0}, now));  // the other time has nanoseconds
}

namespace {

/// A tree of some files, scanned once and saved.
struct Saved {
  TempDir dir, elsewhere;
  Scans scans{dir.path()};
  ScanResult first;
  const ObjectId basis = sha1(as_bytes("basis"));
  const std::string path = elsewhere / "cache";

  Saved() {
    fs::make_directory(dir / "sub");
    fs::make_directory(dir / "sub/below");
    for (const std::string name : {"a", "b", "sub/a", "sub/below/a"}) {
      write_file(dir / name, name + " is this");
    }
    test::output_of("setfattr -n user.k -v v " + (dir / "a"));
    REQUIRE(symlink("nowhere", (dir / "link").c_str()) == 0);
    first = scans();
    save();
    reload();
  }
  void save() { scans.cache.save(path, path + ".tmp", basis); }
  void reload() { scans.cache = StatCache::load(path, basis); }
};

struct Times {
  timespec access, modification;
};
Times times_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return {status.st_atim, status.st_mtim};
}
void set_times(const std::string& path, const Times& times) {
  const timespec both[2] = {times.access, times.modification};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), both, 0) == 0);
}
void overwrite(const std::string& path, std::string_view content) {
  const fs::Fd fd = fs::open(path, O_WRONLY);
  fs::write_all(fd.get(), as_bytes(content), path);
}

}  // namespace

TEST_CASE("scan: nothing of an unchanged tree is read, listed anew or put") {
  Saved saved;
  const ScanResult again = saved.scans();
  CHECK(again.files_read == 0);
  CHECK(again.bytes_read == 0);
  CHECK(saved.scans.sink.put.empty());
  CHECK(!saved.scans.cache.changed());
  CHECK(again.top == saved.first.top);
  CHECK(again.files_unmodified == 5);
  CHECK(again.entries == saved.first.entries);
  CHECK(again.bytes == saved.first.bytes);
  CHECK(again.directories == saved.first.directories);
  CHECK(saved.scans.progress.files_done == saved.scans.progress.files_expected);

  // The same without saving in between, and with a sink that wants every directory.
  saved.scans.sink.reuse = false;
  CHECK(saved.scans().top == saved.first.top);
  CHECK(saved.scans.sink.put.size() == 3);
  CHECK(saved.scans().files_read == 0);
  CHECK(!saved.scans.cache.changed());
}

TEST_CASE("scan: a cache that found nothing new is not written again, but for another tree") {
  Saved saved;
  const auto file = [&] { return fs::find_stat(saved.path)->st_ino; };
  const ino_t first = file();
  saved.scans();
  saved.save();
  CHECK(file() == first);
  const ObjectId another = sha1(as_bytes("another"));
  saved.scans.cache.save(saved.path, saved.path + ".tmp", another);
  CHECK(file() != first);
  CHECK(StatCache::load(saved.path, saved.basis).parts().image().empty());
  saved.scans.cache = StatCache::load(saved.path, another);
  CHECK(saved.scans().files_read == 0);
}

TEST_CASE("scan: of a changed tree only what changed is read, and put up to the top") {
  Saved saved;
  write_file(saved.dir / "sub/below/new", "new");
  write_file(saved.dir / "sub/a", "another one");
  const ScanResult again = saved.scans();
  CHECK(again.files_read == 2);
  CHECK(again.files_new == 1);
  CHECK(again.files_changed == 1);
  CHECK(again.files_unmodified == 4);
  CHECK(saved.scans.sink.put == std::vector<std::string>{"sub/below", "sub", ""});
  CHECK(again.top != saved.first.top);
  CHECK(saved.scans.cache.changed());
  CHECK(saved.scans.sink.entry("a").xattrs.size() == 1);
  CHECK(saved.scans.sink.entry("link").link == "nowhere");

  // What was kept and what was written anew make one cache.
  saved.save();
  saved.reload();
  const ScanResult last = saved.scans();
  CHECK(last.top == again.top);
  CHECK(last.files_read == 0);
  CHECK(saved.scans.sink.put.empty());
  Scans fresh(saved.dir.path());
  CHECK(fresh().top == last.top);

  fs::remove_file(saved.dir / "sub/below/new");
  saved.scans();
  CHECK(saved.scans.sink.names("sub/below") == "a");
  CHECK(saved.scans.sink.put.size() == 3);
}

TEST_CASE("scan: where nobody wants it to look, it takes what the cache has") {
  Saved saved;
  fs::make_directory(saved.dir / "other");
  write_file(saved.dir / "other/a", "other");
  write_file(saved.dir / "sub/below/b", "beside");
  saved.scans();
  saved.save();
  saved.reload();
  write_file(saved.dir / "other/a", "a change that nobody announced");
  write_file(saved.dir / "sub/below/a", "a change that somebody did");
  write_file(saved.dir / "sub/below/b", "another beside it that nobody announced");
  write_file(saved.dir / "sub/below/new", "in a directory that is listed");
  const std::set<std::string> only{"sub", "sub/below", "sub/below/a"};
  saved.scans.options.only = &only;
  const ScanResult partly = saved.scans();
  CHECK(partly.files_read == 2);
  CHECK(saved.scans.sink.put == std::vector<std::string>{"sub/below", "sub", ""});
  CHECK(saved.scans.sink.content("other/a") == "other");
  CHECK(saved.scans.sink.content("sub/below/a") == "a change that somebody did");
  CHECK(saved.scans.sink.content("sub/below/b") == "beside");
  CHECK(saved.scans.sink.content("sub/below/new") == "in a directory that is listed");

  // What was not looked at is in the cache as before, so the next scan finds that it changed.
  saved.save();
  saved.reload();
  saved.scans.options.only = nullptr;
  const ScanResult all = saved.scans();
  CHECK(all.files_read == 2);
  CHECK(all.top != partly.top);
  CHECK(saved.scans.sink.content("sub/below/b") == "another beside it that nobody announced");
  CHECK(saved.scans.sink.content("other/a") == "a change that nobody announced");
  Scans fresh(saved.dir.path());
  CHECK(fresh().top == all.top);
}

TEST_CASE("scan: a directory that the cache does not know is looked at whatever is wanted") {
  Saved saved;
  fs::make_directory(saved.dir / "new");
  write_file(saved.dir / "new/a", "new");
  fs::remove_file(saved.dir / "link");
  fs::make_directory(saved.dir / "link");
  write_file(saved.dir / "link/a", "no link any more");
  const std::set<std::string> only;
  saved.scans.options.only = &only;
  const ScanResult partly = saved.scans();
  CHECK(partly.files_read == 2);
  Scans fresh(saved.dir.path());
  CHECK(fresh().top == partly.top);
}

TEST_CASE("scan: no way to change a file and look as before goes unseen") {
  Saved saved;
  const std::string path = saved.dir / "sub/a";
  const Times before = times_of(path);
  std::string expected = "sub/a IS THIS";
  SUBCASE("same size, times set back") {
    overwrite(path, expected);
    set_times(path, before);
  }
  SUBCASE("another inode of the same size and times, renamed into place") {
    write_file(saved.elsewhere / "other", expected);
    set_times(saved.elsewhere / "other", before);
    REQUIRE(rename((saved.elsewhere / "other").c_str(), path.c_str()) == 0);
  }
  SUBCASE("only the mode") {
    expected = "sub/a is this";
    REQUIRE(chmod(path.c_str(), 0600) == 0);
  }
  SUBCASE("only an extended attribute") {
    expected = "sub/a is this";
    test::output_of("setfattr -n user.new -v 1 " + path);
  }
  // One that was there before, with its page still to be written to disk, tells nobody.
  SUBCASE("through a shared mapping made since") {
    test::output_of(
        "python3 -c 'import mmap,sys\n"
        "with open(sys.argv[1], \"r+b\") as f:\n"
        "  m = mmap.mmap(f.fileno(), 0); m[:] = sys.argv[2].encode(); m.flush()' " +
        path + " '" + expected + "'");
  }
  const ScanResult again = saved.scans();
  CHECK(again.files_read == 1);
  CHECK(again.files_changed == 1);
  CHECK(saved.scans.sink.content("sub/a") == expected);
  CHECK(again.top != saved.first.top);
}

TEST_CASE("scan: a file written in the tick it was read in is read again until that is past") {
  const TempDir dir;
  write_file(dir / "young", "one");
  Scans scans(dir.path());
  // The clock stands where the file says it was written, or before, as after it was set back.
  struct Standing final : Clock {
    Timestamp time;
    Timestamp now() const override { return time; }
  } clock;
  const auto changed = [&] {
    struct stat status {};
    REQUIRE(stat((dir / "young").c_str(), &status) == 0);
    return Timestamp(std::chrono::seconds(status.st_ctim.tv_sec) +
                     std::chrono::nanoseconds(status.st_ctim.tv_nsec));
  };
  clock.time = changed();
  SUBCASE("same tick") {}
  SUBCASE("the clock was set back") { clock.time -= 1h; }
  scans.options.file_clock = &clock;
  CHECK(scans().files_read == 1);
  CHECK(scans().files_read == 1);
  const Times before = times_of(dir / "young");
  overwrite(dir / "young", "two");
  set_times(dir / "young", before);
  CHECK(scans().files_changed == 1);
  CHECK(scans.sink.content("young") == "two");

  clock.time = changed() + 1s;
  const ScanResult settled = scans();
  CHECK(settled.files_read == 1);  // now it is believed
  CHECK(settled.files_unmodified == 1);
  CHECK(scans.cache.changed());
  CHECK(scans().files_read == 0);
}

TEST_CASE("scan: a directory renamed over another is not taken for it") {
  Saved saved;
  fs::make_directory(saved.dir / "twin");
  write_file(saved.dir / "twin/a", "twin's own!!!");
  set_times(saved.dir / "twin/a", times_of(saved.dir / "sub/a"));
  test::output_of("cd " + saved.dir.path() + " && mv sub away && mv twin sub && rm -r away");
  saved.scans();
  CHECK(saved.scans.sink.content("sub/a") == "twin's own!!!");
  CHECK(saved.scans.sink.names("sub") == "a");
}

TEST_CASE("scan: entries may change their type between two scans") {
  Saved saved;
  test::output_of("cd " + saved.dir.path() +
                  " && rm -r a b sub && mkdir a && echo x > a/b && "
                  "ln -s a b && echo file > sub && mkfifo c");
  const ScanResult again = saved.scans();
  CHECK(saved.scans.sink.entry("a").type == EntryType::Directory);
  CHECK(saved.scans.sink.entry("b").type == EntryType::Symlink);
  CHECK(saved.scans.sink.content("sub") == "file\n");
  Scans fresh(saved.dir.path());
  CHECK(fresh().top == again.top);
}

TEST_CASE("scan: a cache of another basis, of another version, cut or damaged is empty") {
  Saved saved;
  const std::string whole = fs::read_file(saved.path);
  CHECK(StatCache::load(saved.path, sha1(as_bytes("another"))).parts().image().empty());
  CHECK(StatCache::load(saved.elsewhere / "none", saved.basis).parts().image().empty());
  CHECK(StatCache::load(saved.elsewhere.path(), saved.basis).parts().image().empty());
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 9) {
    write_file(saved.path, whole.substr(0, size));
    CHECK(StatCache::load(saved.path, saved.basis).parts().image().empty());
  }
  for (std::size_t at = 0; at < whole.size(); at += 1 + at / 20) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    write_file(saved.path, damaged);
    CHECK(StatCache::load(saved.path, saved.basis).parts().image().empty());
  }
  write_file(saved.path, whole);
  CHECK(!StatCache::load(saved.path, saved.basis).parts().image().empty());
}

TEST_CASE("scan: a cache damaged under a right checksum is no danger") {
  Saved saved;
  const std::string whole = fs::read_file(saved.path);
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    for (std::size_t n = 1 + random() % 4; n > 0; --n) {
      const std::size_t at = 24 + random() % (damaged.size() - 24);
      damaged[at] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    }
    const std::string_view covered = std::string_view(damaged).substr(16);
    const std::uint32_t checksum = libdeflate_crc32(0, covered.data(), covered.size());
    std::memcpy(damaged.data() + 12, &checksum, sizeof checksum);
    write_file(saved.path, damaged);
    Scans scans(saved.dir.path());
    scans.cache = StatCache::load(saved.path, saved.basis);
    const ScanResult result = scans();
    CHECK(result.entries <= saved.first.entries);
    scans.cache.save(saved.path, saved.path + ".tmp", saved.basis);
    CHECK(fs::read_file(saved.path).size() < 4 * whole.size());
    // Whatever it held, what changed on disk is read and what was never there is not made up.
    CHECK(result.losses.size() <= 3);
  }
}

TEST_CASE("scan: names of users that changed make directories be put again") {
  Saved saved;
  saved.scans.cache.parts().accounts.front().name += "x";
  CHECK(saved.scans().top == saved.first.top);
  CHECK(saved.scans.sink.put.size() == 3);
  CHECK(saved.scans.cache.changed());
  saved.scans();
  CHECK(saved.scans.sink.put.empty());
}
