#pragma once

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// Publishes an event that moves no refs. Takes `lock.objects` and `lock.refs` itself.
/// @param event    as for Publication::publish
/// @param signers  the list it carries; empty: that of the event before
/// @throws Error as Publication
ChainLink record_event(Store::Parts& parts, Event event, Timestamp started,
                       const std::string& signers = {});

}  // namespace stravinsky
