#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stravinsky {

/// A fixed number of raw bytes with a lower-case hexadecimal spelling; `Tag` keeps kinds apart.
template <std::size_t Size, typename Tag>
class HexBytes {
 public:
  static constexpr std::size_t kSize = Size;

  HexBytes() = default;  ///< all zeros: "none"

  /// @param hex  exactly 2 × Size digits, either case; empty result for anything else
  static std::optional<HexBytes> from_hex(std::string_view hex) noexcept {
    if (hex.size() != 2 * Size) return std::nullopt;
    HexBytes result;
    int bad = 0;
    for (std::size_t i = 0; i < Size; ++i) {
      const int high = digit(hex[2 * i]);
      const int low = digit(hex[2 * i + 1]);
      bad |= high | low;  // negative if one of them is
      result.bytes_[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    if (bad < 0) return std::nullopt;
    return result;
  }

  /// @param raw  at least Size bytes
  static HexBytes from_raw(const void* raw) noexcept {
    HexBytes result;
    std::memcpy(result.bytes_.data(), raw, Size);
    return result;
  }

  std::string hex() const {
    std::string text(2 * Size, '0');
    write_hex(text.data());
    return text;
  }
  /// @param to  room for 2 × Size characters
  /// @returns behind the last of them
  char* write_hex(char* to) const noexcept {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (const std::uint8_t byte : bytes_) {
      *to++ = kDigits[byte >> 4];
      *to++ = kDigits[byte & 15];
    }
    return to;
  }

  std::uint8_t* data() noexcept { return bytes_.data(); }
  const std::uint8_t* data() const noexcept { return bytes_.data(); }
  std::string_view raw() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()), Size};
  }
  bool is_zero() const noexcept { return *this == HexBytes(); }

  auto operator<=>(const HexBytes&) const = default;

 private:
  static int digit(char c) noexcept {
    static constexpr std::array<std::int8_t, 256> kValues = [] {
      std::array<std::int8_t, 256> values{};
      values.fill(-1);
      for (int i = 0; i < 16; ++i) {
        values[static_cast<unsigned char>("0123456789abcdef"[i])] = static_cast<std::int8_t>(i);
        values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = static_cast<std::int8_t>(i);
      }
      return values;
    }();
    return kValues[static_cast<unsigned char>(c)];
  }

  std::array<std::uint8_t, Size> bytes_{};
};

/// The SHA-1 name of a git object.
using ObjectId = HexBytes<20, struct ObjectIdTag>;

/// A SHA-256 of content, of a directory's metadata, or of an event.
using Sha256 = HexBytes<32, struct Sha256Tag>;

}  // namespace stravinsky

/// The bytes are hashes already: the first eight are as good as any.
template <std::size_t Size, typename Tag>
struct std::hash<stravinsky::HexBytes<Size, Tag>> {
  std::size_t operator()(const stravinsky::HexBytes<Size, Tag>& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.data(), sizeof value);
    return value;
  }
};
