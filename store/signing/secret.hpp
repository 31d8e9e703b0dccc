#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace stravinsky::signing {

/// Overwrites memory before it goes back: on growth, on every early return and on every throw.
template <typename T>
struct CleansingAllocator {
  // NOLINTNEXTLINE(readability-identifier-naming): the standard library asks for this name
  using value_type = T;

  CleansingAllocator() = default;
  template <typename U>
  CleansingAllocator(const CleansingAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    OPENSSL_cleanse(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }
  bool operator==(const CleansingAllocator&) const = default;
};

/// Bytes that must not stay in memory. A vector and not a string: a short string keeps its bytes
/// inside itself, where no allocator sees them go.
using SecretBytes = std::vector<char, CleansingAllocator<char>>;

inline std::string_view view_of(const SecretBytes& secret) noexcept {
  return {secret.data(), secret.size()};
}

}  // namespace stravinsky::signing
