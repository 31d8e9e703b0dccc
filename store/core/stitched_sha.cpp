#include "core/stitched_sha.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))
#define INTO_LOOP WITH_SHA __attribute__((always_inline)) inline

namespace stravinsky {
namespace {

constexpr std::size_t kBlock = 64;

alignas(16) constexpr std::array<std::uint32_t, 64> kSha256Constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The words a to h of a state lie in vectors as the instructions want them, named from the highest
// lane down.
struct Sha1State {
  __m128i abcd, e;
};
struct Sha256State {
  __m128i abef, cdgh;
};

INTO_LOOP __m128i load(const std::byte* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// The next four words of SHA-1's message schedule, in the place of the oldest four.
INTO_LOOP __m128i next_sha1_words(__m128i (&words)[4], int i) {
  const __m128i sum =
      _mm_xor_si128(_mm_sha1msg1_epu32(words[i & 3], words[(i + 1) & 3]), words[(i + 2) & 3]);
  return words[i & 3] = _mm_sha1msg2_epu32(sum, words[(i + 3) & 3]);
}

INTO_LOOP void add_sha1_block(Sha1State& state, const std::byte* block) {
  const __m128i reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  __m128i abcd = state.abcd, e = state.e;
  __m128i words[4];
#pragma GCC unroll 20
  for (int i = 0; i < 20; ++i) {
    const __m128i four = i < 4 ? words[i] = _mm_shuffle_epi8(load(block + 16 * i), reversed)
                               : next_sha1_words(words, i);
    const __m128i input = i == 0 ? _mm_add_epi32(e, four) : _mm_sha1nexte_epu32(e, four);
    e = abcd;
    switch (i / 5) {  // the instruction takes its round function as a constant
      case 0:
        abcd = _mm_sha1rnds4_epu32(abcd, input, 0);
        break;
      case 1:
        abcd = _mm_sha1rnds4_epu32(abcd, input, 1);
        break;
      case 2:
        abcd = _mm_sha1rnds4_epu32(abcd, input, 2);
        break;
      default:
        abcd = _mm_sha1rnds4_epu32(abcd, input, 3);
    }
  }
  state.e = _mm_sha1nexte_epu32(e, state.e);
  state.abcd = _mm_add_epi32(state.abcd, abcd);
}

/// The next four words of SHA-256's message schedule, in the place of the oldest four.
INTO_LOOP __m128i next_sha256_words(__m128i (&words)[4], int i) {
  const __m128i last = words[(i + 3) & 3];
  const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(words[i & 3], words[(i + 1) & 3]),
                                    _mm_alignr_epi8(last, words[(i + 2) & 3], 4));
  return words[i & 3] = _mm_sha256msg2_epu32(sum, last);
}

INTO_LOOP void add_sha256_block(Sha256State& state, const std::byte* block) {
  const __m128i swapped = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef = state.abef, cdgh = state.cdgh;
  __m128i words[4];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const __m128i four = i < 4 ? words[i] = _mm_shuffle_epi8(load(block + 16 * i), swapped)
                               : next_sha256_words(words, i);
    const __m128i input = _mm_add_epi32(
        four, _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Constants.data() + 4 * i)));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(input, 0x0e));
  }
  state.abef = _mm_add_epi32(state.abef, abef);
  state.cdgh = _mm_add_epi32(state.cdgh, cdgh);
}

WITH_SHA void add_sha1_blocks(Sha1State& state, const std::byte* blocks, std::size_t count) {
  Sha1State running = state;
  for (; count > 0; --count, blocks += kBlock) add_sha1_block(running, blocks);
  state = running;
}

WITH_SHA void add_sha256_blocks(Sha256State& state, const std::byte* blocks, std::size_t count) {
  Sha256State running = state;
  for (; count > 0; --count, blocks += kBlock) add_sha256_block(running, blocks);
  state = running;
}

WITH_SHA void add_blocks(Sha1State& sha1, const std::byte* sha1_blocks, Sha256State& sha256,
                         const std::byte* sha256_blocks, std::size_t count) {
  Sha1State one = sha1;
  Sha256State two = sha256;
  for (; count > 0; --count, sha1_blocks += kBlock, sha256_blocks += kBlock) {
    add_sha256_block(two, sha256_blocks);
    add_sha1_block(one, sha1_blocks);
  }
  sha1 = one;
  sha256 = two;
}

/// The last bytes of a message with a one bit, zeros and its length behind them: one block or two.
struct Tail {
  Tail(ByteView rest, std::uint64_t message_size) {
    assert(rest.size() < kBlock);
    if (!rest.empty()) std::memcpy(bytes.data(), rest.data(), rest.size());
    bytes[rest.size()] = std::byte{0x80};
    blocks = rest.size() + 1 + sizeof(std::uint64_t) <= kBlock ? 1 : 2;
    for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i) {
      bytes[blocks * kBlock - 1 - i] = static_cast<std::byte>((message_size * 8) >> (8 * i));
    }
  }

  std::array<std::byte, 2 * kBlock> bytes{};
  std::size_t blocks;
};

/// Others leave the upper halves of the vector registers in use (ISA-L does). Each instruction here
/// would have to wait for the last one that wrote its target, to keep what is in them: then the two
/// chains wait for one another, and 1.61 GB/s become 0.64.
__attribute__((target("avx"))) void clear_upper_halves() { _mm256_zeroupper(); }

void store_word(std::uint8_t* to, std::uint32_t word) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(word >> (24 - 8 * i));
}

using Lanes = std::array<std::uint32_t, 4>;  ///< lowest first

}  // namespace

bool has_stitched_sha() noexcept {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
    if ((c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
  }();
  return has;
}

WITH_SHA void stitched_sha(ByteView head, ByteView content, ObjectId& sha1,
                           Sha256& sha256) noexcept {
  assert(head.size() <= kBlock);
  if (__builtin_cpu_supports("avx")) clear_upper_halves();
  Sha1State one{_mm_set_epi32(0x67452301, static_cast<int>(0xefcdab89),
                              static_cast<int>(0x98badcfe), 0x10325476),
                _mm_set_epi32(static_cast<int>(0xc3d2e1f0), 0, 0, 0)};
  Sha256State two{_mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f,
                                static_cast<int>(0x9b05688c)),
                  _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};

  // SHA-1's blocks begin where the head ends: the first is put together, the others lie in the
  // content at an offset of their own.
  std::array<std::byte, kBlock> first;
  const std::size_t joined = std::min(content.size(), kBlock - head.size());
  if (!head.empty()) std::memcpy(first.data(), head.data(), head.size());
  if (joined > 0) std::memcpy(first.data() + head.size(), content.data(), joined);
  const bool is_whole = head.size() + joined == kBlock;
  if (is_whole) add_sha1_blocks(one, first.data(), 1);
  const ByteView behind = content.subspan(joined);

  const std::size_t sha1_blocks = behind.size() / kBlock, sha256_blocks = content.size() / kBlock;
  const std::size_t both = std::min(sha1_blocks, sha256_blocks);
  add_blocks(one, behind.data(), two, content.data(), both);
  add_sha1_blocks(one, behind.data() + both * kBlock, sha1_blocks - both);
  add_sha256_blocks(two, content.data() + both * kBlock, sha256_blocks - both);

  const ByteView sha1_rest =
      is_whole ? behind.subspan(sha1_blocks * kBlock) : ByteView(first).first(head.size() + joined);
  const Tail one_tail(sha1_rest, head.size() + content.size());
  const Tail two_tail(content.subspan(sha256_blocks * kBlock), content.size());
  const std::size_t tails = std::min(one_tail.blocks, two_tail.blocks);
  add_blocks(one, one_tail.bytes.data(), two, two_tail.bytes.data(), tails);
  add_sha1_blocks(one, one_tail.bytes.data() + tails * kBlock, one_tail.blocks - tails);
  add_sha256_blocks(two, two_tail.bytes.data() + tails * kBlock, two_tail.blocks - tails);

  const auto abcd = std::bit_cast<Lanes>(one.abcd), e = std::bit_cast<Lanes>(one.e);
  for (std::size_t i = 0; i < 4; ++i) store_word(sha1.data() + 4 * i, abcd[3 - i]);
  store_word(sha1.data() + 16, e[3]);
  const auto abef = std::bit_cast<Lanes>(two.abef), cdgh = std::bit_cast<Lanes>(two.cdgh);
  const std::array<std::uint32_t, 8> words = {abef[3], abef[2], cdgh[3], cdgh[2],
                                              abef[1], abef[0], cdgh[1], cdgh[0]};
  for (std::size_t i = 0; i < words.size(); ++i) store_word(sha256.data() + 4 * i, words[i]);
}

}  // namespace stravinsky

#else

namespace stravinsky {

bool has_stitched_sha() noexcept { return false; }

void stitched_sha(ByteView, ByteView, ObjectId&, Sha256&) noexcept {
  assert(false && "asked for without has_stitched_sha()");
}

}  // namespace stravinsky

#endif
