#include "refs/leftovers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "fs/walk_files.hpp"
#include "refs/held_refs.hpp"
#include "refs/pack_refs.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kLock = ".lock";

/// No other file of `stravinsky/tmp` begins so.
constexpr std::string_view kUnderLock = "refs-";

bool moves_to(std::span<const RefMove> moves, std::string_view ref, std::string_view held) {
  return std::any_of(moves.begin(), moves.end(), [&](const RefMove& move) {
    return move.name.str() == ref && lock_content(move.target) == held;
  });
}

bool older_than(const std::string& path, Timestamp boot) {
  const auto status = fs::find_stat(path);
  if (!status) return false;
  return std::chrono::seconds(status->st_mtim.tv_sec) < boot.time_since_epoch();
}

}  // namespace

std::string temporary_under_lock(const std::string& tmp_dir, std::string_view kind) {
  return fs::unique_name(tmp_dir, fmt::format("{}{}", kUnderLock, kind));
}

void remove_temporaries(const std::string& tmp_dir) {
  for (const fs::DirectoryEntry& entry : fs::list_directory(tmp_dir)) {
    if (entry.name.starts_with(kUnderLock)) fs::remove_file(tmp_dir + "/" + entry.name);
  }
}

std::vector<std::string> remove_leftover_locks(
    const RefStore& refs, const ObjectId& head, std::span<const RefMove> known,
    const std::function<std::optional<EventMoves>(const ObjectId&)>& read, Timestamp boot) {
  std::vector<std::string> removed;
  const auto remove = [&](const std::string& path) {
    if (fs::remove_file(path)) removed.push_back(path);
  };

  // What audit.lock holds tells the others; so it is judged now and removed last.
  const std::string audit_lock = refs.git_dir() + "/" + std::string(kAuditRef) + std::string(kLock);
  std::optional<EventMoves> pending;
  bool audit_lock_is_ours = false;
  if (const auto held = fs::find_beginning(audit_lock, 4096)) {
    const auto id = ObjectId::from_hex(std::string_view(*held).substr(0, 40));
    if (id && held->size() == 41) pending = read(*id);
    if (pending && pending->parent != head) pending.reset();
    audit_lock_is_ours = pending.has_value() || older_than(audit_lock, boot);
  }

  const bool we_packed = fs::exists(packing_marker(refs));
  for (const std::string& file : fs::list_files_below(refs.git_dir() + "/refs")) {
    const std::string path = refs.git_dir() + "/refs/" + file;
    if (!file.ends_with(kLock) || path == audit_lock) continue;
    const auto held = fs::find_beginning(path, 4096);
    if (!held) continue;
    const std::string ref = "refs/" + file.substr(0, file.size() - kLock.size());
    bool ours = moves_to(known, ref, *held) || (pending && moves_to(pending->moves, ref, *held)) ||
                older_than(path, boot);
    if (!ours && we_packed && RefName::is_valid(ref)) {
      // Packing locks a ref with the value that it has.
      const auto value = refs.find(RefName::parse(ref));
      ours = value && lock_content(value) == *held;
    }
    if (ours) remove(path);
  }
  const std::string packed_lock = refs.git_dir() + "/packed-refs.lock";
  if (we_packed || older_than(packed_lock, boot)) remove(packed_lock);
  if (we_packed) fs::remove_file(packing_marker(refs));
  if (audit_lock_is_ours) remove(audit_lock);
  return removed;
}

}  // namespace stravinsky
