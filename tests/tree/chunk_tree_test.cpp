#include "tree/chunk_tree.hpp"

#include <doctest/doctest.h>

#include "support/error_of.hpp"
#include "tree/stored_tree.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

Entry file_of(std::string_view content, std::uint64_t chunks) {
  Entry entry = entry_of("file", EntryType::File);
  entry.size = content.size();
  entry.digest = sha256(content);
  entry.chunks = chunks;
  return entry;
}

/// Three letters a chunk.
TreeEntry chunk(TreeStore& t, std::string name, std::string_view content = "abc") {
  return {GitMode::File, std::move(name), t.blob(content)};
}

std::string zeros_and(std::string_view digits) {
  return std::string(16 - digits.size(), '0') + std::string(digits);
}

std::optional<Errc> refusal(TreeStore& t, const std::vector<TreeEntry>& entries,
                            std::string_view content, std::uint64_t chunks) {
  const ObjectId id = t.tree(entries);
  t.publish();
  return error_of([&] { content_of(t, file_of(content, chunks), id); });
}

}  // namespace

TEST_CASE("tree: above 4,096 chunks the tree fans out, and reads back") {
  for (const std::size_t count : {1U, 4096U, 4097U, 8192U, 9000U}) {
    CAPTURE(count);
    TreeStore t;
    ChunkTree tree(*t.writer);
    std::string content;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string piece = std::to_string(i % 100);
      tree.add(store_chunk(*t.writer, as_bytes(piece)));
      content += piece;
    }
    const StoredContent stored = tree.finish();
    CHECK(stored.chunks == count);
    t.publish();
    CHECK(content_of(t, file_of(content, count), stored.id) == content);
    const std::size_t groups = (count + 4095) / 4096;
    CHECK(t.git("ls-tree " + stored.id.hex() + " | wc -l") ==
          std::to_string(groups == 1 ? count : groups));
    CHECK(t.git("ls-tree -r " + stored.id.hex() + " | wc -l") == std::to_string(count));
    CHECK(t.fsck() == "");
  }
}

TEST_CASE("tree: chunk trees that no writer makes are refused") {
  TreeStore t;
  const std::vector<TreeEntry> good{chunk(t, zeros_and("0")), chunk(t, zeros_and("3"))};
  CHECK(refusal(t, good, "abcabc", 2) == std::nullopt);

  CHECK(refusal(t, good, "abcabc", 3) == Errc::Hostile);  // another count in the metadata
  CHECK(refusal(t, good, "abcabc", 1) == Errc::Hostile);
  CHECK(refusal(t, good, "ABCABC", 2) == Errc::Corrupt);   // another digest
  CHECK(refusal(t, good, "abcabcd", 2) == Errc::Corrupt);  // the last chunk is too short
  CHECK(refusal(t, good, "abcab", 2) == Errc::Corrupt);    // too long
  CHECK(refusal(t, good, "abc", 2) == Errc::Hostile);      // begins behind the end
  CHECK(refusal(t, {}, "", 1) == Errc::Hostile);           // no chunk at all
  CHECK(refusal(t, {chunk(t, zeros_and("0"), "")}, "", 1) == Errc::Hostile);  // an empty chunk
  CHECK(refusal(t, {chunk(t, zeros_and("0")), chunk(t, zeros_and("2"))}, "abcabc", 2) ==
        Errc::Corrupt);  // they overlap
  CHECK(refusal(t, {chunk(t, zeros_and("0")), chunk(t, zeros_and("4"))}, "abcabc", 2) ==
        Errc::Corrupt);  // they leave a gap
  CHECK(refusal(t, {chunk(t, zeros_and("3"))}, "abcabc", 1) == Errc::Hostile);
  for (const std::string name :
       {"0", "000000000000000g", "00000000000000000", "+000000000000000"}) {
    CAPTURE(name);
    CHECK(refusal(t, {chunk(t, name)}, "abc", 1) == Errc::Hostile);
  }
  std::vector<TreeEntry> upper{chunk(t, zeros_and("0"), "0123456789"), chunk(t, zeros_and("A"))};
  CHECK(refusal(t, upper, "0123456789abc", 2) == Errc::Hostile);
  std::vector<TreeEntry> executable = good;
  executable[1].mode = GitMode::Executable;
  CHECK(refusal(t, executable, "abcabc", 2) == Errc::Hostile);
}

TEST_CASE("tree: trees of chunks that no writer makes are refused") {
  TreeStore t;
  const ObjectId group = t.tree({chunk(t, zeros_and("0"))});
  const ObjectId second = t.tree({chunk(t, zeros_and("3"))});
  const TreeEntry first_tree{GitMode::Tree, zeros_and("0"), group};
  CHECK(refusal(t, {first_tree}, "abc", 1) == Errc::Hostile);  // one level would do
  CHECK(refusal(t, {first_tree, {GitMode::Tree, zeros_and("3"), second}}, "abcabc", 2) ==
        Errc::Hostile);  // the first is not full
  CHECK(refusal(t, {first_tree, chunk(t, zeros_and("3"))}, "abcabc", 2) == Errc::Hostile);
  CHECK(refusal(t, {chunk(t, zeros_and("0")), {GitMode::Tree, zeros_and("3"), second}}, "abcabc",
                2) == Errc::Hostile);

  // Three levels: a tree of trees below the top.
  std::vector<TreeEntry> middle;
  for (std::size_t i = 0; i < 4096; ++i) middle.push_back({GitMode::Tree, chunk_name(i), group});
  CHECK(refusal(t,
                {{GitMode::Tree, zeros_and("0"), t.tree(middle)},
                 {GitMode::Tree, chunk_name(4096), second}},
                std::string(4099, 'a'), 4097) == Errc::Hostile);

  // More chunks in one tree than a writer puts there.
  std::vector<TreeEntry> many;
  for (std::size_t i = 0; i < 4097; ++i) many.push_back(chunk(t, chunk_name(i), "a"));
  CHECK(refusal(t, many, std::string(4097, 'a'), 4097) == Errc::Hostile);
}

TEST_CASE("tree: a chunk above 4 MiB is refused before it is read") {
  TreeStore t;
  const std::string large(kLargestChunk + 1, 'x');
  CHECK(refusal(t, {chunk(t, zeros_and("0"), large)}, large, 1) == Errc::Hostile);
}

TEST_CASE("tree: a chunk of the wrong type or size is damage, and named") {
  TreeStore t;
  const ObjectId id = t.tree({{GitMode::File, zeros_and("0"), t.blob("abcd")}});
  t.publish();
  try {
    content_of(t, file_of("abc", 1), id);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::Corrupt);
    CHECK(std::string(error.what()).find(id_of(ObjectType::Blob, as_bytes("abcd")).hex()) !=
          std::string::npos);
    CHECK(std::string(error.what()).starts_with("cannot read 'file': "));
  }
}
