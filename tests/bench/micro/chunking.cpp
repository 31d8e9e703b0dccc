#include "objects/chunker.hpp"

#include <benchmark/benchmark.h>

#include "bench/micro/samples.hpp"

using namespace stravinsky;

namespace {

void ChunkFastCdc(benchmark::State& state) {
  const std::string content = bench::random_bytes(64 << 20);
  std::int64_t chunks = 0;
  for (auto _ : state) {
    for (ByteView rest = as_bytes(content); !rest.empty(); ++chunks) {
      rest = rest.subspan(next_cut(rest));
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * content.size()));
  state.SetItemsProcessed(chunks);
}

BENCHMARK(ChunkFastCdc)->Unit(benchmark::kMillisecond);

}  // namespace
