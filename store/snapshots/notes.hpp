#pragma once

#include <map>
#include <optional>
#include <string>

#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

/// What the notes say of one snapshot; empty members say nothing.
struct Note {
  std::optional<std::string> description;
  std::optional<std::vector<Tag>> tags;
  bool pinned = false, quarantined = false;
  std::vector<std::string> renamed_from;

  bool empty() const {
    return !description && !tags && !pinned && !quarantined && renamed_from.empty();
  }
};

/// By the snapshot's commit.
using Notes = std::map<ObjectId, Note>;

/// @param head  of `refs/stravinsky/notes/<profile>`; empty: no notes
/// @throws Error Corrupt
Notes read_notes(const ObjectDatabase& database, const std::optional<ObjectId>& head);

/// Adds a commit with the notes on top of `head`.
/// @param ident_time  seconds
ObjectId write_notes(ObjectWriter& writer, const Notes& notes, const std::optional<ObjectId>& head,
                     const std::string& user, const std::string& principal, Timestamp time,
                     const std::string& subject);

void apply_note(const Notes& notes, Snapshot& snapshot);

}  // namespace stravinsky
