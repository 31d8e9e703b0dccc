#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "fs/file.hpp"
#include "signing/key.hpp"
#include "signing/openssh_key.hpp"
#include "signing/ssh.hpp"

using namespace stravinsky;
using namespace stravinsky::signing;
using namespace stravinsky::test;

namespace {

/// A pattern to look for, kept inverted: the search must not find itself.
using Inverted = std::array<unsigned char, 24>;

Inverted inverted(const char* bytes) {
  Inverted result{};
  std::transform(bytes, bytes + result.size(), result.begin(),
                 [](char c) { return static_cast<unsigned char>(~c); });
  return result;
}

std::size_t count_in(const unsigned char* bytes, std::size_t size, const Inverted& pattern) {
  std::size_t found = 0;
  for (std::size_t i = 0; i + pattern.size() <= size; ++i) {
    std::size_t k = 0;
    while (k < pattern.size() && static_cast<unsigned char>(~bytes[i + k]) == pattern[k]) ++k;
    found += k == pattern.size();
  }
  return found;
}

/// How often this process holds the bytes, in all its writable private memory.
std::size_t copies_in_memory(const Inverted& pattern) {
  // Static, and skipped: what is read here is a copy itself.
  static std::array<unsigned char, 1 << 16> window;
  const auto own = reinterpret_cast<std::uintptr_t>(window.data());
  const fs::Fd memory = fs::open("/proc/self/mem", O_RDONLY);
  std::ifstream maps("/proc/self/maps");
  std::size_t found = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    std::array<char, 5> access{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access.data()) != 3) continue;
    // A sanitizer's shadow is terabytes of no content.
    if (std::string_view(access.data()) != "rw-p" || end - begin > (64UL << 20)) continue;
    const std::size_t step = window.size() - pattern.size();
    for (unsigned long at = begin; at < end; at += step) {
      if (at < own + window.size() && at + window.size() > own) continue;
      const ssize_t size =
          fs::read_at(memory.get(), window.data(), std::min(window.size(), end - at), at);
      if (size > 0) found += count_in(window.data(), static_cast<std::size_t>(size), pattern);
    }
  }
  window.fill(0);
  return found;
}

}  // namespace

TEST_CASE("signing: no copy of the secret stays in memory once its key has gone") {
  const TempDir dir;
  const std::string path = ssh_key(dir, "key");
  Inverted in_file, seed;
  {
    // The base64 of the seed begins in the file's fifth line; the pattern is inverted in place.
    static std::array<char, 1024> text;
    const fs::Fd fd = fs::open(path, O_RDONLY);
    const ssize_t size = fs::read_some(fd.get(), text.data(), text.size());
    const std::string_view view(text.data(), static_cast<std::size_t>(size));
    std::size_t line = 0;
    for (int i = 0; i < 4; ++i) line = view.find('\n', line) + 1;
    in_file = inverted(view.data() + line + 16);
    seed = inverted(decode_openssh_key(view, path).secret.seed().data());
    text.fill(0);
  }
  std::optional<SigningKey> key = read_key(path);
  CHECK(copies_in_memory(seed) == 2);  // ours and OpenSSL's: the search does find them
  const std::string signature = key->sign("message");
  write_key(dir / "copy", *key);
  key.reset();
  CHECK(signature.size() > 200);
  CHECK(copies_in_memory(seed) == 0);
  CHECK(copies_in_memory(in_file) == 0);
}
