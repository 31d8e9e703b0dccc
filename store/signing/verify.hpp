#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signing/key.hpp"

namespace stravinsky::signing {

/// One name of one line of an allowed_signers file; only ssh-ed25519 lines are kept.
struct AllowedSigner {
  std::string principal;  ///< exact; a line with a wildcard is refused
  PublicKey key;
  /// `valid-before`, `YYYYMMDDHHMMSSZ`: the key signs no more, what it signed stays good. Empty: it
  /// is in use.
  std::string valid_before;
  bool is_retired() const noexcept { return !valid_before.empty(); }
};

/// Whether ssh-keygen reads `name` as one exact principal: no blank, control character, comma,
/// quote or wildcard, no '#' at the start, at most 1,000 bytes.
bool is_principal(std::string_view name) noexcept;

/// `principal namespaces="git" ssh-ed25519 AAAA…\n`
/// @param valid_before  as in AllowedSigner
/// @throws Error Invalid when `is_principal` refuses it
std::string allowed_signers_line(const std::string& principal, const PublicKey& key,
                                 const std::string& valid_before = {});

/// The signers in the order of the file; the names of one line in the order of the line.
///
/// Skips blank lines, comments and keys of other types. The only options are `namespaces="…"` with
/// `git` among exact names (a line without it allows every namespace, so `git` as well) and
/// `valid-before="…"` with a whole time in UTC.
/// @throws Error Signature, with the line's number, for one we would read differently from
///         ssh-keygen: another option, a certificate authority, a wildcard
std::vector<AllowedSigner> parse_allowed_signers(std::string_view text);

/// Checks an armoured SSHSIG over `message`, namespace `git`, and names its key.
///
/// Whether that key may sign is the caller's to ask of the allowed signers.
/// @param armour  with or without its final newline
/// @throws Error Signature with the reason: another namespace, version, hash or key type, a
///         malformed armour (CRLF included), or a signature that does not hold
PublicKey verify_signature(std::string_view message, std::string_view armour);

}  // namespace stravinsky::signing
