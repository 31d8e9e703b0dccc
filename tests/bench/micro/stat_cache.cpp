#include "index/stat_cache.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "bench/micro/samples.hpp"
#include "core/hash.hpp"
#include "index/stat_cache_parts.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;

namespace {

constexpr std::uint32_t kFilesInOne = 15;  // a directory of Linux' source, on average

/// The cache of a tree, saved: a top with `directories` of 15 files.
struct Saved {
  test::TempDir dir;
  const std::string path = dir / "stat";
  const ObjectId basis = bench::numbered_id(0);

  explicit Saved(std::uint32_t directories) {
    CacheBuilder builder;
    std::vector<CacheBuilder::Node> nodes;
    FileRecord file;
    file.status.mode = S_IFREG | 0644;
    file.believable = true;
    RecordWriter top({}, directories);
    for (std::uint32_t i = 0; i < directories; ++i) {
      RecordWriter record({}, 0);
      for (std::uint32_t j = 0; j < kFilesInOne; ++j) {
        file.status.inode = i * kFilesInOne + j;
        file.content = bench::numbered_id(file.status.inode);
        record.add(fmt::format("some-file-{:04}.cpp", j), EntryType::File, file);
      }
      nodes.push_back(builder.add(record.take(), {}));
      top.add_directory(fmt::format("directory-{:06}", i));
    }
    StatCache cache;
    const CacheBuilder::Node node = builder.add(top.take(), std::move(nodes));
    builder.finish(node, {}, cache.parts());
    cache.save(path, path + ".tmp", basis);
  }
};

void StatCacheLoad(benchmark::State& state) {
  const Saved saved(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    if (!StatCache::load(saved.path, saved.basis).parts().find_top()) {
      state.SkipWithError("the cache is empty");
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) *
                          kFilesInOne);
  state.SetBytesProcessed(
      static_cast<std::int64_t>(state.iterations() * std::filesystem::file_size(saved.path)));
}

/// As an unchanged scan does: every directory's record, every file's stat compared.
void StatCacheLookup(benchmark::State& state) {
  const Saved saved(static_cast<std::uint32_t>(state.range(0)));
  StatCache cache = StatCache::load(saved.path, saved.basis);
  const auto top = cache.parts().find_top();
  fs::FileStatus wanted;
  wanted.mode = S_IFREG | 0644;
  std::int64_t found = 0;
  for (auto _ : state) {
    wanted.inode = 0;
    for (std::uint32_t i = 0; top && i < static_cast<std::uint32_t>(state.range(0)); ++i) {
      const auto record = top->find_directory(i);
      if (!record) break;
      for (DirectoryRecord::Cursor cursor(*record); cursor.get(); cursor.next(), ++wanted.inode) {
        const CachedEntry entry = cursor.get();
        found += entry.believable() && entry.status() == wanted ? 1 : 0;
      }
    }
  }
  const auto all = static_cast<std::int64_t>(state.iterations()) * state.range(0) * kFilesInOne;
  if (found != all) state.SkipWithError("not all files are found");
  state.SetItemsProcessed(found);
}

BENCHMARK(StatCacheLoad)->Arg(100)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(StatCacheLookup)->Arg(100)->Arg(5000)->Unit(benchmark::kMicrosecond);

}  // namespace
