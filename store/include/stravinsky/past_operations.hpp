#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stravinsky/snapshot.hpp"

namespace stravinsky {

inline constexpr const char* kUndoEvent = "UNDO";
inline constexpr const char* kRedoEvent = "REDO";
inline constexpr const char* kRollbackEvent = "MANUAL_ROLLBACK";

/// A recorded operation that changed live files.
struct PastOperation {
  struct Side {
    std::string profile;
    std::optional<Snapshot> before;  ///< what was live; empty: nothing was
    std::optional<Snapshot> after;
  };
  std::uint64_t sequence = 0;
  std::string event_type;
  Timestamp time;
  std::vector<Side> sides;          ///< of the profiles asked for
  std::vector<std::string> others;  ///< profiles that it changed as well
};

/// The newest operation on one of these profiles that is neither an undo nor a redo nor undone.
/// @throws Error Corrupt: the chain, or a snapshot it names
std::optional<PastOperation> find_undo(const Store& store,
                                       const std::vector<std::string>& profiles);
/// The newest undo that is not redone, as long as nothing else has changed live files since.
std::optional<PastOperation> find_redo(const Store& store,
                                       const std::vector<std::string>& profiles);

}  // namespace stravinsky
