#pragma once

#include <string>

namespace stravinsky {

/// The text of `store.git/config` of a new store. docs/format.md 2.
std::string repository_config(const std::string& allowed_signers_path);
/// The text of `info/attributes`.
std::string repository_attributes();
/// The `pre-receive` hook, which refuses pushes and says what to do instead.
std::string pre_receive_hook();
/// `config` with its `allowedSignersFile` line naming `allowed_signers_path`; unchanged when it
/// does already, or has none.
std::string with_allowed_signers(const std::string& config,
                                 const std::string& allowed_signers_path);

}  // namespace stravinsky
