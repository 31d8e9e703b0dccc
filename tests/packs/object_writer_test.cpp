#include "packs/object_writer.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <map>
#include <random>
#include <thread>

#include "core/hash.hpp"
#include "fs/file.hpp"
#include "objects/commit_object.hpp"
#include "objects/tree_object.hpp"
#include "packs/git_store.hpp"
#include "packs/stored_copy.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using test::error_of;
using test::GitStore;
using test::sample_text;

namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() >> 56);
  return bytes;
}

ObjectId put_commit(ObjectWriter& writer) {
  std::vector<TreeEntry> entries;
  for (int i = 0; i < 5; ++i) {
    const ObjectId blob = writer.put(ObjectType::Blob, sample_text(i));
    entries.push_back({GitMode::File, "file " + std::to_string(i), blob});
  }
  entries.push_back({GitMode::Tree, "empty", writer.put(ObjectType::Tree, "")});
  Commit commit;
  commit.tree = writer.put(ObjectType::Tree, encode_tree(entries));
  commit.author = commit.committer = {"N", "n@example.org", 1763631000, "+0000"};
  commit.message = "subject\n";
  return writer.put(ObjectType::Commit, encode_commit(commit));
}

}  // namespace

TEST_CASE("packs: git reads what we publish and finds nothing wrong") {
  for (const Compression compression : {Compression::None, Compression::Fast, Compression::Best}) {
    const GitStore store;
    ObjectDatabase database(store.objects);
    ObjectWriter writer(database, store.tmp, compression);
    const ObjectId commit = put_commit(writer);
    const std::string large = noise(3'000'000, 1);
    const ObjectId blob = writer.put(ObjectType::Blob, large);
    const ObjectId empty = writer.put(ObjectType::Blob, "");
    CHECK(!database.contains(blob));
    writer.publish();

    CHECK(store.file(".pack") == store.packs + "/" + writer.pack_name() + ".pack");
    CHECK(store.debris() == "");
    store.git("update-ref refs/heads/main " + commit.hex());
    store.git("update-ref refs/blobs/large " + blob.hex());
    store.git("update-ref refs/blobs/empty " + empty.hex());
    CHECK(store.fsck() == "");
    CHECK(store.git("verify-pack -v " + store.file(".idx")).find("non delta: 10 objects") !=
          std::string::npos);
    CHECK(store.git("cat-file blob main:'file 3'") + "\n" == sample_text(3));
    CHECK(store.git("cat-file -s " + blob.hex()) == "3000000");
    CHECK(store.git("count-objects -v").find("in-pack: 10\npacks: 1") != std::string::npos);
    struct stat status {};
    REQUIRE(stat(store.file(".pack").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0444);
    CHECK(static_cast<std::uint64_t>(status.st_size) == writer.totals().bytes);
    CHECK(writer.totals().objects == 10);

    CHECK(database.contains(blob));
    CHECK(database.read(blob, ObjectType::Blob).bytes == large);
    CHECK(database.read(empty).bytes == "");
    CHECK(database.header(commit).first == ObjectType::Commit);
    CHECK(database.verify_all([](std::uint64_t) {}).empty());
  }
}

TEST_CASE("packs: git's own index of our pack is ours byte for byte") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  ObjectWriter writer(database, store.tmp, Compression::Fast);
  for (unsigned i = 0; i < 300; ++i) {
    writer.put(ObjectType::Blob, sample_text(static_cast<int>(i), i % 50));
  }
  writer.publish();
  store.git("index-pack -o " + (store.dir / "git.idx") + " " + store.file(".pack"));
  CHECK(test::run("cmp " + (store.dir / "git.idx") + " " + store.file(".idx")).status == 0);
}

TEST_CASE("packs: what is stored already is not stored again") {
  const GitStore store;
  const ObjectId loose = store.hash_object("loose");
  ObjectDatabase database(store.objects);
  {
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    CHECK(writer.put(ObjectType::Blob, "loose") == loose);
    CHECK(writer.empty());
    writer.put(ObjectType::Blob, "new");
    writer.put(ObjectType::Blob, "new");
    CHECK(writer.totals().objects == 1);
    writer.publish();
  }
  ObjectWriter writer(database, store.tmp, Compression::Fast);
  writer.put(ObjectType::Blob, "new");
  CHECK(writer.empty());
  writer.publish();
  CHECK(writer.pack_name() == "");
  CHECK(store.debris() == "");
}

TEST_CASE("packs: other content under an id of this pack is a collision, not a duplicate") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  ObjectWriter writer(database, store.tmp, Compression::Fast);
  // No two contents with one SHA-1 are at hand; the digest given tells contents apart here.
  const HashedContent one = hash_content(ObjectType::Blob, as_bytes("x"));
  HashedContent other = one;
  other.digest = sha256("other");
  CHECK(writer.try_put(ObjectType::Blob, one));
  CHECK(writer.try_put(ObjectType::Blob, one));
  CHECK(!writer.try_put(ObjectType::Blob, other));
  CHECK(error_of([&] { writer.put(ObjectType::Blob, other); }) == Errc::Corrupt);
  CHECK(writer.totals().objects == 1);
}

TEST_CASE("packs: other content stored under the same id is a collision, a damaged copy is none") {
  const auto compare = [](const std::function<std::optional<Object>()>& find) {
    return compare_with_stored(find, ObjectType::Blob, as_bytes("content"));
  };
  CHECK(compare([] { return std::nullopt; }) == StoredCopy::None);
  CHECK(compare([] { return Object{ObjectType::Blob, "content"}; }) == StoredCopy::Same);
  CHECK(compare([] { return Object{ObjectType::Blob, "Content"}; }) == StoredCopy::Collides);
  CHECK(compare([] {
          return Object{ObjectType::AnnotatedTag, "content"};
        }) == StoredCopy::Collides);
  CHECK(compare([]() -> std::optional<Object> { throw Error(Errc::Corrupt, "a", "b"); }) ==
        StoredCopy::None);
  CHECK(error_of([&] {
          compare([]() -> std::optional<Object> { throw Error(Errc::Io, "a", "b"); });
        }) == Errc::Io);
}

TEST_CASE("packs: content whose stored copy is damaged is stored anew and heals the store") {
  const GitStore store;
  const std::string content = noise(5000, 2);
  ObjectId id;
  {
    ObjectDatabase database(store.objects);
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    id = writer.put(ObjectType::Blob, content);
    writer.put(ObjectType::Blob, "beside it");
    writer.publish();
  }
  test::output_of("chmod u+w " + store.file(".pack") + " && printf '\\252\\252' | dd of=" +
                  store.file(".pack") + " bs=1 seek=1000 conv=notrunc");
  ObjectDatabase database(store.objects);
  CHECK(error_of([&] { database.read(id); }) == Errc::Corrupt);
  ObjectWriter writer(database, store.tmp, Compression::Fast);
  CHECK(writer.put(ObjectType::Blob, content) == id);
  CHECK(writer.totals().objects == 1);
  writer.publish();
  CHECK(database.read(id).bytes == content);
  CHECK(ObjectDatabase(store.objects).read(id).bytes == content);
}

TEST_CASE("packs: a damaged pack of the very same content is replaced by the whole one") {
  const GitStore store;
  const auto publish = [&] {
    ObjectDatabase database(store.objects);
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    const ObjectId id = writer.put(ObjectType::Blob, noise(5000, 3));
    writer.publish();
    CHECK(database.read(id).bytes == noise(5000, 3));
    return writer.pack_name();
  };
  const std::string name = publish();
  test::output_of("chmod u+w " + store.file(".pack") + " && printf '\\252\\252' | dd of=" +
                  store.file(".pack") + " bs=1 seek=1000 conv=notrunc");
  CHECK(publish() == name);
  CHECK(store.fsck() == "");
}

TEST_CASE("packs: four threads put the same and other objects at once") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  ObjectWriter writer(database, store.tmp, Compression::Fast);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 400; ++i) {
        writer.put(ObjectType::Blob, sample_text(static_cast<int>(i), i % 60));  // all four
        writer.put(ObjectType::Blob, noise(1 + i * 20, 1000 * t + i + 5000));    // one
      }
      for (unsigned i = 0; i < 3; ++i) writer.put(ObjectType::Blob, noise(1'500'000, t * 10 + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer.sync();
  writer.put(ObjectType::Blob, "after the sync");
  writer.publish();
  // sample_text(i, 0) is empty for 7 of the 400.
  CHECK(writer.totals().objects == 400 - 6 + 4 * 400 + 4 * 3 + 1);
  CHECK(store.fsck() == "");
  CHECK(store.git("verify-pack " + store.file(".idx")) == "");
  CHECK(database.verify_all([](std::uint64_t) {}).empty());
}

TEST_CASE("packs: a full disk is an error that leaves nothing behind") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  struct rlimit before {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {0ul, 11ul, 100'000ul, 2'000'000ul, 2'050'000ul, 2'500'000ul}) {
    struct rlimit small = before;
    small.rlim_cur = limit;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::optional<Errc> code;
    {
      ObjectWriter writer(database, store.tmp, Compression::None);
      code = error_of([&] {
        for (unsigned i = 0; i < 30; ++i) writer.put(ObjectType::Blob, noise(100'000, i));
        writer.publish();
      });
      CHECK(error_of([&] { writer.put(ObjectType::Blob, "more"); }) == Errc::NoSpace);
      CHECK(error_of([&] { writer.publish(); }) == Errc::NoSpace);
    }
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(code == Errc::NoSpace);
    CHECK(store.debris() == "");
    CHECK(test::output_of("ls -A " + store.packs) == "");
  }
  signal(SIGXFSZ, handler);
}

TEST_CASE("packs: an object beyond 2 GiB is refused before it is read") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  ObjectWriter writer(database, store.tmp, Compression::None);
  const ByteView beyond(static_cast<const std::byte*>(nullptr), (std::size_t{2} << 30) + 1);
  CHECK(error_of([&] { writer.put(ObjectType::Blob, beyond); }) == Errc::Invalid);
}

TEST_CASE("packs: a store that gives back other bytes than it was given is found at once [S15]") {
  using namespace test;
  int objects = 50;
  SUBCASE("few objects") {}
  SUBCASE("so many that threads share them") { objects = 500; }
  TempDir dir;
  output_of(fmt::format("git init -q --bare '{}'", dir.path()));
  ObjectDatabase database(dir / "objects");
  ObjectWriter writer(database, dir / "tmp", Compression::None);
  for (int i = 0; i < objects; ++i)
    writer.put(ObjectType::Blob, "content number " + std::to_string(i));
  writer.publish();
  CHECK_NOTHROW(writer.read_back(100, 1));
  const std::string pack = fmt::format("{}/objects/pack/{}.pack", dir.path(), writer.pack_name());
  output_of("chmod u+w '" + pack + "'");
  const std::string bytes = fs::read_file(pack);
  std::fstream file(
      pack, std::ios::in | std::ios::out | std::ios::binary);  // the same file, not a new one
  file.seekp(static_cast<std::streamoff>(bytes.find("content number 31")));
  file << "content number 13" << std::flush;
  CHECK(error_of([&] { writer.read_back(100, 1); }) == Errc::Corrupt);
  CHECK_NOTHROW(writer.read_back(0, 1));
}
