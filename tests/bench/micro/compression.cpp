#include <benchmark/benchmark.h>

#include "bench/micro/samples.hpp"
#include "objects/zlib.hpp"

using namespace stravinsky;

namespace {

/// Bytes a second are those of the content; `ratio` is stream by content.
void compress(benchmark::State& state, const std::string& content, int level) {
  std::vector<std::byte> out(zlib_room(content.size()));
  std::size_t length = 0;
  for (auto _ : state) {
    length = write_zlib(out, as_bytes(content), level);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * content.size()));
  state.counters["ratio"] = static_cast<double>(length) / static_cast<double>(content.size());
}

/// @param state  size, level
void CompressText(benchmark::State& state) {
  compress(state, bench::source_text(static_cast<std::size_t>(state.range(0))),
           static_cast<int>(state.range(1)));
}

void CompressRandom(benchmark::State& state) {
  compress(state, bench::random_bytes(static_cast<std::size_t>(state.range(0))), 1);
}

void Inflate(benchmark::State& state) {
  const std::string content = bench::source_text(static_cast<std::size_t>(state.range(0)));
  std::vector<std::byte> stream(zlib_room(content.size()));
  stream.resize(write_zlib(stream, as_bytes(content), 1));
  std::vector<std::byte> out(content.size());
  for (auto _ : state) {
    if (!inflate_exactly(stream, out)) state.SkipWithError("does not inflate");
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * content.size()));
}

BENCHMARK(CompressText)
    ->ArgNames({"size", "level"})
    ->ArgsProduct({{4 << 10, 64 << 10}, {0, 1, 2, 3, 6, 9}});
BENCHMARK(CompressRandom)->Arg(4 << 10)->Arg(1 << 20);
BENCHMARK(Inflate)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20);

}  // namespace
