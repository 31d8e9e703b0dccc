#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

namespace stravinsky {

/// Room for bytes that is kept from one use to the next and never cleared, one per thread. What one
/// large object needed is given back at the next small one.
class ScratchBuffer {
 public:
  std::span<std::byte> room(std::size_t size) {
    if (size > size_ || (size_ > kKept && size <= kKept)) {
      bytes_.reset();
      size_ = std::max(size, kSmallest);
      bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    }
    return {bytes_.get(), size};
  }

 private:
  static constexpr std::size_t kSmallest = 64 * 1024, kKept = 8 * 1024 * 1024;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace stravinsky
