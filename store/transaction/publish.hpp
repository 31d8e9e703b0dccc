#pragma once

#include <string>
#include <vector>

#include "fs/lock.hpp"
#include "packs/object_writer.hpp"
#include "transaction/recover.hpp"

namespace stravinsky {

/// The last part of every operation that changes refs: between construction and `publish` nobody
/// else moves them. The caller adds its commits to `writer` meanwhile.
class Publication {
 public:
  /// Takes `lock.refs` and recovers. @throws Error Locked, Corrupt, Io
  Publication(Store::Parts& parts, ObjectWriter& writer);

  /// Where the refs stand.
  const RefMap& refs() const noexcept { return recovered_.refs(); }
  std::optional<ObjectId> find(const RefName& name) const;
  /// A move from where the ref stands.
  RefMove move_to(RefName name, std::optional<ObjectId> target) const;

  const ChainLink& head() const noexcept { return recovered_.head(); }
  /// The list of signers that the event is to carry, in place of that of the event before.
  void set_signers(std::string text) { signers_ = std::move(text); }

  /// Publishes the writer's pack, the event and the moves as one step: see docs/format.md 11.
  /// @param event  `event_type`, `subject`, `profiles`, `extra`; the rest is filled in here
  /// @param moves  as `move_to` gives them; no ref twice, not the audit ref
  /// @param started  when the operation began
  /// @throws Error; nothing is visible then, or (after the event moved) everything will be
  ChainLink publish(Event event, std::vector<RefMove> moves, Timestamp started);

 private:
  Store::Parts& parts_;
  ObjectWriter& writer_;
  RecoveredRefs recovered_;
  std::string signers_;  ///< empty: as before
};

/// What an operation publishes with that brings few objects. While it lives no pack is removed.
/// @throws Error as Publication
struct Publishing {
  explicit Publishing(Store::Parts& parts);

  fs::Lock objects;
  ObjectWriter writer;
  Publication publication;
};

}  // namespace stravinsky
