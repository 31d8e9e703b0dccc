// Undo follows what was recorded, never names or times: docs/format.md 10.
#include "stravinsky/past_operations.hpp"

#include <algorithm>
#include <set>

#include "audit/chain.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/undo.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/update.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

/// Whether an event tells of live files that were changed.
bool changed_live_files(const Event& event) {
  return event.status == "success" && event.extra.contains("operation");
}

std::uint64_t undone_by(const Event& event) {
  const auto undoes = event.extra.find("undoes");
  return undoes == event.extra.end() ? 0 : undoes->get<std::uint64_t>();
}

PastOperation described(const Store::Parts& parts, const Event& event,
                        const std::vector<std::string>& profiles) {
  PastOperation past;
  past.sequence = event.sequence;
  past.event_type = event.event_type;
  past.time = event.time;
  for (const ProfileChange& change : event.profiles) {
    if (std::find(profiles.begin(), profiles.end(), change.profile) == profiles.end()) {
      past.others.push_back(change.profile);
      continue;
    }
    PastOperation::Side side{.profile = change.profile, .before = {}, .after = {}};
    const auto read = [&](const ObjectId& commit) {
      Snapshot snapshot = read_snapshot_commit(*parts.database, commit);
      snapshot.ref = snapshot_ref(snapshot.profile, snapshot.name).str();
      return snapshot;
    };
    if (change.before) side.before = read(*change.before);
    if (change.after) side.after = read(*change.after);
    past.sides.push_back(std::move(side));
  }
  return past;
}

enum class Wanted { Undo, Redo };

std::optional<PastOperation> find(Store::Parts& parts, const std::vector<std::string>& profiles,
                                  Wanted wanted) {
  std::set<std::uint64_t> undone, redone;
  std::optional<ObjectId> at = parts.head().id;
  while (at) {
    const ChainLink link = read_link(*parts.database, *at);
    at = link.parent;
    const Event& event = link.event;
    const bool ours =
        std::any_of(event.profiles.begin(), event.profiles.end(), [&](const ProfileChange& change) {
          return std::find(profiles.begin(), profiles.end(), change.profile) != profiles.end();
        });
    if (!ours || !changed_live_files(event)) continue;
    if (event.event_type == kAutoRollback && undone_by(event) != 0) {
      // It took an update back by itself; nobody wants that update again.
      if (wanted == Wanted::Redo) return std::nullopt;
      undone.insert(undone_by(event));
    } else if (event.event_type == kRedoEvent) {
      redone.insert(undone_by(event));
    } else if (event.event_type == kUndoEvent) {
      if (redone.contains(event.sequence)) continue;
      if (wanted == Wanted::Redo) return described(parts, event, profiles);
      undone.insert(undone_by(event));
    } else {
      if (wanted == Wanted::Redo) return std::nullopt;
      if (!undone.contains(event.sequence)) return described(parts, event, profiles);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<PastOperation> find_undo(Store::Parts& parts,
                                       const std::vector<std::string>& profiles) {
  return find(parts, profiles, Wanted::Undo);
}

std::optional<PastOperation> find_undo(const Store& store,
                                       const std::vector<std::string>& profiles) {
  return find(store.parts(), profiles, Wanted::Undo);
}

std::optional<PastOperation> find_redo(const Store& store,
                                       const std::vector<std::string>& profiles) {
  return find(store.parts(), profiles, Wanted::Redo);
}

}  // namespace stravinsky
