#pragma once

#include <string>
#include <vector>

#include "exit_status.hpp"
#include "lifecycle.hpp"
#include "session.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky::cli {

/// For what is done to snapshots and to the live tree. @throws Error Invalid: it is a release as
/// delivered, which was never live. @param what  such as `bring back`
void require_no_release(const Session& session, const Snapshot& snapshot, const std::string& what);

/// A snapshot and where its profile lives. @param paths  from the top; empty: all
/// @throws Error Invalid: it is of a stream, which has no place. NotFound: the profile is unknown
InPlaceTarget in_place_target(Session& session, const Store& store, Snapshot snapshot,
                              std::vector<std::string> paths);

/// Says what was made and what the safety snapshots could not read; gives the exit status.
Exit judge_in_place(Session& session, const std::vector<InPlaceReport>& reports);

/// Says what is about to be tried, for the event of a failure.
void attempt_in_place(Session& session, const Store& store,
                      const std::vector<InPlaceTarget>& targets, const std::string& event_type);
/// What hooks are told from the beginning: SNAPSHOT and TO_VERSION of the first profile.
HookFacts target_facts(const std::vector<InPlaceTarget>& targets);
/// And after it: FROM_VERSION and BACKUP of the first profile.
void tell_in_place(HookFacts& facts, const std::vector<InPlaceReport>& reports);

/// What was changed, and not only gone through.
ChangedPaths changed_by(const std::vector<InPlaceReport>& reports);

std::vector<Profile> profiles_of(const std::vector<InPlaceTarget>& targets);

/// What need not be waited for once the reports are shown: see Session::finish_writing.
void finish_in_place(Session& session, Store& store, const std::vector<InPlaceReport>& reports);

}  // namespace stravinsky::cli
