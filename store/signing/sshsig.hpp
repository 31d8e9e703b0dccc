#pragma once

#include <string>
#include <string_view>

#include "signing/key.hpp"

namespace stravinsky::signing {

/// How an SSH signature and what it is made over begin.
inline constexpr std::string_view kMagic = "SSHSIG";

/// The hash inside every signature we make; we accept `sha256`, too.
inline constexpr std::string_view kHash = "sha512";

/// The bytes that Ed25519 signs for `message`; an agent is sent the same.
/// @param hash  `sha512` or `sha256`
std::string signed_data(std::string_view message, std::string_view hash);

/// The armoured SSHSIG for a signature over `signed_data(message, kHash)`; no final newline.
/// @param signature  64 bytes
std::string armoured_signature(const PublicKey& key, std::string_view signature);

}  // namespace stravinsky::signing
