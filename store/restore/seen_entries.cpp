#include "restore/seen_entries.hpp"

#include <algorithm>
#include <string_view>

#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

/// At the end when the record has no such name.
DirectoryRecord::Cursor find_name(const DirectoryRecord& record, std::string_view name) {
  DirectoryRecord::Cursor cursor(record);
  while (cursor.get() && cursor.get().name() != name) cursor.next();
  return cursor;
}

std::optional<DirectoryRecord> find_below(const DirectoryRecord& record,
                                          const DirectoryRecord::Cursor& cursor) {
  if (!cursor.get() || cursor.get().type() != EntryType::Directory) return std::nullopt;
  return record.find_directory(cursor.directories());
}

}  // namespace

const DirectoryRecord* SeenEntries::find_directory(const std::string& path) {
  while (!levels_.empty() && !is_at_or_below(path, levels_.back().path)) levels_.pop_back();
  if (levels_.empty()) {
    const auto top = cache_.parts().find_top();
    if (!top) return nullptr;
    levels_.push_back({"", *top});
  }
  while (levels_.back().path != path) {
    const Level& above = levels_.back();
    const std::size_t start = above.path.empty() ? 0 : above.path.size() + 1;
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view name = std::string_view(path).substr(start, end - start);
    const auto below = find_below(above.record, find_name(above.record, name));
    if (!below) return nullptr;
    levels_.push_back({path.substr(0, end), *below});
  }
  return &levels_.back().record;
}

std::optional<fs::FileStatus> SeenEntries::find(const std::string& path) {
  if (path.empty()) {
    const DirectoryRecord* top = find_directory("");
    if (top == nullptr) return std::nullopt;
    if (top->head().status.is_directory()) return top->head().status;
    const DirectoryRecord::Cursor lone(*top);  // a root that is a file stands in a made-up top
    const bool is_file = lone.get() && lone.get().type() == EntryType::File;
    return is_file ? std::optional(lone.get().status()) : std::nullopt;
  }
  const DirectoryRecord* parent = find_directory(parent_path(path));
  if (parent == nullptr) return std::nullopt;
  const DirectoryRecord::Cursor cursor = find_name(*parent, last_name(path));
  if (!cursor.get()) return std::nullopt;
  if (cursor.get().type() != EntryType::Directory) return cursor.get().status();
  const auto below = find_below(*parent, cursor);
  return below ? std::optional(below->head().status) : std::nullopt;
}

}  // namespace stravinsky
