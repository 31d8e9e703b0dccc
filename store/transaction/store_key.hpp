#pragma once

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// Whether the key of `options` is a file, and not one that only an agent knows.
bool is_key_file(const StoreOptions& options);

/// The signing key file of `options`, made when there is none.
void ensure_key(const StoreOptions& options);

/// The signing key of `options`, with a principal that a list of signers can hold.
/// @throws Error Key
signing::SigningKey open_signing_key(const StoreOptions& options);

/// Gives the key the name under which the newest event trusts it. @throws Error Key: it does not,
/// or another key has replaced it
void require_trusted_key(Store::Parts& parts, const ChainLink& head);

/// Replaces `stravinsky/allowed_signers`, by which plain git judges, durably.
void write_signers(const Store::Parts& parts, const std::string& signers);

}  // namespace stravinsky
