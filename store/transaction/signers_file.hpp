#pragma once

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// Why plain git would not judge signatures by the list of the event `head`, nor, as right after a
/// change of keys that was cut short, by that of the one before: the copy in the store is another,
/// or git is led elsewhere. Empty: it would. A store that was moved and not written to since may
/// name the copy at its former place, as long as that says the same or is no more.
/// @throws Error Corrupt, NotFound, Io
std::string fault_of_signers(const Store::Parts& parts, const ChainLink& head);

/// Makes git's setting name the copy in the store, absolute as git wants it: after the store was
/// moved, and with a remark where somebody led git elsewhere.
void follow_signers_setting(Store::Parts& parts);

}  // namespace stravinsky
