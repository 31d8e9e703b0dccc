#include "tree/file_content.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>

#include "support/error_of.hpp"
#include "tree/chunk_queue.hpp"
#include "tree/stored_tree.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

constexpr std::size_t kMiB = 1 << 20;

Entry file_of(std::string_view content, std::uint64_t chunks) {
  Entry entry = entry_of("file", EntryType::File);
  entry.size = content.size();
  entry.digest = sha256(content);
  entry.chunks = chunks;
  return entry;
}

StoredContent write_chunked(TreeStore& t, std::string_view content, std::size_t piece,
                            std::size_t threads = 3) {
  HelperThreads workers(threads);
  ChunkedWriter chunked(*t.writer, workers);
  for (std::size_t at = 0; at < content.size(); at += piece) {
    chunked.append(as_bytes(content.substr(at, piece)));
  }
  return chunked.finish();
}

/// What somebody stores who found other content of the same SHA-1. No such pair is known for a git
/// blob, so the writer is told another SHA-256 for the bytes themselves.
void store_collision(TreeStore& t, std::string_view content) {
  HashedContent other = hash_content(ObjectType::Blob, as_bytes(content));
  other.digest = sha256("other content of the same SHA-1");
  REQUIRE(t.writer->try_put(ObjectType::Blob, other));
}

}  // namespace

TEST_CASE("tree: a small file is one blob") {
  TreeStore t;
  for (const std::string content : {"", "some text\n"}) {
    const StoredContent stored =
        write_content(*t.writer, hash_content(ObjectType::Blob, as_bytes(content)));
    CHECK(stored.chunks == 0);
    CHECK(!stored.collided);
    t.publish();
    CHECK(content_of(t, file_of(content, 0), stored.id) == content);
    CHECK(t.git("cat-file -s " + stored.id.hex()) == std::to_string(content.size()));
  }
}

TEST_CASE("tree: the blobs of a large file, in order, are the file") {
  TreeStore t;
  const std::string content = random_bytes(11 * kMiB + 12345, 1);
  const StoredContent stored = write_chunked(t, content, 1000003);
  t.publish();
  CHECK(stored.chunks > 4);
  CHECK(content_of(t, file_of(content, stored.chunks), stored.id) == content);
  const std::string tree = stored.id.hex();
  CHECK(t.git("ls-tree " + tree + " | wc -l") == std::to_string(stored.chunks));
  CHECK(t.git("ls-tree --format='%(objectname)' " + tree + " | while read id; do git -C " +
              t.dir.path() + " cat-file blob $id; done | sha256sum")
            .substr(0, 64) == sha256(content).hex());
  CHECK(t.fsck() == "");
}

TEST_CASE("tree: how a file was handed over does not show in how it is stored") {
  TreeStore t;
  const std::string content = random_bytes(9 * kMiB, 2) + std::string(9 * kMiB, '\0') + "end";
  const ObjectId id = write_chunked(t, content, content.size()).id;
  CHECK(write_chunked(t, content, 65536).id == id);
  CHECK(write_chunked(t, content, 4 * kMiB + 1).id == id);
}

TEST_CASE("tree: an edit in the middle of a large file stores a few chunks") {
  TreeStore t;
  std::string content = random_bytes(24 * kMiB, 3);
  write_chunked(t, content, content.size());
  const std::uint64_t before = t.writer->totals().objects;
  content.insert(12 * kMiB, "inserted");
  write_chunked(t, content, content.size());
  CHECK(before > 12);
  CHECK(t.writer->totals().objects - before <= 4);
}

TEST_CASE("tree: a large file is stored alike by one thread and by many") {
  const std::string content = random_bytes(30 * kMiB, 7);
  std::optional<ObjectId> first;
  for (const std::size_t threads : {1U, 2U, 16U}) {
    CAPTURE(threads);
    TreeStore t;
    const StoredContent stored = write_chunked(t, content, 3 * kMiB, threads);
    t.publish();
    CHECK(stored.id == first.value_or(stored.id));
    first = stored.id;
    CHECK(content_of(t, file_of(content, stored.chunks), stored.id) == content);
  }
}

TEST_CASE("tree: a disk that is full while chunks are stored is said to be full") {
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const std::string content = random_bytes(40 * kMiB, 8);
  for (const std::size_t threads : {1U, 4U}) {
    CAPTURE(threads);
    TreeStore t;
    const rlimit small{20 * kMiB, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto code = error_of([&] { write_chunked(t, content, kMiB, threads); });
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(code == Errc::NoSpace);
  }
  signal(SIGXFSZ, handler);
}

TEST_CASE("tree: a reader that stops, and a chunk that is damaged, leave nobody waiting") {
  TreeStore t;
  const std::string content = random_bytes(30 * kMiB, 9);
  const StoredContent stored = write_chunked(t, content, content.size());
  t.publish();
  const Entry entry = file_of(content, stored.chunks);
  struct Stop {};
  std::size_t handed_out = 0;
  const auto stop_at_third = [&](ByteView) {
    if (++handed_out == 3) throw Stop();
  };
  CHECK_THROWS_AS(read_content(t.database, entry, stored.id, "file", stop_at_third), Stop);

  // In the middle of the pack there is random content, stored as it is.
  const std::string pack = t.file(".pack");
  output_of("chmod u+w '" + pack + "'");
  std::string bytes = fs::read_file(pack);
  for (std::size_t i = 0; i < 64; ++i) bytes[bytes.size() / 2 + i] ^= 0x55;
  write_file(pack, bytes);
  const ObjectDatabase damaged(t.objects);
  std::string read;
  CHECK(error_of([&] {
          read_content(damaged, entry, stored.id, "file",
                       [&](ByteView piece) { read += as_text(piece); });
        }) == Errc::Corrupt);
  CHECK(content.starts_with(read));
  CHECK(read.size() < content.size());
}

TEST_CASE("tree: holes are stored as the zeros that a reader sees") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    TreeStore t;
    std::mt19937 engine(seed);
    std::string dense;
    HelperThreads workers(3);
    ChunkedWriter chunked(*t.writer, workers);
    for (int i = 0; i < 12; ++i) {
      const std::size_t size = engine() % (std::size_t{1} << (engine() % 24));
      switch (engine() % 3) {
        case 0:
          dense += random_bytes(size, static_cast<unsigned>(engine()));
          chunked.append(as_bytes(std::string_view(dense).substr(dense.size() - size)));
          break;
        case 1:
          dense.append(size, '\0');
          chunked.append(as_bytes(std::string_view(dense).substr(dense.size() - size)));
          break;
        default:
          dense.append(size, '\0');
          chunked.append_zeros(size);
      }
    }
    const StoredContent stored = chunked.finish();
    const StoredContent reference = write_chunked(t, dense, dense.size());
    CHECK(stored.id == reference.id);
    CHECK(stored.chunks == reference.chunks);
    t.publish();
    CHECK(content_of(t, file_of(dense, stored.chunks), stored.id) == dense);
  }
}

TEST_CASE("tree: a terabyte of nothing costs one chunk and the trees that name it") {
  TreeStore t;
  HelperThreads workers(3);
  ChunkedWriter chunked(*t.writer, workers);
  chunked.append_zeros(std::uint64_t{1} << 40);
  const StoredContent stored = chunked.finish();
  CHECK(stored.chunks == (1 << 18));
  CHECK(t.writer->totals().objects == 1 + 64 + 1);
  t.publish();
  CHECK(t.git("ls-tree " + stored.id.hex() + " | wc -l") == "64");
  CHECK(t.git("ls-tree -r " + stored.id.hex() + " | cut -f1 | sort -u | wc -l") == "1");
  CHECK(t.git("ls-tree -r --name-only " + stored.id.hex() + " | tail -n1") ==
        "000000fc00000000/000000ffffc00000");
}

TEST_CASE("tree: nothing appended is an empty file") {
  TreeStore t;
  HelperThreads workers(3);
  ChunkedWriter chunked(*t.writer, workers);
  chunked.append({});
  chunked.append_zeros(0);
  const StoredContent stored = chunked.finish();
  CHECK(stored.chunks == 0);
  CHECK(stored.id == id_of(ObjectType::Blob, {}));
}

TEST_CASE("tree: a file that collides is stored in chunks and said to have collided") {
  TreeStore t;
  for (const std::size_t size : {std::size_t{1000}, 5 * kMiB}) {
    const std::string content = random_bytes(size, 4);
    store_collision(t, content);
    const StoredContent stored =
        write_content(*t.writer, hash_content(ObjectType::Blob, as_bytes(content)));
    CHECK(stored.collided);
    CHECK(stored.chunks >= 1);
    t.publish();
    CHECK(content_of(t, file_of(content, stored.chunks), stored.id) == content);
  }
}

TEST_CASE("tree: a small file whose one chunk collides too is cut until nothing does") {
  TreeStore t;
  const std::string content = random_bytes(1000, 5);
  store_collision(t, content);
  store_collision(t, content.substr(0, 875));
  const StoredContent stored =
      write_content(*t.writer, hash_content(ObjectType::Blob, as_bytes(content)));
  CHECK(stored.collided);
  CHECK(stored.chunks == 2);
  t.publish();
  CHECK(t.git("ls-tree --name-only " + stored.id.hex()) == "0000000000000000\n00000000000002fe");
  CHECK(content_of(t, file_of(content, 2), stored.id) == content);
}

TEST_CASE("tree: a chunk of a large file that collides is cut, and the others stay as they are") {
  TreeStore t;
  const std::string content = random_bytes(6 * kMiB, 6);
  TreeStore other;
  const StoredContent plain = write_chunked(other, content, content.size());
  other.publish();
  const std::string second =
      other.git("ls-tree --name-only " + plain.id.hex() + " | head -n2 | tail -n1");
  const std::size_t end = std::stoull(second, nullptr, 16);
  store_collision(t, std::string_view(content).substr(0, end));
  const StoredContent stored = write_chunked(t, content, content.size());
  CHECK(stored.collided);
  CHECK(stored.chunks == plain.chunks + 1);
  t.publish();
  CHECK(content_of(t, file_of(content, stored.chunks), stored.id) == content);
}

TEST_CASE("tree: a piece of a file that collides however it is cut is an error") {
  TreeStore t;
  store_collision(t, "xy");
  store_collision(t, "x");
  CHECK(error_of([&] {
          write_content(*t.writer, hash_content(ObjectType::Blob, as_bytes("xy")));
        }) == Errc::Corrupt);
}

TEST_CASE("tree: a blob of another size or digest is refused before any of it is handed out") {
  TreeStore t;
  const ObjectId id = t.blob("content");
  t.publish();
  for (Entry entry : {file_of("CONTENT", 0), file_of("conten", 0)}) {
    std::size_t pieces = 0;
    CHECK(error_of([&] {
            read_content(t.database, entry, id, "p", [&](ByteView) { ++pieces; });
          }) == Errc::Corrupt);
    CHECK(pieces == 0);
  }
  ObjectId absent = id;
  absent.data()[3] ^= 1;
  CHECK(error_of([&] { content_of(t, file_of("content", 0), absent); }) == Errc::NotFound);
}

TEST_CASE("tree: what the receiver of content throws comes through as it is") {
  TreeStore t;
  const ObjectId id = t.blob("content");
  t.publish();
  CHECK_THROWS_WITH_AS(read_content(t.database, file_of("content", 0), id, "p",
                                    [](ByteView) { throw std::runtime_error("full"); }),
                       "full", std::runtime_error);
}
