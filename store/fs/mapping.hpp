#pragma once

#include <optional>
#include <string>

#include "core/bytes.hpp"

namespace stravinsky::fs {

/// A whole file mapped for reading. Only for files that are replaced, never rewritten or cut: a
/// page that is gone when it is touched ends the process.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  ByteView bytes() const noexcept { return bytes_; }
  /// Empty result when it cannot be opened or mapped, or is no regular file.
  static std::optional<Mapping> find(const std::string& path) noexcept;

 private:
  ByteView bytes_;
};

}  // namespace stravinsky::fs
