#include "restore/seen_entries.hpp"

#include "snapshots/path.hpp"

namespace stravinsky {

std::optional<DirectoryRecord> SeenEntries::find_directory(const std::string& path) const {
  std::optional<DirectoryRecord> record = cache_.parts().find_top();
  for (const std::string& name : split_path(path)) {
    if (!record) return std::nullopt;
    DirectoryRecord::Cursor cursor(*record);
    while (cursor.get() && cursor.get().name() != name) cursor.next();
    if (!cursor.get() || cursor.get().type() != EntryType::Directory) return std::nullopt;
    record = record->find_directory(cursor.directories());
  }
  return record;
}

std::optional<fs::FileStatus> SeenEntries::find(const std::string& path) {
  const std::string parent = parent_path(path);
  if (path.empty()) {
    const auto top = find_directory("");
    if (!top) return std::nullopt;
    if (top->head().status.is_directory()) return top->head().status;
    DirectoryRecord::Cursor lone(*top);  // a root that is a file stands in a made-up top
    const bool is_file = lone.get() && lone.get().type() == EntryType::File;
    return is_file ? std::optional(lone.get().status()) : std::nullopt;
  }
  if (directory_ != parent) {
    seen_.clear();
    directory_ = parent;
    if (const auto record = find_directory(parent)) {
      for (DirectoryRecord::Cursor cursor(*record); cursor.get(); cursor.next()) {
        if (cursor.get().type() == EntryType::Directory) {
          const auto below = record->find_directory(cursor.directories());
          if (below) seen_.emplace(cursor.get().name(), below->head().status);
        } else {
          seen_.emplace(cursor.get().name(), cursor.get().status());
        }
      }
    }
  }
  const auto found = seen_.find(last_name(path));
  return found == seen_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace stravinsky
