#include "packs/object_database.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <sstream>

#include "packs/git_store.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using test::error_of;
using test::GitStore;
using test::sample_text;

namespace {

/// Every object that git knows, as `id type size`.
std::vector<std::tuple<ObjectId, std::string, std::size_t>> all_objects(const GitStore& store) {
  std::istringstream lines(store.git("cat-file --batch-all-objects --batch-check"));
  std::vector<std::tuple<ObjectId, std::string, std::size_t>> objects;
  std::string id, type;
  std::size_t size = 0;
  while (lines >> id >> type >> size) objects.emplace_back(*ObjectId::from_hex(id), type, size);
  return objects;
}

void check_all(const GitStore& store, std::size_t count) {
  const ObjectDatabase database(store.objects);
  const auto objects = all_objects(store);
  CHECK(objects.size() == count);
  for (const auto& [id, type, size] : objects) {
    CHECK(database.contains(id));
    const Object object = database.read(id);
    CHECK(name_of(object.type) == type);
    CHECK(object.bytes.size() == size);
    CHECK(id_of(object.type, as_bytes(object.bytes)) == id);
    CHECK(database.header(id) == std::pair(object.type, std::uint64_t{size}));
    CHECK(database.read_unchecked(id, object.type).bytes == object.bytes);
  }
  std::uint64_t seen = 0;
  CHECK(database.verify_all([&](std::uint64_t bytes) { seen += bytes; }).empty());
  CHECK(seen > 0);
}

/// A history of a slowly changing file: git makes deltas of it.
void make_history(const GitStore& store, int commits) {
  const std::string work = store.dir / "work";
  const std::string git = "git -C " + work + " -c user.name=n -c user.email=n@e -c gc.auto=0 ";
  test::output_of("git init -q " + work);
  for (int i = 0; i < commits; ++i) {
    test::write_file(work + "/file", sample_text(0, 2000) + sample_text(i, 10));
    test::output_of(git + "add -A && " + git + "commit -qm " + std::to_string(i));
  }
  test::output_of(git + "tag -a -m annotated v1 && " + git + "push -q --all " + store.dir.path() +
                  " && " + git + "push -q --tags " + store.dir.path());
}

}  // namespace

TEST_CASE("packs: we read git's loose objects, deltas and tags") {
  const GitStore store;
  make_history(store, 6);
  check_all(store, 19);  // 6 of each, 1 tag
  store.git("repack -adfq --depth=50");
  CHECK(store.git("verify-pack -v " + store.file(".idx")).find("chain length = ") !=
        std::string::npos);
  check_all(store, 19);
}

TEST_CASE("packs: we read loose objects of every size and compression") {
  const GitStore store;
  std::size_t count = 0;
  for (const std::string level : {"0", "1", "9"}) {
    store.git("config core.looseCompression " + level);
    for (const std::size_t size : {0U, 1U, 500U, 65535U, 65536U, 70000U, 200000U}) {
      std::string text = sample_text(static_cast<int>(++count), size / 10 + 1), noise;
      text.resize(size, '.');
      std::uint64_t state = size + count;
      while (noise.size() < size) {
        noise += static_cast<char>((state = state * 6364136223846793005U + 1) >> 56);
      }
      for (const std::string& content : {text, noise}) {
        CHECK(ObjectDatabase(store.objects).read(store.hash_object(content)).bytes == content);
      }
    }
  }
  CHECK(ObjectDatabase(store.objects).verify_all([](std::uint64_t) {}).empty());
}

TEST_CASE("packs: we read deltas that name their base by id") {
  const GitStore store;
  make_history(store, 6);
  store.git("-c repack.useDeltaBaseOffset=false repack -adfq");
  REQUIRE(store.git("verify-pack -v " + store.file(".idx")).find("chain length = ") !=
          std::string::npos);
  check_all(store, 19);
}

TEST_CASE("packs: an absent object is absent, and the empty tree never is") {
  const GitStore store;
  const ObjectDatabase database(store.objects);
  const ObjectId absent = id_of(ObjectType::Blob, as_bytes("absent"));
  CHECK(!database.contains(absent));
  CHECK(!database.find(absent));
  CHECK(error_of([&] { database.read(absent); }) == Errc::NotFound);
  CHECK(error_of([&] { database.header(absent); }) == Errc::NotFound);
  CHECK(database.read(kEmptyTree, ObjectType::Tree).bytes == "");
  CHECK(error_of([&] { ObjectDatabase(store.dir / "missing"); }) == Errc::NotFound);
}

TEST_CASE("packs: an object of another type than expected is damage") {
  const GitStore store;
  const ObjectId blob = store.hash_object("blob");
  const ObjectDatabase database(store.objects);
  CHECK(database.read(blob, ObjectType::Blob).bytes == "blob");
  CHECK(error_of([&] { database.read(blob, ObjectType::Tree); }) == Errc::Corrupt);
  CHECK(error_of([&] { database.read_unchecked(blob, ObjectType::Commit); }) == Errc::Corrupt);
}

TEST_CASE("packs: what another process adds or folds is found without being told") {
  const GitStore store;
  const ObjectDatabase database(store.objects);
  const ObjectId first = id_of(ObjectType::Blob, as_bytes("first"));
  CHECK(!database.contains(first));
  store.hash_object("first");
  CHECK(!database.contains_listed(first));  // cheap, and not told either
  CHECK(database.contains(first));
  CHECK(database.contains_listed(first));
  CHECK(database.read(first).bytes == "first");
  for (int i = 0; i < 5; ++i) {
    // Every fold deletes the pack that we have open and in our list.
    const ObjectId next = store.hash_object(sample_text(i));
    test::write_file(store.dir / "ids", first.hex() + "\n" + next.hex() + "\n");
    store.git("pack-objects -q " + store.packs + "/pack < " + (store.dir / "ids"));
    store.git("prune-packed -q");
    CHECK(database.read(next).bytes == sample_text(i));
    if (i > 0) {
      const std::string keep = test::output_of("ls -t " + store.packs + "/*.pack | head -1");
      for (const std::string suffix : {"idx", "pack"}) {
        test::output_of("cd " + store.packs + " && ls *." + suffix + " | grep -v " +
                        keep.substr(store.packs.size() + 1, 45) + " | xargs rm -f");
      }
    }
    CHECK(database.read(first).bytes == "first");
  }
}

TEST_CASE("packs: a prefix finds packed and loose objects, sorted and once each") {
  const GitStore store;
  std::vector<ObjectId> ids;
  for (int i = 0; i < 600; ++i) ids.push_back(id_of(ObjectType::Blob, as_bytes(sample_text(i, 1))));
  ObjectDatabase database(store.objects);
  {
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    for (int i = 0; i < 500; ++i) writer.put(ObjectType::Blob, sample_text(i, 1));
    writer.publish();
  }
  for (int i = 495; i < 505; ++i) store.hash_object(sample_text(i, 1));  // five lie in both
  for (std::size_t i = 0; i < 600; ++i) {
    const auto found = database.find_prefix(ids[i].hex().substr(0, 7), 10);
    CHECK((std::find(found.begin(), found.end(), ids[i]) != found.end()) == (i < 505));
    CHECK(std::is_sorted(found.begin(), found.end()));
    CHECK(database.find_prefix(ids[i].hex(), 10).size() == (i < 505 ? 1 : 0));
  }
  CHECK(database.find_prefix(ids[0].hex(), 0).empty());
  for (const std::string wrong : {"", "abc", "wxyz", "abcg"}) {
    CHECK(error_of([&] { database.find_prefix(wrong, 1); }) == Errc::Invalid);
  }
  CHECK(error_of([&] { database.find_prefix(std::string(41, 'a'), 1); }) == Errc::Invalid);
}

TEST_CASE("packs: alternates and links inside the objects are refused") {
  const GitStore store;
  const ObjectId id = store.hash_object("x");
  const std::string target = store.dir / "target";
  const auto opening = [&] { return error_of([&] { ObjectDatabase(store.objects).read(id); }); };
  CHECK(!opening());

  test::write_file(store.objects + "/info/alternates", "/elsewhere\n");
  CHECK(opening() == Errc::Hostile);
  test::output_of("rm " + store.objects + "/info/alternates");

  const std::string fan_out = store.objects + "/" + id.hex().substr(0, 2);
  for (const std::string& path :
       {store.packs, store.objects + "/info", fan_out, fan_out + "/" + id.hex().substr(2)}) {
    test::output_of("mv " + path + " " + target + " && ln -s " + target + " " + path);
    CHECK(opening() == Errc::Hostile);
    test::output_of("rm " + path + " && mv " + target + " " + path);
    CHECK(!opening());
  }

  test::write_file(store.dir / "ids", id.hex() + "\n");
  store.git("pack-objects -q " + store.packs + "/pack < " + (store.dir / "ids"));
  for (const std::string suffix : {".pack", ".idx"}) {
    const std::string path = store.file(suffix);
    test::output_of("mv " + path + " " + target + " && ln -s " + target + " " + path);
    CHECK(opening() == Errc::Hostile);
    test::output_of("rm " + path + " && mv " + target + " " + path);
    CHECK(!opening());
  }
}

TEST_CASE("packs: more packs than descriptors can be read") {
  const GitStore store;
  ObjectDatabase database(store.objects);
  std::vector<ObjectId> ids;
  for (int i = 0; i < 100; ++i) {
    ObjectWriter writer(database, store.tmp, Compression::Fast);
    ids.push_back(writer.put(ObjectType::Blob, sample_text(i)));
    writer.publish();
  }
  struct rlimit before {};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  struct rlimit small = before;
  small.rlim_cur = 64;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &small) == 0);
  std::size_t right = 0;
  const std::optional<Errc> code = error_of([&] {
    const ObjectDatabase fresh(store.objects);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < 100; ++i) {
        right += fresh.read(ids[i]).bytes == sample_text(static_cast<int>(i));
      }
    }
  });
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(!code);
  CHECK(right == 200);
}
