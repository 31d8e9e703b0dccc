#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// `Name <email> seconds zone` of a commit.
struct Ident {
  std::string name, email;
  std::int64_t seconds = 0;  ///< since 1970; git knows none before
  std::string zone = "+0000";
};

/// Removes what git does not allow in a name or email: '<', '>', control bytes, blanks and dots at
/// the ends. Never empty: `fallback` replaces nothing.
std::string clean_ident(std::string_view text, std::string_view fallback);

struct Commit {
  ObjectId tree;
  std::vector<ObjectId> parents;
  Ident author, committer;
  std::string message;    ///< ends with a newline
  std::string signature;  ///< armoured SSHSIG without its final newline; empty: unsigned
};

/// The bytes that a signature is made over: the object without its `gpgsig` header.
std::string commit_payload(const Commit& commit);
/// The whole object: the payload, with the `gpgsig` header after `committer` when signed.
std::string encode_commit(const Commit& commit);

/// Reads a commit strictly: tree, parents, author, committer, at most one gpgsig, a blank line, the
/// message. Any other header is refused, since git and libgit2 would disagree on what was signed,
/// and so is every other spelling: `encode_commit` of the result gives `bytes` again.
/// @throws Error Corrupt, naming `id`
Commit parse_commit(std::string_view bytes, const ObjectId& id);

/// The `Key: value` lines of the last paragraph of a message, in order; empty when it has another
/// line. Keys compare exactly.
using Trailers = std::vector<std::pair<std::string, std::string>>;
Trailers parse_trailers(std::string_view message);
std::optional<std::string> find_trailer(const Trailers& trailers, std::string_view key);
/// @param subject  one or more paragraphs, no trailing newline needed
/// @throws Error Invalid: a key with other than letters, digits and '-', or a value that is not one
///               line without control characters
std::string message_with_trailers(std::string_view subject, const Trailers& trailers);

}  // namespace stravinsky
