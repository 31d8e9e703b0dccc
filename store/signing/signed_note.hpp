#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signing/key.hpp"

namespace stravinsky::signing {

/// A text with signatures, each on a line of its own: the form that https://c2sp.org/signed-note
/// describes, so that tools for transparency logs can check ours.
struct Note {
  struct Signature {
    std::string name;       ///< of the key
    std::string key_id;     ///< 4 bytes
    std::string signature;  ///< 64 bytes for Ed25519
  };
  std::string text;  ///< what is signed, with its final newline
  std::vector<Signature> signatures;
};

/// @param text  ends with a newline; UTF-8 without control characters but newlines
/// @param name  of the key in the note: not empty, without blanks and '+'
/// @throws Error Key: the key signs nothing but SSH signatures
std::string signed_note(std::string_view text, std::string_view name, const SigningKey& key);

/// Takes a note apart; no signature is checked.
/// @throws Error Invalid: another form, or larger than 64 KiB
Note parse_note(std::string_view bytes);

/// Whether a signature of the note is by that key under that name, and holds.
bool is_signed_by(const Note& note, std::string_view name, const PublicKey& key);

/// `<name>+<key id>+<base64>`: what a tool for signed notes is told of the key.
std::string verifier_key(std::string_view name, const PublicKey& key);

}  // namespace stravinsky::signing
