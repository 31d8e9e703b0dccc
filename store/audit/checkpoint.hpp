#pragma once

#include <string>
#include <string_view>

#include "audit/chain.hpp"
#include "signing/signed_note.hpp"

namespace stravinsky {

/// That a chain had this event at this number. docs/format.md, "Checkpoints".
struct Checkpoint {
  ObjectId first;              ///< the chain's first event: which chain it is
  std::uint64_t sequence = 0;  ///< of the newest event then
  Sha256 digest;               ///< of that event's commit object
  ObjectId commit;             ///< that event
  Timestamp time;              ///< when it happened
};

/// `stravinsky/<first event>`: the first line of a checkpoint and the name of its key.
std::string checkpoint_origin(const ObjectId& first);

/// The signed text. @throws Error Key: the key signs nothing but SSH signatures
std::string write_checkpoint(const Checkpoint& checkpoint, const signing::SigningKey& key);

/// A checkpoint somebody gives us, its signatures not checked.
struct GivenCheckpoint {
  Checkpoint checkpoint;
  signing::Note note;
};
/// @throws Error Invalid: the text is not one of ours
GivenCheckpoint parse_checkpoint(std::string_view text);

}  // namespace stravinsky
