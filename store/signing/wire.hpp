#pragma once

#include <cstdint>
#include <string_view>

namespace stravinsky::signing {

/// Reads SSH's wire form: big-endian u32, and strings that are a u32 length and bytes.
///
/// A read past the end sticks: it and all that follow give nothing, and `finished` stays false, so
/// a caller reads a whole structure and asks once. Nothing is copied, so a length costs no memory.
class WireReader {
 public:
  /// @param bytes  outlive the reader and the views it gives
  explicit WireReader(std::string_view bytes) noexcept : left_(bytes) {}

  std::uint32_t u32() noexcept;
  std::string_view string() noexcept;
  /// Exactly `count` bytes without a length.
  std::string_view bytes(std::size_t count) noexcept;
  /// All that is left.
  std::string_view rest() noexcept { return bytes(left_.size()); }

  bool failed() const noexcept { return failed_; }
  /// Every read was inside and nothing is left.
  bool finished() const noexcept { return !failed_ && left_.empty(); }

 private:
  std::string_view left_;
  bool failed_ = false;
};

/// Appends to a std::string or to SecretBytes.
template <typename Bytes>
void append_bytes(Bytes& out, std::string_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <typename Bytes>
void append_u32(Bytes& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(value >> shift & 255));
}

/// @param bytes  below 4 GiB
template <typename Bytes>
void append_string(Bytes& out, std::string_view bytes) {
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  append_bytes(out, bytes);
}

}  // namespace stravinsky::signing
