#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/micro/samples.hpp"
#include "core/hash.hpp"
#include "metadata/mtree.hpp"

using namespace stravinsky;

namespace {

/// A directory of files as a user has them: one owner, one mode, names of some length.
DirectoryMetadata directory(std::size_t files) {
  DirectoryMetadata metadata{.self = {.name = ".",
                                      .type = EntryType::Directory,
                                      .mode = 0755,
                                      .uname = "user",
                                      .gname = "user",
                                      .mtime = FileTime{1'763'631'000, 123'456'789}},
                             .entries = {}};
  for (std::size_t i = 0; i < files; ++i) {
    Entry entry = metadata.self;
    entry.name = fmt::format("some-file-{:07}.cpp", i);
    entry.type = EntryType::File;
    entry.mode = 0644;
    entry.size = 1000 + i;
    entry.digest = sha256(entry.name);
    metadata.entries.push_back(entry);
  }
  return metadata;
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void MtreeEncode(benchmark::State& state) {
  const DirectoryMetadata metadata = directory(static_cast<std::size_t>(state.range(0)));
  std::vector<const Entry*> entries;
  for (const Entry& entry : metadata.entries) entries.push_back(&entry);
  std::string text;
  for (auto _ : state) {
    text.clear();
    encode_mtree(metadata.self, entries, text);
    benchmark::DoNotOptimize(text.data());
  }
  count(state, text.size());
}

void MtreeDecode(benchmark::State& state) {
  const DirectoryMetadata metadata = directory(static_cast<std::size_t>(state.range(0)));
  std::vector<const Entry*> entries;
  for (const Entry& entry : metadata.entries) entries.push_back(&entry);
  std::string text;
  encode_mtree(metadata.self, entries, text);
  for (auto _ : state) benchmark::DoNotOptimize(parse_mtree(text));
  count(state, text.size());
}

BENCHMARK(MtreeEncode)->Arg(10)->Arg(1000);
BENCHMARK(MtreeDecode)->Arg(10)->Arg(1000);

}  // namespace
