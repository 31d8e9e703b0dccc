#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "restore/update_mark.hpp"
#include "stravinsky/update.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

/// An update whose UPDATE_START is published, as the chain tells it.
struct BegunUpdate {
  UpdateMark mark;
  Snapshot before, candidate;
  std::optional<RefMove> upstream;  ///< as UPDATE_START moved it
  std::uint64_t switched = 0;       ///< sequence of its UPDATE_SWITCH; 0: it was never live
  bool failed = false;              ///< there is an UPDATE_FAILED
  std::string verification;         ///< why VERIFICATION_FAILURE says it did not pass; empty: none
  bool rolled_back = false;         ///< there is an AUTO_ROLLBACK that brought `before` back
  bool ended = false;               ///< there is a last event

  bool changes_files() const { return candidate.content != before.content; }
};

/// Empty: its UPDATE_START was never published, so it changed nothing. @throws Error Corrupt
std::optional<BegunUpdate> find_begun_update(const Store& store, const UpdateMark& mark);

/// An event of an update, with what all of them tell.
/// @param after  what is live after it
Event update_event(const UpdateMark& mark, const char* type, const std::optional<Snapshot>& before,
                   const std::optional<Snapshot>& after);

/// How an update that was begun and did not pass ends in the refs: the release line goes back to
/// where it was, the snapshot gets the tag `update=failed`, and what `current` said without a
/// switch is taken back.
std::vector<RefMove> moves_of_failure(Store::Parts& parts, ObjectWriter& writer,
                                      const Publication& publication, const BegunUpdate& update,
                                      bool stays_live);

/// Publishes the last event of an update, then removes its mark.
void end_update(Store& store, const BegunUpdate& update, Event event, bool failed, bool good,
                bool stays_live);

/// The automatic rollback of an update that is live. Neither throws for what the live tree does.
AutoRollback roll_back_update(Store& store, BegunUpdate update, const Profile& profile,
                              const std::string& reason, Progress& progress);

}  // namespace stravinsky
