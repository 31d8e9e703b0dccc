#include "scan/scan.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "fs/fd.hpp"
#include "scan/memory_sink.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::error_of;
using test::Scans;
using test::TempDir;
using test::write_file;

TEST_CASE("scan: every kind of entry is recorded with all its attributes") {
  const TempDir dir;
  write_file(dir / "file", "content");
  REQUIRE(chmod((dir / "file").c_str(), 04755) == 0);
  test::output_of("touch -d '1960-02-03 04:05:06.123456789Z' " + (dir / "file"));
  test::output_of("touch -d '2100-01-01 00:00:00.5Z' " + (dir / "later") +
                  " && setfattr -n user.b -v 2 " + (dir / "file") + " && setfattr -n user.a -v 1 " +
                  (dir / "file"));
  fs::make_directory(dir / "empty", 0751);
  const std::string target(4095, 'x');
  REQUIRE(symlink(target.c_str(), (dir / "link").c_str()) == 0);
  REQUIRE(symlink("link", (dir / "loop").c_str()) == 0);
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0640) == 0);
  const fs::Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (dir / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const bool root = geteuid() == 0;
  if (root) REQUIRE(mknod((dir / "device").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);

  Scans scans(dir.path());
  const ScanResult result = scans();
  CHECK(result.losses.empty());
  CHECK(result.warnings.empty());
  CHECK(result.entries == (root ? 8 : 7));
  CHECK(result.files == 2);
  CHECK(result.directories == 1);
  CHECK(result.bytes == 7);
  CHECK(result.top.digest == result.roots.front().digest);

  const Entry& file = scans.sink.entry("file");
  CHECK(file.type == EntryType::File);
  CHECK(file.mode == 04755);
  CHECK(file.uid == geteuid());
  CHECK(file.uname == test::output_of("printf %s \"$(id -un)\""));
  CHECK(file.size == 7);
  CHECK(file.digest == sha256("content"));
  CHECK(file.mtime == FileTime{-312753294, 123456789});
  CHECK(file.xattrs ==
        std::vector<std::pair<std::string, std::string>>{{"user.a", "1"}, {"user.b", "2"}});
  CHECK(scans.sink.content("file") == "content");
  CHECK(scans.sink.entry("later").mtime == FileTime{4102444800, 500000000});
  CHECK(scans.sink.entry("link").link == target);
  CHECK(scans.sink.content("link") == target);
  CHECK(scans.sink.entry("link").digest.is_zero());
  CHECK(scans.sink.entry("loop").type == EntryType::Symlink);
  CHECK(scans.sink.entry("fifo").type == EntryType::Fifo);
  CHECK(scans.sink.entry("fifo").mode == 0640);
  CHECK(scans.sink.entry("socket").type == EntryType::Socket);
  if (root) {
    CHECK(scans.sink.entry("device").type == EntryType::CharDevice);
    CHECK(scans.sink.entry("device").device_major == 1);
    CHECK(scans.sink.entry("device").device_minor == 3);
  }
  CHECK(scans.sink.entry("empty").type == EntryType::Directory);
  CHECK(!scans.sink.entry("empty").has_attributes);
  CHECK(scans.sink.directories.at("empty").self.mode == 0751);
  CHECK(scans.sink.directories.at("empty").self.mtime);
  CHECK(scans.sink.directories.at("").self.name == ".");
}

TEST_CASE("scan: names may be any bytes but a slash and NUL, 255 of them") {
  const TempDir dir;
  std::string all;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') all += static_cast<char>(byte);
  }
  const std::vector<std::string> names = {all.substr(0, 200),
                                          all.substr(200),
                                          std::string(255, '\xff'),
                                          "-rf",
                                          "a\nb",
                                          " ",
                                          ".git",
                                          "trailing ",
                                          "..."};
  for (const std::string& name : names) {
    fs::make_directory(dir / name);
    write_file(dir / (name + "/" + name), name);
  }
  Scans scans(dir.path());
  const ScanResult result = scans();
  CHECK(result.entries == 2 * names.size());
  for (const std::string& name : names) CHECK(scans.sink.content(name + "/" + name) == name);
}

TEST_CASE("scan: a directory is put after all it holds, whatever the number of threads") {
  const TempDir dir;
  for (const std::string name : {"a", "a-b", "a/b", "a/b/c", "a.d", "z"}) {
    fs::make_directory(dir / name);
    for (int i = 0; i < 70; ++i) {
      write_file(dir / (name + "/f" + std::to_string(i)), name + std::to_string(i));
    }
  }
  std::vector<ScanResult> results;
  for (const std::size_t threads : {1U, 2U, 5U}) {
    Scans scans(dir.path());
    scans.options.threads = threads;
    results.push_back(scans());
    const auto place = [&](const std::string& path) {
      return std::find(scans.sink.put.begin(), scans.sink.put.end(), path);
    };
    CHECK(scans.sink.put.size() == 7);
    CHECK(place("a/b/c") < place("a/b"));
    CHECK(place("a/b") < place("a"));
    CHECK(scans.sink.put.back() == "");
    CHECK(results.back().files_read == 420);
    CHECK(results.back().files_new == 420);
    CHECK(results.back().top == results.front().top);
    CHECK(scans.progress.files_done == scans.progress.files_expected);
    CHECK(scans.progress.bytes_done == scans.progress.bytes_expected);
    CHECK(scans.progress.files_done == 420);
    CHECK(scans.progress.is_complete);
  }
}

TEST_CASE("scan: hard links point at the first of their paths and are read once") {
  const TempDir dir;
  fs::make_directory(dir / "a");
  write_file(dir / "a/x", "shared");
  // `a-b` comes before `a/x` in bytewise order of full paths, though after `a` as a name.
  REQUIRE(link((dir / "a/x").c_str(), (dir / "a-b").c_str()) == 0);
  REQUIRE(link((dir / "a/x").c_str(), (dir / "b").c_str()) == 0);
  Scans scans(dir.path());
  const ScanResult result = scans();
  CHECK(result.files_read == 1);
  CHECK(result.files == 3);
  CHECK(result.bytes == 18);
  CHECK(scans.sink.entry("a-b").hardlink.empty());
  CHECK(scans.sink.entry("a/x").hardlink == "a-b");
  CHECK(scans.sink.entry("b").hardlink == "a-b");
  CHECK(scans.sink.content("b") == "shared");
  CHECK(scans.progress.bytes_done == scans.progress.bytes_expected);

  const ScanResult again = scans();
  CHECK(again.files_read == 0);
  CHECK(again.files_unmodified == 3);
  CHECK(again.top == result.top);
  CHECK(!scans.sink.put.empty());  // what they point at is found anew

  // The first name goes: the next takes its place, also where nothing else changed.
  fs::remove_file(dir / "a-b");
  CHECK(scans().files_read == 1);  // the number of links changed, and with it the change time
  CHECK(scans.sink.entry("a/x").hardlink.empty());
  CHECK(scans.sink.entry("b").hardlink == "a/x");
}

namespace {

/// `depth` directories one in the other; each tenth has a file and a second directory behind it,
/// for which a walk must come back.
void make_deep(const std::string& top, int depth, const std::string& name) {
  fs::Fd at = fs::open_directory(top);
  for (int i = 0; i < depth; ++i) {
    REQUIRE(mkdirat(at.get(), name.c_str(), 0755) == 0);
    if (i % 10 == 0) {
      REQUIRE(mkdirat(at.get(), (name + "z").c_str(), 0755) == 0);
      REQUIRE(fs::open_at(at.get(), "zfile", O_CREAT | O_WRONLY, 0644));
    }
    at = fs::open_at(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(at);
  }
}

struct DescriptorLimit {
  rlimit before{};
  explicit DescriptorLimit(rlim_t limit) {
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit lowered = before;
    lowered.rlim_cur = limit;
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before); }
};

}  // namespace

TEST_CASE("scan: trees of 5,000 levels take 32 descriptors and no stack") {
  const TempDir dir;
  make_deep(dir.path(), 5000, "d");
  Scans scans(dir.path());
  scans.options.threads = 16;
  const DescriptorLimit limit(32);
  const ScanResult result = scans();
  CHECK(result.losses.empty());
  CHECK(result.directories == 5500);
  CHECK(result.files == 500);
  CHECK(scans.sink.put.size() == 5501);
  const ScanResult again = scans();
  CHECK(again.top == result.top);
  CHECK(scans.sink.put.empty());
  CHECK(again.files_read == 0);
}

TEST_CASE("scan: paths may be longer than any system call takes") {
  const TempDir dir;
  const std::string name(250, 'n');
  make_deep(dir.path(), 80, name);
  Scans scans(dir.path());
  CHECK(scans().losses.empty());
  std::string path = name;
  for (int i = 1; i < 80; ++i) path += "/" + name;
  CHECK(path.size() > 4 * 4096);
  CHECK(scans.sink.find(path) != nullptr);
}

TEST_CASE("scan: large files come in pieces, their holes unread") {
  const TempDir dir;
  const std::string path = dir / "large";
  const fs::Fd fd = fs::open(path, O_CREAT | O_RDWR);
  REQUIRE(ftruncate(fd.get(), 64 << 20) == 0);
  REQUIRE(pwrite(fd.get(), "data", 4, 20 << 20) == 4);
  Scans scans(dir.path());
  scans.options.chunk_threshold = 1 << 20;
  const ScanResult result = scans();
  const Entry& entry = scans.sink.entry("large");
  CHECK(entry.digest.hex() == test::output_of("sha256sum " + path).substr(0, 64));
  CHECK(entry.sparse);
  CHECK(entry.chunks == 7);
  CHECK(entry.size == 64 << 20);
  CHECK(scans.sink.zeros > 60 << 20);
  CHECK(result.bytes_read < 1 << 20);
  CHECK(scans.progress.bytes_done == 64 << 20);
}

TEST_CASE("scan: a file that is one single hole is sparse, one without holes is not") {
  const TempDir dir;
  const fs::Fd hole = fs::open(dir / "hole", O_CREAT | O_RDWR);
  REQUIRE(ftruncate(hole.get(), 1 << 20) == 0);
  write_file(dir / "full", std::string(1 << 20, 'x'));
  Scans scans(dir.path());
  scans();
  CHECK(scans.sink.entry("hole").sparse);
  CHECK(!scans.sink.entry("full").sparse);
}

TEST_CASE("scan: several roots stand under their mounts in a top without attributes") {
  const TempDir dir;
  fs::make_directory(dir / "one");
  write_file(dir / "one/x", "x");
  write_file(dir / "settings.json", "{}");
  REQUIRE(symlink("one", (dir / "to-one").c_str()) == 0);
  Scans scans(dir.path());
  scans.options.roots = {{dir / "to-one", "tree", {}},
                         {dir / "settings.json", "", {}},
                         {dir / "missing", "missing", {}}};
  const ScanResult result = scans();
  CHECK(scans.sink.names("") == "settings.json tree");
  CHECK(!scans.sink.directories.at("").self.has_attributes);
  CHECK(scans.sink.content("tree/x") == "x");
  REQUIRE(result.roots.size() == 2);
  CHECK(result.roots[0].is_file);
  CHECK(result.roots[0].digest == sha256("{}"));
  CHECK(result.roots[0].bytes == 2);
  CHECK(result.roots[1].real_path == fs::real_path(dir / "one"));
  CHECK(result.roots[1].digest == scans.sink.entry("tree").digest);
  CHECK(result.entries == 1);
  CHECK(result.bytes == 3);
  CHECK(result.warnings.empty());
  REQUIRE(result.losses.size() == 1);
  CHECK(result.losses.front().kind == Loss::Kind::Vanished);
  CHECK(result.losses.front().reason.find("missing") != std::string::npos);

  const ScanResult again = scans();
  CHECK(again.top == result.top);
  CHECK(again.files_read == 0);
  CHECK(scans.sink.put.empty());

  Scans single(dir / "settings.json");
  CHECK(single().roots.front().mount == "settings.json");
  CHECK(single.sink.names("") == "settings.json");
}

TEST_CASE("scan: roots that are equal, nested, the store's own or no files are refused") {
  const TempDir dir;
  fs::make_directory(dir / "a");
  fs::make_directory(dir / "a/b");
  fs::make_directory(dir / "store");
  fs::make_directory(dir / "store/sub");
  write_file(dir / "file", "");
  REQUIRE(link((dir / "file").c_str(), (dir / "same-file").c_str()) == 0);
  REQUIRE(symlink("a", (dir / "to-a").c_str()) == 0);
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  const auto refused = [&](std::vector<ScanRoot> roots) {
    Scans scans(dir.path());
    scans.options.roots = std::move(roots);
    scans.options.never = {dir / "store"};
    return error_of([&] { scans(); });
  };
  CHECK(refused({{dir / "a", "x", {}}, {dir / "a", "y", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "a", "x", {}}, {dir / "to-a", "y", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "a", "x", {}}, {dir / "a/b", "y", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "a/b", "x", {}}, {dir / "a", "y", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "file", "x", {}}, {dir / "same-file", "y", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "a", "x", {}}, {dir / "file", "x", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "a", "", {}}, {dir / "file", "x", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "a", "x/y", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "fifo", "", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "store", "", {}}}) == Errc::Invalid);
  CHECK(refused({{dir / "store/sub", "", {}}}) == Errc::Invalid);
  CHECK(refused({}) == Errc::Invalid);
  CHECK(refused({{dir / "none", "", {}}}) == Errc::NotFound);
  CHECK(refused({{dir / "none", "x", {}}, {dir / "nor-this", "y", {}}}) == Errc::NotFound);
  CHECK(!refused({{dir / "a", "x", {}}, {dir / "file", "y", {}}}));
}

TEST_CASE("scan: it stops between two files when it is asked to") {
  const TempDir dir;
  for (int i = 0; i < 50; ++i) write_file(dir / std::to_string(i), "x");
  Scans scans(dir.path());
  scans.progress.at_cancelled = [](int call) { return call == 20; };
  CHECK(error_of([&] { scans(); }) == Errc::Cancelled);
  CHECK(scans.sink.put.empty());
  CHECK(scans.sink.contents.size() == 1);
  CHECK(!scans.cache.changed());
}

TEST_CASE("scan: access times stay as they were [P01]") {
  const TempDir dir;
  fs::make_directory(dir / "sub");
  write_file(dir / "sub/file", "x");
  for (const std::string& path : {dir / "sub/file", dir / "sub"}) {
    test::output_of("touch -a -d '2001-01-01 00:00:00Z' " + path);
  }
  Scans scans(dir.path());
  scans();
  CHECK(test::output_of("stat -c %X " + (dir / "sub/file") + " " + (dir / "sub")) ==
        "978307200\n978307200\n");
}
