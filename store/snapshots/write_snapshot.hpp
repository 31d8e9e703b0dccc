#pragma once

#include <string>
#include <vector>

#include "snapshots/capture.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

/// The name all profiles share: the given one, or the time's first that is free in all of them.
/// @throws Error Exists: the given name is or was another snapshot's
std::string choose_name(const std::vector<Capture*>& captures, const Store::Parts& parts,
                        const Publication& publication, Timestamp started);

/// Adds the objects of the snapshot `taken.made`, which it fills in, and returns the refs that it
/// moves: its tag, the story, `current`, and the notes of a pinned one.
std::vector<RefMove> write_snapshot(Capture& taken, const std::string& name, Store::Parts& parts,
                                    ObjectWriter& writer, const Publication& publication,
                                    Timestamp started);

/// Adds the story's commit of a snapshot and returns the refs that every snapshot moves: its tag,
/// the story, `current`.
/// @param made        with `commit` and `ref`
/// @param story_tree  of the live entries alone
std::vector<RefMove> moves_of(const Snapshot& made, const ObjectId& story_tree,
                              const Store::Parts& parts, ObjectWriter& writer,
                              const Publication& publication);

/// What a snapshot changes in its profile. @param before  what was current
ProfileChange change_of(const std::string& profile, const std::optional<Snapshot>& before,
                        const Snapshot& after);

/// The event of plain snapshots.
Event snapshot_event(const std::vector<Capture*>& captures, const std::string& name);

/// The event of an occasion, which names what was brought back.
Event occasion_event(const std::vector<Capture>& captures, const Occasion& occasion);

}  // namespace stravinsky
