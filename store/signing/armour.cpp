#include "signing/armour.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string>

#include "signing/wire.hpp"

namespace stravinsky::signing {
namespace {

constexpr std::size_t kColumns = 70;
constexpr std::size_t kLargestText = 64 << 10;

std::string begin_line(std::string_view label) {
  return "-----BEGIN " + std::string(label) + "-----\n";
}

std::string end_line(std::string_view label) { return "-----END " + std::string(label) + "-----"; }

const unsigned char* input(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL's coder and not core/text.hpp's, which would leave the key in an ordinary string.
SecretBytes encode(std::string_view raw) {
  SecretBytes text((raw.size() + 2) / 3 * 4 + 1);  // it adds a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), input(raw),
                                   static_cast<int>(raw.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<SecretBytes> decode(std::string_view text) {
  SecretBytes raw(text.size() / 4 * 3 + 3);
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(raw.data()), input(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // The size counts the bytes that padding stands for.
  const auto padding =
      std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  if (size < padding) return std::nullopt;
  raw.resize(static_cast<std::size_t>(size - padding));
  // OpenSSL forgives blanks and stray bits; only the one canonical spelling comes back the same.
  if (view_of(encode(view_of(raw))) != text) return std::nullopt;
  return raw;
}

}  // namespace

SecretBytes armoured(std::string_view label, std::string_view raw) {
  const SecretBytes base64 = encode(raw);
  SecretBytes text;
  append_bytes(text, begin_line(label));
  for (std::size_t i = 0; i < base64.size(); i += kColumns) {
    append_bytes(text, view_of(base64).substr(i, kColumns));
    text.push_back('\n');
  }
  append_bytes(text, end_line(label));
  return text;
}

std::optional<SecretBytes> unarmoured(std::string_view label, std::string_view text) {
  const std::string begin = begin_line(label), end = end_line(label);
  if (text.size() > kLargestText) return std::nullopt;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() < begin.size() + end.size()) return std::nullopt;
  if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  text = text.substr(begin.size(), text.size() - begin.size() - end.size());

  const std::size_t width = text.find('\n');
  if (width == 0 || width == std::string_view::npos) return std::nullopt;
  SecretBytes base64;
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    if (length == std::string_view::npos || length == 0 || length > width) return std::nullopt;
    if (length < width && length + 1 != text.size()) return std::nullopt;
    append_bytes(base64, text.substr(0, length));
    text.remove_prefix(length + 1);
  }
  return decode(view_of(base64));
}

}  // namespace stravinsky::signing
