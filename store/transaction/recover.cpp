#include "transaction/recover.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "fs/boot_time.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "packs/object_writer.hpp"
#include "refs/held_refs.hpp"
#include "refs/leftovers.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// Temporary files that only the holder of `lock.refs` makes: now nobody's.
void remove_temporary_files(const Store::Parts& parts) {
  for (const fs::DirectoryEntry& entry : fs::list_directory(parts.tmp_dir())) {
    for (const std::string_view prefix :
         {"applied-", "config-", "head-", "journal-", "packed-", "packing-", "ref-", "signers-"}) {
      if (entry.name.starts_with(prefix)) fs::remove_file(parts.tmp_dir() + "/" + entry.name);
    }
  }
}

std::optional<EventMoves> moves_of(const Store::Parts& parts, const ObjectId& id) {
  try {
    ChainLink link = read_link(*parts.database, id);
    return EventMoves{link.id, link.parent, std::move(link.event.moves)};
  } catch (const Error&) {
    return std::nullopt;  // not an event: so not a lock file of ours
  }
}

/// Moves what stands at a place the events know; `bad` are refs whose files a power cut emptied.
void redo(Store::Parts& parts, RefMap& refs, const std::vector<std::string>& bad,
          const std::vector<FoldedMove>& folds) {
  std::vector<RefMove> moves;
  for (const FoldedMove& fold : folds) {
    const std::string& name = fold.name.str();
    std::optional<ObjectId> place;
    if (const auto found = refs.find(name); found != refs.end()) place = found->second;
    const bool was_bad = std::find(bad.begin(), bad.end(), name) != bad.end();
    const bool known =
        std::find(fold.places.begin(), fold.places.end(), place) != fold.places.end();
    if (was_bad) fs::remove_file(parts.ref_store->path_of(fold.name));
    if (place == fold.target || (!known && !was_bad)) continue;
    moves.push_back({fold.name, was_bad ? parts.ref_store->find(fold.name) : place, fold.target});
  }
  if (moves.empty()) return;
  std::sort(moves.begin(), moves.end(),
            [](const RefMove& a, const RefMove& b) { return a.name < b.name; });
  HeldRefs held(*parts.ref_store, parts.tmp_dir(), moves, parts.options.lock_wait);
  held.require_expected();
  held.move_rest();
  apply_moves(refs, moves);
  parts.remark(fmt::format("finished an interrupted operation: moved {} refs", moves.size()));
}

}  // namespace

void point_head_at_first_profile(const Store::Parts& parts, const RefMap& refs) {
  const std::string path = parts.git_dir + "/HEAD";
  if (fs::find_file(path, 4096) != fmt::format("ref: {}\n", kAuditRef)) return;
  for (const auto& [name, id] : refs) {
    constexpr std::string_view kHeads = "refs/heads/";
    if (name == kAuditRef || !name.starts_with(kHeads)) continue;
    if (!is_profile_name(std::string_view(name).substr(kHeads.size()))) continue;
    fs::write_atomically(path, fs::unique_name(parts.tmp_dir(), "head"),
                         as_bytes(fmt::format("ref: {}\n", name)));
    return;
  }
}

RecoveredRefs::RecoveredRefs(Store::Parts& parts)
    : lock_(parts.own("lock.refs"), fs::Lock::Mode::Exclusive, parts.options.lock_wait) {
  remove_temporary_files(parts);
  remove_abandoned_packs(parts.tmp_dir());

  head_ = parts.head();
  const EventMoves head_moves{head_.id, head_.parent, head_.event.moves};
  for (const std::string& path : remove_leftover_locks(
           *parts.ref_store, head_moves, [&](const ObjectId& id) { return moves_of(parts, id); },
           fs::boot_time())) {
    parts.remark(fmt::format("removed {}, left by a process that died", quoted(path)));
  }

  std::vector<std::string> bad;
  refs_ = parts.ref_store->list(&bad);
  redo(parts, refs_, bad, fold_moves(read_links_after(*parts.database, head_.id, parts.applied())));
  if (!bad.empty())
    refs_ = parts.ref_store->list();  // throws for a bad file that no event explains
  point_head_at_first_profile(parts, refs_);
}

void RecoveredRefs::moved(std::span<const RefMove> moves, const ChainLink& head) {
  apply_moves(refs_, moves);
  head_ = head;
}

}  // namespace stravinsky
