#include "signing/wire.hpp"

namespace stravinsky::signing {

std::string_view WireReader::bytes(std::size_t count) noexcept {
  if (failed_ || count > left_.size()) {
    failed_ = true;
    return {};
  }
  const std::string_view taken = left_.substr(0, count);
  left_.remove_prefix(count);
  return taken;
}

std::uint32_t WireReader::u32() noexcept {
  std::uint32_t value = 0;
  for (const char c : bytes(4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string_view WireReader::string() noexcept {
  const std::uint32_t length = u32();
  return bytes(length);
}

}  // namespace stravinsky::signing
