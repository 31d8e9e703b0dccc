#pragma once

#include <optional>
#include <string_view>

#include "signing/secret.hpp"

namespace stravinsky::signing {

inline constexpr std::string_view kSignatureLabel = "SSH SIGNATURE";
inline constexpr std::string_view kPrivateKeyLabel = "OPENSSH PRIVATE KEY";

/// `-----BEGIN <label>-----`, base64 in lines of 70, `-----END <label>-----`; no final newline.
SecretBytes armoured(std::string_view label, std::string_view raw);

/// The bytes inside an armour; empty result for any other text.
///
/// Stricter than ssh-keygen, so that one signature has few spellings: nothing before or after, at
/// most one final newline, base64 lines of one width (the last may be shorter) in canonical
/// base64, no CR. Git drops a signature with CRs in it, so we must not accept one.
/// @param text  larger than 64 KiB is refused
std::optional<SecretBytes> unarmoured(std::string_view label, std::string_view text);

}  // namespace stravinsky::signing
