#include <fcntl.h>

#include "fs/fd.hpp"
#include "restore/damage.hpp"
#include "restore/store_case.hpp"

namespace stravinsky::test {
namespace {

std::vector<std::string> dump_to(StoreCase& c, const Snapshot& snapshot, const std::string& path,
                                 ArchiveFormat format, const std::string& file) {
  const fs::Fd fd = fs::open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  return dump(c.store, snapshot, path, format, fd.get());
}

}  // namespace

TEST_CASE("restore: GNU tar unpacks a dump to the same tree, attributes and all") {
  if (!is_root()) {
    MESSAGE("SKIPPED: needs root to give files away");
    return;
  }
  for (const unsigned seed : {1U, 4U, 11U}) {
    StoreCase c;
    const std::string source = c.dir / "source";
    make_nasty_tree(source, seed, "--size 120");
    output_of("find " + source + " -type s -delete; touch -d @77 " + source);
    const Snapshot snapshot = c.take(source);
    CHECK(dump_to(c, snapshot, "", ArchiveFormat::Tar, c.dir / "x.tar").empty());
    output_of(
        fmt::format("cd {} && mkdir out && tar --xattrs '--xattrs-include=*' --same-owner "
                    "--numeric-owner --delay-directory-restore -xpf x.tar -C out",
                    c.dir.path()));
    INFO("seed " << seed);
    CHECK(text_difference(attributes_of(source, "--no-flags --no-top"),
                          attributes_of(c.dir / "out", "--no-flags --no-top")) == "");
  }
}

TEST_CASE("restore: a tar of any directory names what is below it, compressed or not") {
  StoreCase c;
  std::filesystem::create_directories(c.dir / "source/d/e");
  write_file(c.dir / "source/d/e/f", "content\n");
  const Snapshot snapshot = c.take(c.dir / "source");
  CHECK(dump_to(c, snapshot, "d", ArchiveFormat::Tar, c.dir / "x.tar").empty());
  CHECK(dump_to(c, snapshot, "d/", ArchiveFormat::TarZst, c.dir / "x.tar.zst").empty());
  CHECK(output_of("tar -tf " + c.dir / "x.tar") == "./\ne/\ne/f\n");
  CHECK(output_of("tar -xOf " + c.dir / "x.tar e/f") == "content\n");
  if (run("zstd --version").status != 0) {
    MESSAGE("SKIPPED: no zstd here");
    return;
  }
  output_of("cd " + c.dir.path() + " && zstd -dqc x.tar.zst | cmp - x.tar");
}

TEST_CASE("restore: one archive of two snapshots has a directory for each, hard links apart") {
  StoreCase c;
  output_of(
      fmt::format("cd {} && mkdir a b && echo a > a/f && ln a/f a/g && echo b > b/f && "
                  "ln b/f b/g",
                  c.dir.path()));
  const Snapshot a = c.take(c.dir / "a"), b = c.take(c.dir / "b");
  const auto dump_both = [&](const DumpPart& second) {
    const fs::Fd fd = fs::open(c.dir / "x.tar", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return dump(c.store, {{a, "", "one"}, second}, ArchiveFormat::Tar, fd.get());
  };
  CHECK(dump_both({b, "", "two"}).empty());
  output_of(
      fmt::format("cd {} && mkdir out && tar -xf x.tar -C out && cmp out/one/g a/f && "
                  "cmp out/two/g b/f && test out/two/f -ef out/two/g && diff -r out/one a",
                  c.dir.path()));
  CHECK(error_of([&] { dump_both({b, "f", "two"}); }) == Errc::Invalid);
}

TEST_CASE("restore: a zip holds the files, and a line says what it cannot hold") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source + "/d");
  write_file(source + "/d/f", std::string(100000, 'x'));
  output_of("cd " + source + " && mkfifo pipe && ln d/f link && ln -s d/f symbolic");
  const Snapshot snapshot = c.take(source);
  const auto losses = dump_to(c, snapshot, "", ArchiveFormat::Zip, c.dir / "x.zip");
  REQUIRE(losses.size() == 2);
  CHECK(losses[0].find("hard links") != std::string::npos);
  CHECK(losses[1].find("pipe") != std::string::npos);
  CHECK(output_of("python3 -c \"import zipfile; z = zipfile.ZipFile('" + c.dir / "x.zip" +
                  "'); assert z.testzip() is None; print(*sorted(z.namelist())); "
                  "print(len(z.read('d/f')), len(z.read('link')))\"") ==
        "d/ d/f link symbolic\n100000 100000\n");
}

TEST_CASE("restore: one file is dumped as it is, and what has no content is refused") {
  StoreCase c;
  const std::string source = c.dir / "source";
  std::filesystem::create_directories(source);
  output_of("cd " + source + " && head -c 300000 /dev/urandom > f && mkfifo pipe && ln -s f link");
  const Snapshot snapshot = c.take(source);
  dump_to(c, snapshot, "f", ArchiveFormat::Tar, c.dir / "f");
  output_of("cmp " + c.dir / "f" + " " + source + "/f");
  dump_to(c, snapshot, "link", ArchiveFormat::Tar, c.dir / "link");
  CHECK(read_text(c.dir / "link") == "f");
  const auto error = [&](const std::string& path) {
    return error_of([&] { dump_to(c, snapshot, path, ArchiveFormat::Tar, c.dir / "none"); });
  };
  CHECK(error("pipe") == Errc::Invalid);
  CHECK(error("missing") == Errc::NotFound);
  CHECK(error("f/below") == Errc::NotFound);
}

TEST_CASE("restore: a dump to a full device, or of damaged content, fails") {
  StoreCase c;
  std::filesystem::create_directories(c.dir / "source");
  output_of("head -c 300000 /dev/urandom > " + c.dir / "source/f");
  const Snapshot snapshot = c.take(c.dir / "source");
  for (const ArchiveFormat format :
       {ArchiveFormat::Tar, ArchiveFormat::TarZst, ArchiveFormat::Zip}) {
    const fs::Fd full = fs::open("/dev/full", O_WRONLY);
    CHECK(error_of([&] { dump(c.store, snapshot, "", format, full.get()); }) == Errc::NoSpace);
    CHECK(error_of([&] { dump(c.store, snapshot, "f", format, full.get()); }) == Errc::NoSpace);
  }
  damage_object(c.store.git_dir(), snapshot.commit.hex() + ":f");
  c.referee.expect_damage();
  c.reopen();
  CHECK(error_of([&] { dump_to(c, snapshot, "", ArchiveFormat::Tar, c.dir / "x.tar"); }) ==
        Errc::Corrupt);
}

}  // namespace stravinsky::test
