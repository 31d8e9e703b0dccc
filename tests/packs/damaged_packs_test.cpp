#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <map>

#include "core/hash.hpp"
#include "objects/zlib.hpp"
#include "packs/git_store.hpp"
#include "packs/pack_entry.hpp"
#include "packs/pack_index.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using test::error_of;
using test::GitStore;
using test::sample_text;

namespace {

using Contents = std::map<ObjectId, std::string>;

/// Reads everything: each object is right, or an error names damage or absence. Whether all were
/// right.
bool reads_right_or_fails(const GitStore& store, const Contents& contents) {
  bool all = true;
  const ObjectDatabase database(store.objects);
  for (const auto& [id, content] : contents) {
    std::string bytes = content;
    std::uint64_t size = content.size();
    const std::optional<Errc> code = error_of([&, &id = id] { bytes = database.read(id).bytes; });
    const std::optional<Errc> head = error_of([&, &id = id] { size = database.header(id).second; });
    REQUIRE(bytes == content);
    REQUIRE((!code || code == Errc::Corrupt || code == Errc::NotFound));
    REQUIRE((!head || head == Errc::Corrupt || head == Errc::NotFound));
    REQUIRE(size < std::uint64_t{3} << 30);
    all = all && !code;
  }
  return all;
}

void make_writable(const GitStore& store) { test::output_of("chmod u+w " + store.packs + "/*"); }

enum class Kind { Plain, Deltas };
enum class Loose { Gone, Kept };

/// Has git put these loose objects into one pack.
void pack_with_git(const GitStore& store, const Contents& contents, const char* options = "",
                   Loose loose = Loose::Gone) {
  std::string ids;
  for (const auto& [id, content] : contents) ids += id.hex() + "\n";
  test::write_file(store.dir / "ids", ids);
  store.git(
      fmt::format("pack-objects -q {} {}/pack < {}", options, store.packs, store.dir / "ids"));
  if (loose == Loose::Gone) store.git("prune-packed -q");
  test::output_of("rm -f " + store.packs + "/*.rev");
  make_writable(store);
}

/// Three objects in a pack that git made.
Contents make_pack(const GitStore& store, Kind kind, Loose loose = Loose::Gone) {
  Contents contents;
  for (int i = 0; i < 3; ++i) {
    const std::string content =
        kind == Kind::Deltas ? sample_text(0, 30) + sample_text(i, 3) : std::to_string(i);
    contents[store.hash_object(content)] = content;
  }
  pack_with_git(store, contents, "--depth=9", loose);
  return contents;
}

std::string slurp(const std::string& path) { return fs::read_file(path); }

}  // namespace

TEST_CASE("packs: every flipped bit of a pack and its index is found or harmless") {
  for (const Kind kind : {Kind::Plain, Kind::Deltas}) {
    const GitStore store;
    const Contents contents = make_pack(store, kind);
    REQUIRE(reads_right_or_fails(store, contents));
    for (const std::string suffix : {".pack", ".idx"}) {
      const std::string path = store.file(suffix), good = slurp(path);
      // The fan-out table of so few objects is long and dull: each eighth bit of it will do.
      for (std::size_t bit = 0; bit < good.size() * 8;
           bit += suffix == ".idx" && bit / 8 > 16 && bit / 8 < 1024 ? 8 : 1) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
        test::write_file(path, bad);
        // What reading passes over, such as a CRC that only folding needs, verify finds.
        if (reads_right_or_fails(store, contents) && suffix == ".idx") {
          CHECK(!ObjectDatabase(store.objects).verify_all([](std::uint64_t) {}).empty());
        }
      }
      test::write_file(path, good);
    }
    CHECK(reads_right_or_fails(store, contents));
  }
}

TEST_CASE("packs: verify finds every flipped bit") {
  const GitStore store;
  make_pack(store, Kind::Plain);
  for (const std::string suffix : {".pack", ".idx"}) {
    const std::string path = store.file(suffix), good = slurp(path);
    for (std::size_t byte = 0; byte < good.size(); byte += 7) {
      std::string bad = good;
      bad[byte] = static_cast<char>(bad[byte] ^ 1 << byte % 8);
      test::write_file(path, bad);
      const auto findings = ObjectDatabase(store.objects).verify_all([](std::uint64_t) {});
      REQUIRE(!findings.empty());
      CHECK(findings.front().file.find("/pack-") != std::string::npos);
    }
    test::write_file(path, good);
  }
  CHECK(ObjectDatabase(store.objects).verify_all([](std::uint64_t) {}).empty());
}

TEST_CASE("packs: a pack or index cut anywhere is damage that has a name") {
  const GitStore store;
  const Contents contents = make_pack(store, Kind::Deltas);
  for (const std::string suffix : {".pack", ".idx"}) {
    const std::string path = store.file(suffix), good = slurp(path);
    for (std::size_t size = 0; size < good.size(); size += size < 40 ? 1 : 13) {
      test::write_file(path, good.substr(0, size));
      CHECK(!reads_right_or_fails(store, contents));
      const ObjectDatabase database(store.objects);
      REQUIRE(database.damage().size() == 1);
      CHECK(database.damage().front().find(path.substr(0, path.rfind('.'))) != std::string::npos);
      CHECK(error_of([&] { database.find(contents.begin()->first); }) == Errc::Corrupt);
      CHECK(!database.contains(contents.begin()->first));
    }
    test::write_file(path, good + "more");
    CHECK(!reads_right_or_fails(store, contents));
    test::write_file(path, good);
  }
}

TEST_CASE("packs: an index that has an entry begin within another one hides none of that") {
  const GitStore store;
  std::string long_one;  // more than one read of the pack, compressed as well
  for (int i = 0; long_one.size() < 100'000; ++i) long_one += sha256(std::to_string(i)).hex();
  const ObjectId id = store.hash_object(long_one), other = store.hash_object("short");
  pack_with_git(store, {{id, long_one}, {other, "short"}});
  const std::string path = store.file(".idx"), good = slurp(path);
  // Head and fan-out, two ids, two CRCs: then the offsets, in the order of the ids.
  const std::size_t mine = 8 + 1024 + 2 * 24 + (id < other ? 0 : 4), its = mine ^ 4;
  std::string bad = good;
  bad.replace(its, 4, good, mine, 4);
  bad[its + 2] = static_cast<char>(bad[its + 2] + 1);  // 256 bytes behind it
  test::write_file(path, bad);
  CHECK(ObjectDatabase(store.objects).read(id).bytes == long_one);
}

TEST_CASE("packs: an offset outside its table keeps nobody from the other objects") {
  const GitStore store;
  Contents contents;
  for (int i = 0; i < 64; ++i) {
    std::string content;  // more than one read of the pack, so that its end is asked for
    for (int j = 0; content.size() < 20'000; ++j)
      content += sha256(std::to_string(i * 1000 + j)).hex();
    contents[store.hash_object(content)] = content;
  }
  pack_with_git(store, contents);
  const std::string path = store.file(".idx");
  std::string bytes = slurp(path);
  bytes.replace(8 + 1024 + contents.size() * 24, 4, "\xff\xff\xff\xff");
  test::write_file(path, bytes);
  const std::uint8_t hidden = *contents.begin()->first.data();
  const ObjectDatabase database(store.objects);
  for (const auto& [id, content] : contents) {
    if (*id.data() != hidden) REQUIRE(database.read(id).bytes == content);
  }
  CHECK(error_of([&] { database.read(contents.begin()->first); }) == Errc::Corrupt);
}

TEST_CASE("packs: an index without its pack is damage, a pack without its index is none") {
  const GitStore store;
  const Contents contents = make_pack(store, Kind::Plain);
  const std::string pack = store.file(".pack"), index = store.file(".idx");
  test::output_of("mv " + index + " " + index + ".away");
  CHECK(ObjectDatabase(store.objects).damage().empty());
  CHECK(!ObjectDatabase(store.objects).find(contents.begin()->first));
  test::output_of("mv " + index + ".away " + index + " && rm " + pack);
  REQUIRE(ObjectDatabase(store.objects).damage().size() == 1);
  CHECK(ObjectDatabase(store.objects).damage().front().find(pack) != std::string::npos);
}

TEST_CASE("packs: a damaged copy does not hide a good one elsewhere") {
  const GitStore store;
  const Contents contents = make_pack(store, Kind::Plain, Loose::Kept);
  const std::string path = store.file(".pack"), good = slurp(path);
  for (std::size_t byte = 12; byte < good.size(); byte += 3) {
    std::string bad = good;
    bad[byte] = static_cast<char>(bad[byte] ^ 0x55);
    test::write_file(path, bad);
    const ObjectDatabase database(store.objects);
    for (const auto& [id, content] : contents) CHECK(database.read(id).bytes == content);
  }
}

TEST_CASE("packs: a loose object that is damaged or not what it says is refused") {
  const GitStore store;
  const std::string content = sample_text(1);
  const ObjectId id = store.hash_object(content);
  const std::string path = store.objects + "/" + id.hex().substr(0, 2) + "/" + id.hex().substr(2);
  test::output_of("chmod u+w " + path);
  const std::string good = slurp(path);
  const Contents contents{{id, content}};
  REQUIRE(reads_right_or_fails(store, contents));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    test::write_file(path, bad);
    reads_right_or_fails(store, contents);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    test::write_file(path, good.substr(0, size));
    CHECK(!reads_right_or_fails(store, contents));
  }
  // Valid zlib, wrong content.
  const ObjectId other = store.hash_object("other");
  test::output_of("cp -f " + store.objects + "/" + other.hex().substr(0, 2) + "/" +
                  other.hex().substr(2) + " " + path);
  CHECK(!reads_right_or_fails(store, contents));
  const auto findings = ObjectDatabase(store.objects).verify_all([](std::uint64_t) {});
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().file == path);
  CHECK(findings.front().object == id);
}

TEST_CASE("packs: a loose object whose header lies about its size is damage") {
  const GitStore store;
  const ObjectId id = store.hash_object("x");
  const std::string path = store.objects + "/" + id.hex().substr(0, 2) + "/" + id.hex().substr(2);
  const auto reading = [&](const std::string& raw) {
    std::string stream(zlib_room(raw.size()), '\0');
    stream.resize(write_zlib(std::as_writable_bytes(std::span(stream)), as_bytes(raw), 1));
    test::output_of("rm -f " + path);
    test::write_file(path, stream);
    const ObjectDatabase database(store.objects);
    error_of([&] { database.header(id); });
    return error_of([&] { database.read(id); });
  };
  const auto blob = [](const std::string& size, const std::string& content) {
    return "blob " + size + '\0' + content;
  };
  CHECK(!reading(blob("1", "x")));
  const std::string large = sample_text(1, 9999);
  for (const std::string size : {"0", "1", "2", "63", "64", "99999999999", "18446744073709551615",
                                 "18446744073709551616", "-1", "", " 1", "1 "}) {
    CHECK(reading(blob(size, large)) == Errc::Corrupt);
    if (size != "1") CHECK(reading(blob(size, "x")) == Errc::Corrupt);
  }
  CHECK(reading("blob 1x") == Errc::Corrupt);
  CHECK(reading("Blob 1" + std::string(1, '\0') + "x") == Errc::Corrupt);
  CHECK(reading("") == Errc::Corrupt);
}

TEST_CASE("packs: a small object that unpacks beyond the limit takes no memory") {
  const GitStore store;
  const std::string zeros(64 << 20, '\0');
  const ObjectId loose = store.hash_object(zeros);
  struct rusage before {
  }, after{};
  getrusage(RUSAGE_SELF, &before);
  const auto reading = [&] {
    const ObjectDatabase database(store.objects, 1 << 20);
    CHECK(error_of([&] { database.header(loose); }) == Errc::Corrupt);
    return error_of([&] { database.read(loose); });
  };
  CHECK(reading() == Errc::Corrupt);
  test::write_file(store.dir / "ids", loose.hex() + "\n");
  store.git("pack-objects -q " + store.packs + "/pack < " + (store.dir / "ids"));
  store.git("prune-packed -q");
  CHECK(reading() == Errc::Corrupt);
  getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 16 << 10);  // kB
  CHECK(ObjectDatabase(store.objects).read(loose).bytes == zeros);
}

TEST_CASE("packs: chains of deltas that run in a circle or out of the pack are damage") {
  const GitStore store;
  const ObjectId a = id_of(ObjectType::Blob, as_bytes("a")), b = id_of(ObjectType::Blob, {});
  const auto stream = [](std::string_view content) {
    std::string bytes(zlib_room(content.size()), '\0');
    bytes.resize(write_zlib(std::as_writable_bytes(std::span(bytes)), as_bytes(content), 1));
    return bytes;
  };
  const auto head = [](int type, std::uint64_t size) {
    std::array<std::byte, kLargestEntryHead> bytes{};
    const std::size_t length = encode_entry_head(bytes, type, size);
    return std::string(as_text(ByteView(bytes).first(length)));
  };
  const auto publish = [&](const std::vector<std::pair<ObjectId, std::string>>& entries) {
    std::string pack = encode_pack_head(static_cast<std::uint32_t>(entries.size()));
    std::vector<PackedObject> objects;
    for (const auto& [id, entry] : entries) {
      objects.push_back({id, pack.size(), crc32(as_bytes(entry))});
      pack += entry;
    }
    const ObjectId trailer = sha1(as_bytes(pack));
    test::write_file(store.packs + "/pack-crafted.pack", pack + std::string(trailer.raw()));
    test::write_file(store.packs + "/pack-crafted.idx", encode_pack_index(objects, trailer));
  };
  const auto reading = [&](const ObjectId& id) {
    const ObjectDatabase database(store.objects);
    CHECK(database.damage().empty());
    return error_of([&] { database.read(id); });
  };
  const std::string delta = stream(std::string("\1\1\1x", 4));  // from one byte to "x"
  const auto by_id = [&](const ObjectId& base) {
    return head(kIdDelta, 4) + std::string(base.raw()) + delta;
  };

  publish({{a, by_id(b)}, {b, by_id(a)}});
  CHECK(reading(a) == Errc::Corrupt);
  publish({{a, by_id(a)}});
  CHECK(reading(a) == Errc::Corrupt);
  publish({{a, by_id(kEmptyTree)}});
  CHECK(reading(a) == Errc::Corrupt);
  for (const char distance : {'\0', '\1', '\x7f'}) {
    publish({{a, head(kOffsetDelta, 4) + distance + delta}});
    CHECK(reading(a) == Errc::Corrupt);
  }
  // Sizes that lie, from just wrong to absurd.
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{2}, std::uint64_t{1} << 31,
                                   std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    publish({{a, head(3, size) + stream("a")}});
    CHECK(reading(a) == Errc::Corrupt);
  }
  publish({{a, head(3, 1) + stream("a")}});
  CHECK(!reading(a));
  // The right bytes under the wrong id.
  publish({{b, head(3, 1) + stream("a")}});
  CHECK(reading(b) == Errc::Corrupt);
  publish({{a, head(2, 1) + stream("a")}});
  CHECK(reading(a) == Errc::Corrupt);
}
