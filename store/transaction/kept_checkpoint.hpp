#pragma once

#include <optional>
#include <string>

#include "transaction/store_parts.hpp"

namespace stravinsky {

/// The newest event seen of a store, kept outside of it: an older copy of the store put back, a
/// chain cut short, or another chain in its place then shows. docs/format.md, "Checkpoints".
struct KeptCheckpoint {
  std::optional<ObjectId> first;  ///< the chain's first event; empty in files of old
  ObjectId head;
  std::uint64_t sequence = 0;
  std::string path;  ///< of the store, links resolved
  std::string file;  ///< where this was kept
};

/// What is kept of the store at this path, or of the chain that begins with `first` at a path that
/// is no more. Empty where nothing is, and in clones, which are not what was seen.
/// @throws Error Corrupt: a damaged file
std::optional<KeptCheckpoint> find_kept_checkpoint(Store::Parts& parts);

/// The same; what is damaged counts as nothing, and is remarked.
std::optional<KeptCheckpoint> find_readable_checkpoint(Store::Parts& parts);

/// Where the seal of the store's projections is kept: beside its checkpoint.
std::string projections_seal(const Store::Parts& parts);

/// Why the chain that ends at `head` cannot be what was seen; empty: it can.
/// Reads the events since, so one or two where the checkpoint is up to date.
std::string contradiction_of(const ObjectDatabase& database, const ChainLink& head,
                             const KeptCheckpoint& kept);

/// Compares `head` with what was kept, and keeps it instead if the two agree. What does not agree
/// stays as evidence, and makes a remark. Under `lock.refs`. @throws Error Io
void keep_checkpoint(Store::Parts& parts, const ChainLink& head);

/// Keeps `head` whatever was kept before, which gets a name of its own beside it.
void replace_kept_checkpoint(Store::Parts& parts, const ChainLink& head);

}  // namespace stravinsky
