#include "transaction/settle.hpp"

#include <fmt/format.h>

#include <set>

#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
#include "refs/leftovers.hpp"
#include "refs/pack_refs.hpp"
#include "transaction/kept_checkpoint.hpp"
#include "transaction/recover.hpp"

namespace stravinsky {
namespace {

void pack_tags(Store::Parts& parts) {
  std::vector<std::string> tags;
  for (const auto& [name, id] : parts.ref_store->list_loose()) {
    if (!name.starts_with("refs/tags/") || !parts.database->contains(id)) continue;
    if (parts.database->header(id).first == ObjectType::Commit) tags.emplace_back(name);
  }
  if (tags.empty()) return;
  pack_refs(*parts.ref_store, parts.tmp_dir(), tags, parts.options.lock_wait);
}

/// Makes what the pending events moved durable, then says so in `applied`.
void make_durable(Store::Parts& parts, const ChainLink& head) {
  std::set<std::string> directories = {parts.git_dir};
  for (const FoldedMove& fold :
       fold_moves(read_links_after(*parts.database, head, applied_up_to(parts, head)))) {
    const std::string path = parts.ref_store->path_of(fold.name);
    const fs::Fd fd = fs::open_for_sync(path);
    if (fd) fs::sync_file(fd.get(), path);
    for (std::string up = fs::parent_of(path); up.size() > parts.git_dir.size();
         up = fs::parent_of(up)) {
      directories.insert(up);
    }
  }
  for (const std::string& directory : directories) {
    if (fs::exists(directory)) fs::sync_directory(directory);
  }
  fs::write_durably(parts.own("applied"), temporary_under_lock(parts.tmp_dir(), "applied"),
                    as_bytes(fmt::format("{}\n", head.event.sequence)));
}

std::uint64_t count_pending(const Store::Parts& parts, const ChainLink& head) {
  return head.event.sequence - applied_up_to(parts, head);
}

/// Under `lock.refs`.
void catch_up(Store::Parts& parts, const ChainLink& head, std::size_t most_loose,
              std::uint64_t most_pending) {
  if (parts.ref_store->count_loose_tags() > most_loose) pack_tags(parts);
  if (count_pending(parts, head) >= most_pending) make_durable(parts, head);
}

}  // namespace

std::uint64_t applied_up_to(const Store::Parts& parts, const ChainLink& head) {
  const std::uint64_t applied = parts.applied();
  if (applied <= head.event.sequence) return applied;
  // Either writers went on since the head was read, or the number is damage.
  const bool has_moved = parts.ref_store->find(RefName::parse(kAuditRef)) != head.id;
  return has_moved ? head.event.sequence : 0;
}

void settle(Store::Parts& parts, const ChainLink& head, const RefMap& refs) {
  point_head_at_first_profile(parts, refs);
  keep_checkpoint(parts, head);
  catch_up(parts, head, 2 * kMostLooseTags, kMostPending);
}

void settle_pending(Store::Parts& parts) {
  const bool is_due = count_pending(parts, parts.head()) >= kPendingAfterAnswer ||
                      parts.ref_store->count_loose_tags() > kMostLooseTags;
  if (!is_due) return;
  const RecoveredRefs recovered(parts);
  catch_up(parts, recovered.head(), kMostLooseTags, kPendingAfterAnswer);
}

}  // namespace stravinsky
