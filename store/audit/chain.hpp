#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/event.hpp"
#include "objects/commit_object.hpp"
#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "signing/key.hpp"

namespace stravinsky {

/// One event as it is stored.
struct ChainLink {
  ObjectId id;
  std::optional<ObjectId> parent;
  Event event;
  Sha256 commit_digest;  ///< SHA-256 of the commit object's bytes: the next event's Previous-SHA256
  Sha256 refs_digest;    ///< its Refs-SHA256
  ObjectId tree;
  ObjectId signers;                   ///< its blob `allowed_signers`
  std::optional<ObjectId> refs_list;  ///< its blob `refs.txt`
};

/// A link with what else its commit says: for whoever checks it.
struct LoadedLink {
  ChainLink link;
  Commit commit;
  Trailers trailers;
  std::vector<std::string> oddities;  ///< what no writer of ours writes; readers pass it over
};

/// Every 1,000th event holds the full list of refs.
inline constexpr std::uint64_t kRefsListEvery = 1000;

/// Reads one event. Signatures are not checked here.
/// @throws Error Corrupt, NotFound
ChainLink read_link(const ObjectDatabase& database, const ObjectId& id);
/// As `read_link`, with more of it.
LoadedLink load_link(const ObjectDatabase& database, const ObjectId& id);

/// Walks a chain towards its first event, reading the commits alone.
class ChainWalk {
 public:
  struct Step {
    ObjectId id;
    std::string message;
  };
  ChainWalk(const ObjectDatabase& database, const ObjectId& head)
      : database_(database), next_(head) {}
  /// Empty after the first event. @throws Error Corrupt, NotFound; the walk has ended then
  std::optional<Step> next();

 private:
  const ObjectDatabase& database_;
  std::optional<ObjectId> next_;
};

/// The first event of the chain that ends at `head`. @throws Error Corrupt, NotFound
ObjectId find_first_event(const ObjectDatabase& database, const ObjectId& head);

/// The event of a number on the chain that ends at `head`; empty when it is newer than that.
/// @throws Error Corrupt, NotFound; Signature: the chain does not lead there
std::optional<ObjectId> find_sequence(const ObjectDatabase& database, const ObjectId& head,
                                      std::uint64_t sequence);
/// The `Sequence` of an event's message; empty when it has none.
std::optional<std::uint64_t> sequence_in(std::string_view message);

/// The events after `applied` up to `head`, oldest first; none when `head` is not newer.
/// @throws Error Corrupt, NotFound; Signature when the chain does not lead there
std::vector<ChainLink> read_links_after(const ObjectDatabase& database, const ChainLink& head,
                                        std::uint64_t applied);

/// `allowed_signers` of an event.
std::string read_allowed_signers(const ObjectDatabase& database, const ChainLink& link);

/// Adds the event's objects, signed, to an unfinished pack.
/// @param event      complete but for `sequence`, which follows from `head`
/// @param head       the event before; empty for the first
/// @param refs_after replayed refs after this event
/// @returns the link as `read_link` would give it
ChainLink write_link(ObjectWriter& writer, Event event, const std::optional<ChainLink>& head,
                     const std::string& allowed_signers, const RefMap& refs_after,
                     const signing::SigningKey& key);

}  // namespace stravinsky
