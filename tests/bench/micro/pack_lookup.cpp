#include <benchmark/benchmark.h>

#include "bench/micro/samples.hpp"
#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "packs/pack_index.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;

namespace {

/// In an order that no cache line foresees.
std::vector<ObjectId> shuffled(std::vector<ObjectId> ids) {
  std::shuffle(ids.begin(), ids.end(), std::mt19937_64(1));
  return ids;
}

/// @param state  objects in the index
void PackIndexFind(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  std::vector<PackedObject> objects;
  std::vector<ObjectId> ids;
  for (std::uint64_t i = 0; i < count; ++i) {
    objects.push_back({.id = bench::numbered_id(i), .offset = 12 + i * 100, .crc = 0});
    ids.push_back(objects.back().id);
  }
  const test::TempDir dir;
  test::write_file(dir / "pack.idx", encode_pack_index(objects, ObjectId()));
  const PackIndex index(dir / "pack.idx", 12 + count * 100 + ObjectId::kSize);
  ids = shuffled(std::move(ids));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(index.find(ids[next]));
    next = next + 1 == ids.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// 20,000 blobs of about 2 KiB in as many packs as asked for.
struct Database {
  test::TempDir dir;
  std::unique_ptr<ObjectDatabase> database;
  std::vector<ObjectId> ids;
  std::int64_t bytes = 0;

  explicit Database(std::int64_t packs) {
    test::output_of("git init -q --bare " + dir.path());
    database = std::make_unique<ObjectDatabase>(dir / "objects");
    const std::string text = bench::source_text(1 << 20);
    for (std::int64_t pack = 0; pack < packs; ++pack) {
      ObjectWriter writer(*database, dir / "tmp", Compression::Fast);
      for (std::int64_t i = 0; i < 20'000 / packs; ++i) {
        const auto number = static_cast<std::size_t>(pack * 20'000 + i);
        const std::string content = std::to_string(number) + text.substr(number % 1'000'000, 2048);
        ids.push_back(writer.put(ObjectType::Blob, content));
        bytes += static_cast<std::int64_t>(content.size());
      }
      writer.publish();
    }
    database->refresh();
    ids = shuffled(std::move(ids));
  }
};

/// @param state  packs
void DatabaseContains(benchmark::State& state) {
  const Database store(state.range(0));
  for (auto _ : state) {
    for (const ObjectId& id : store.ids) {
      if (!store.database->contains(id)) state.SkipWithError("an object is missing");
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * store.ids.size()));
}

/// What a snapshot asks for each new object. @param state  packs
void DatabaseContainsNot(benchmark::State& state) {
  const Database store(state.range(0));
  std::vector<ObjectId> absent;
  for (int i = 0; i < 100'000; ++i) {
    absent.push_back(id_of(ObjectType::Tree, as_bytes(std::to_string(i))));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    if (store.database->contains_listed(absent[next])) {
      state.SkipWithError("found what is not there");
    }
    next = next + 1 == absent.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void DatabaseRead(benchmark::State& state) {
  const Database store(state.range(0));
  for (auto _ : state) {
    for (const ObjectId& id : store.ids) {
      benchmark::DoNotOptimize(store.database->read_unchecked(id, ObjectType::Blob));
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * store.ids.size()));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * store.bytes);
}

BENCHMARK(PackIndexFind)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(DatabaseContains)->Arg(1)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK(DatabaseContainsNot)->Arg(1)->Arg(100);
BENCHMARK(DatabaseRead)->Arg(1)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
