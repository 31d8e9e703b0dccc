#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>

#include "scan/memory_sink.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::Scans;
using test::TempDir;
using test::write_file;

namespace {

/// A page that is dirty already takes what is written through a mapping without a new time.
class Mapped {
 public:
  Mapped(const std::string& path, std::size_t size) : size_(size) {
    const fs::Fd fd = fs::open(path, O_RDWR);
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    REQUIRE(at != MAP_FAILED);
    bytes_ = static_cast<char*>(at);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() { munmap(bytes_, size_); }
  void fill(char letter) { std::memset(bytes_, letter, size_); }

 private:
  char* bytes_ = nullptr;
  std::size_t size_;
};

Timestamp changed(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return Timestamp(std::chrono::seconds(status.st_ctim.tv_sec) +
                   std::chrono::nanoseconds(status.st_ctim.tv_nsec));
}

struct StandingClock final : Clock {
  Timestamp time;
  Timestamp now() const override { return time; }
};

/// A file of one letter that was written in the tick it is read in.
struct Young {
  static constexpr std::size_t kSize = 4 << 20;
  TempDir dir;
  const std::string path = dir / "file";
  Scans scans{dir.path()};
  StandingClock clock;
  std::unique_ptr<Mapped> mapped;
  int puts = 0;  ///< how often something of it came to the sink

  explicit Young(std::size_t size) {
    write_file(path, std::string(size, 'A'));
    mapped = std::make_unique<Mapped>(path, size);
    mapped->fill('A');
    clock.time = changed(path);
    scans.options.file_clock = &clock;
    scans.options.chunk_threshold = 1 << 20;
  }
  /// At the n-th time the sink gets something, the file becomes what `letter` says.
  void write_at(const std::function<char(int put)>& letter) {
    const auto write = [this, letter] {
      ++puts;
      if (const char now = letter(puts); now != 0) mapped->fill(now);
    };
    scans.sink.on_piece = write;
    scans.sink.on_content = [write](std::string_view) { write(); };
  }
};

std::string digest_of(char letter, std::size_t size) {
  return sha256(std::string(size, letter)).hex();
}

}  // namespace

TEST_CASE("scan: a write in the tick a file was written in never tears it") {
  std::size_t size = Young::kSize;
  int at = 2;
  SUBCASE("a large file between two of its pieces") {}
  SUBCASE("a small one once it was read") {
    size = 1000;
    at = 1;
  }
  Young young(size);
  young.write_at([at](int put) { return put == at ? 'B' : '\0'; });
  const ScanResult result = young.scans();
  CHECK(result.losses.empty());
  CHECK(young.scans.sink.entry("file").digest.hex() == digest_of('B', size));
  CHECK(result.files_read == 1);
  CHECK(young.scans.progress.bytes_done == young.scans.progress.bytes_expected);
}

TEST_CASE("scan: a file whose content changes each time while its times stand is named") {
  Young young(1000);
  young.write_at([](int put) { return static_cast<char>('A' + put); });
  const ScanResult result = young.scans();
  REQUIRE(result.losses.size() == 1);
  CHECK(result.losses.front().kind == Loss::Kind::Changing);
  CHECK(young.scans.sink.find("file") == nullptr);
  CHECK(young.puts == 3);
}

TEST_CASE("scan: a file that stands still is put once, however young it is") {
  Young young(Young::kSize);
  young.write_at([](int) { return '\0'; });
  const ScanResult result = young.scans();
  CHECK(result.losses.empty());
  CHECK(result.bytes_read == Young::kSize);
  CHECK(young.puts == 4);  // pieces
  CHECK(young.scans.sink.entry("file").digest.hex() == digest_of('A', Young::kSize));
}

TEST_CASE("scan: a rewrite that the times of its filesystem cannot tell never tears a file") {
  const TempDir dir;
  write_file(dir / "file", std::string(Young::kSize, 'A'));
  Scans scans(dir.path());
  const fs::FileClock clock;
  scans.options.file_clock = &clock;
  scans.options.chunk_threshold = 1 << 20;
  int pieces = 0;
  scans.sink.on_piece = [&] {
    if (++pieces != 2) return;
    const fs::Fd fd = fs::open(dir / "file", O_WRONLY);
    fs::write_all(fd.get(), as_bytes(std::string(Young::kSize, 'B')), dir / "file");
  };
  CHECK(scans().losses.empty());
  CHECK(scans.sink.entry("file").digest.hex() == digest_of('B', Young::kSize));
}
