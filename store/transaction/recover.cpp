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
#include "transaction/settle.hpp"

namespace stravinsky {
namespace {

/// Whoever moves a ref behind a symlink writes somewhere else.
void require_no_symlinks(const Store::Parts& parts, const std::vector<std::string>& bad) {
  for (const std::string& name : bad) {
    const auto status = fs::find_stat(parts.git_dir + "/" + name);
    if (!status || !S_ISLNK(status->st_mode)) continue;
    throw Error(
        Errc::Hostile, fmt::format("cannot move refs in {}", quoted(parts.git_dir)),
        fmt::format("{} in it is a symlink, and what is written would be elsewhere", quoted(name)),
        "remove it; the audit chain knows where the refs were: stravinsky audit "
        "restore-refs latest");
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

/// What the newest event moves, and what all that are not applied come to: a writer holds the
/// former, and whoever redoes the others holds the latter, and may die of it.
std::vector<RefMove> known_moves(const ChainLink& head, const std::vector<FoldedMove>& folds) {
  std::vector<RefMove> moves = head.event.moves;
  for (const FoldedMove& fold : folds) moves.push_back({fold.name, std::nullopt, fold.target});
  return moves;
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
  if (fs::find_beginning(path, 4096) != fmt::format("ref: {}\n", kAuditRef)) return;
  for (const auto& [name, id] : refs) {
    constexpr std::string_view kHeads = "refs/heads/";
    if (name == kAuditRef || !name.starts_with(kHeads)) continue;
    if (!is_profile_name(std::string_view(name).substr(kHeads.size()))) continue;
    fs::write_atomically(path, temporary_under_lock(parts.tmp_dir(), "head"),
                         as_bytes(fmt::format("ref: {}\n", name)));
    return;
  }
}

RecoveredRefs::RecoveredRefs(Store::Parts& parts)
    : lock_(parts.own("lock.refs"), fs::Lock::Mode::Exclusive, parts.options.lock_wait) {
  remove_temporaries(parts.tmp_dir());
  remove_abandoned_packs(parts.tmp_dir());

  head_ = parts.head();
  const std::vector<FoldedMove> folds =
      fold_moves(read_links_after(*parts.database, head_, applied_up_to(parts, head_)));
  for (const std::string& path : remove_leftover_locks(
           *parts.ref_store, head_.id, known_moves(head_, folds),
           [&](const ObjectId& id) { return moves_of(parts, id); }, fs::boot_time())) {
    parts.remark(fmt::format("removed {}, left by a process that died", quoted(path)));
  }

  std::vector<std::string> bad;
  refs_ = parts.ref_store->list(&bad);
  require_no_symlinks(parts, bad);
  redo(parts, refs_, bad, folds);
  if (!bad.empty())
    refs_ = parts.ref_store->list();  // throws for a bad file that no event explains
  point_head_at_first_profile(parts, refs_);
}

void RecoveredRefs::moved(std::span<const RefMove> moves, const ChainLink& head) {
  apply_moves(refs_, moves);
  head_ = head;
}

}  // namespace stravinsky
