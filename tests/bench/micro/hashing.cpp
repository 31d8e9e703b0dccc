#include <benchmark/benchmark.h>

#include "bench/micro/samples.hpp"
#include "core/hash.hpp"

using namespace stravinsky;

namespace {

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void HashSha1(benchmark::State& state) {
  const std::string content = bench::random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(sha1(as_bytes(content)));
  count_bytes(state);
}

void HashSha256(benchmark::State& state) {
  const std::string content = bench::random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(sha256(as_bytes(content)));
  count_bytes(state);
}

/// What every blob takes: git's id, header included, and the digest in the metadata.
void HashBoth(benchmark::State& state) {
  const std::string content = bench::random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(hash_content(ObjectType::Blob, as_bytes(content)));
  }
  count_bytes(state);
}

BENCHMARK(HashSha1)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20);
BENCHMARK(HashSha256)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20);
BENCHMARK(HashBoth)->Arg(256)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20);

}  // namespace
