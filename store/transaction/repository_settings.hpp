#pragma once

#include <string>

namespace stravinsky {

/// The text of `store.git/config` of a new store. docs/format.md 2.
std::string repository_config(const std::string& allowed_signers_path);
/// The text of `info/attributes`.
std::string repository_attributes();
/// The `pre-receive` hook, which refuses pushes and says what to do instead.
std::string pre_receive_hook();
/// `config` with one `allowedSignersFile` line as we write it, the last, which names
/// `allowed_signers_path`; unchanged when that is so already, or there is none.
/// @param is_plain_move  receives whether there was one such line, with another path
std::string with_allowed_signers(const std::string& config, const std::string& allowed_signers_path,
                                 bool* is_plain_move);
/// A section to be added where a line of another form counts.
std::string signers_section(const std::string& allowed_signers_path);

}  // namespace stravinsky
