#include "packs/fold_packs.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <numeric>

#include "packs/git_store.hpp"
#include "support/error_of.hpp"

namespace stravinsky::test {
namespace {

constexpr std::uint64_t kAny = std::uint64_t{1} << 40;

/// Adds a pack of `count` blobs, numbered from `first`.
void add_pack(GitStore& store, int first, int count) {
  ObjectDatabase database(store.objects);
  ObjectWriter writer(database, store.tmp, Compression::Fast);
  for (int i = first; i < first + count; ++i) writer.put(ObjectType::Blob, sample_text(i));
  writer.publish();
}

std::string packs_of(const GitStore& store) {
  return output_of("cd " + store.packs + " && ls | sort");
}

std::size_t count_packs(const GitStore& store) {
  const std::string names = packs_of(store);
  std::size_t count = 0;
  for (std::size_t at = names.find(".idx"); at != std::string::npos;
       at = names.find(".idx", at + 1))
    ++count;
  return count;
}

std::string objects_of(const GitStore& store) {
  return store.git("cat-file --batch-all-objects --batch-check");
}

std::vector<PackSize> sizes(const std::vector<std::uint64_t>& bytes) {
  std::vector<PackSize> packs;
  for (std::size_t i = 0; i < bytes.size(); ++i) packs.push_back({std::to_string(i), bytes[i]});
  return packs;
}

}  // namespace

TEST_CASE("packs: a few packs, or ever larger ones, are left alone") {
  CHECK(choose_packs_to_fold({}, kAny).empty());
  CHECK(choose_packs_to_fold(sizes({1, 1, 1, 1, 1, 1, 1}), kAny).empty());
  CHECK(choose_packs_to_fold(sizes({1, 2, 6, 18, 54, 162, 486, 1458, 4374}), kAny).empty());
}

TEST_CASE("packs: the small packs are folded and a large one is not copied with them") {
  const auto chosen = choose_packs_to_fold(sizes({1000, 5, 5, 5, 5, 5, 5, 5, 5}), kAny);
  REQUIRE(chosen.size() == 8);
  for (const PackSize& pack : chosen) CHECK(pack.bytes == 5);
}

TEST_CASE("packs: no more is chosen than may be copied") {
  const auto chosen = choose_packs_to_fold(sizes({9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 50, 60, 70}), 100);
  CHECK(chosen.size() == 10);
}

TEST_CASE("packs: however many packs come, few are there and each byte is copied seldom") {
  std::vector<std::uint64_t> packs;
  std::uint64_t copied = 0;
  std::size_t most = 0;
  constexpr int kSnapshots = 10'000;
  for (int i = 0; i < kSnapshots; ++i) {
    packs.push_back(3);
    const auto chosen = choose_packs_to_fold(sizes(packs), kAny);
    std::uint64_t sum = 0;
    for (const PackSize& pack : chosen) sum += pack.bytes;
    for (const PackSize& pack : chosen) packs[std::stoul(pack.stem)] = 0;
    std::erase(packs, 0);
    if (sum != 0) packs.push_back(sum);
    copied += sum;
    most = std::max(most, packs.size());
  }
  CHECK(std::accumulate(packs.begin(), packs.end(), std::uint64_t{0}) == 3 * kSnapshots);
  CHECK(most <= 7 + 14);  // log2 of 10,000
  CHECK(copied <= 14ull * 3 * kSnapshots);
}

TEST_CASE("packs: folding keeps every object, and plain git agrees") {
  GitStore store;
  for (int i = 0; i < 9; ++i) add_pack(store, 10 * i, 12);  // some objects are meant for two packs
  const std::string before = objects_of(store);
  CHECK(fold_packs(store.objects, store.tmp, kAny) == 9);
  CHECK(count_packs(store) == 1);
  CHECK(objects_of(store) == before);
  CHECK(store.fsck() == "");
  CHECK(store.debris() == "");
  CHECK(fold_packs(store.objects, store.tmp, kAny) == 0);
}

TEST_CASE("packs: an object in several packs is kept once") {
  GitStore store;
  for (int i = 0; i < 8; ++i) {
    // Each writer believes that nothing is stored yet, as two that run at once do.
    GitStore other;
    add_pack(other, 0, 3 + i);
    output_of("cp " + other.packs + "/* " + store.packs);
  }
  CHECK(fold_packs(store.objects, store.tmp, kAny) == 8);
  CHECK(store.git("count-objects -v | grep in-pack") == "in-pack: 10");
  CHECK(store.fsck() == "");
}

TEST_CASE("packs: a database that listed the packs before still reads every object") {
  GitStore store;
  for (int i = 0; i < 9; ++i) add_pack(store, 10 * i, 10);
  ObjectDatabase reader(store.objects);
  fold_packs(store.objects, store.tmp, kAny);
  for (int i = 0; i < 90; ++i) {
    const std::string text = sample_text(i);
    CHECK(reader.read(id_of(ObjectType::Blob, as_bytes(text))).bytes == text);
  }
}

TEST_CASE("packs: a damaged object keeps all packs where they are") {
  GitStore store;
  for (int i = 0; i < 8; ++i) add_pack(store, 10 * i, 10);
  const std::string before = packs_of(store);
  const std::string victim = store.packs + "/" + before.substr(0, before.find('\n') - 4) + ".pack";
  output_of("chmod u+w " + victim + " && printf '\\125' | dd of=" + victim +
            " bs=1 seek=400 conv=notrunc status=none");
  CHECK(error_of([&] { fold_packs(store.objects, store.tmp, kAny); }) == Errc::Corrupt);
  CHECK(packs_of(store) == before);
  CHECK(store.debris() == "");
}

TEST_CASE("packs: packs with deltas and packs that git keeps are not folded") {
  GitStore store;
  std::string ids;
  for (int i = 0; i < 40; ++i) {
    ids += store.hash_object(sample_text(1, 200) + std::to_string(i)).hex() + "\n";
  }
  write_file(store.dir / "ids", ids);
  store.git("pack-objects -q " + store.packs + "/pack < " + (store.dir / "ids"));  // deltas
  store.git("prune-packed -q");
  const std::string deltas = store.file(".idx");
  for (int i = 0; i < 9; ++i) add_pack(store, 100 + i, 1);
  std::string kept = packs_of(store);
  kept = kept.substr(0, kept.find('\n'));
  kept = kept.substr(0, kept.size() - 4);
  write_file(store.packs + "/" + kept + ".keep", "");
  const std::string before = objects_of(store);
  CHECK(fold_packs(store.objects, store.tmp, kAny) >= 8);
  CHECK(std::filesystem::exists(store.packs + "/" + kept + ".pack"));
  CHECK(std::filesystem::exists(deltas));
  CHECK(objects_of(store) == before);
  CHECK(store.fsck() == "");
}

}  // namespace stravinsky::test
