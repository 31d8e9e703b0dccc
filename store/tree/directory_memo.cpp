#include "tree/directory_memo.hpp"

namespace stravinsky {

namespace {

Position position_of(const std::string& path) {
  return path.empty() ? Position::Top : Position::Below;
}

}  // namespace

std::shared_ptr<const Directory> DirectoryMemo::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(key);
  return kept == kept_.end() ? nullptr : kept->second;
}

std::shared_ptr<const Directory> DirectoryMemo::read_once(const StoredDirectory& stored,
                                                          const std::string& path) {
  const Key key{stored, position_of(path)};
  if (auto kept = find(key)) return kept;
  return std::make_shared<const Directory>(read_directory(database_, stored, path, key.second));
}

std::shared_ptr<const Directory> DirectoryMemo::read(const StoredDirectory& stored,
                                                     const std::string& path) {
  const Key key{stored, position_of(path)};
  if (auto kept = find(key)) return kept;
  auto directory =
      std::make_shared<const Directory>(read_directory(database_, stored, path, key.second));
  const std::size_t entries = directory->nodes.size() + 1;
  const std::lock_guard lock(mutex_);
  if (entries_ + entries > most_entries_) {
    kept_.clear();
    entries_ = 0;
  }
  if (entries <= most_entries_ && kept_.emplace(key, directory).second) entries_ += entries;
  return directory;
}

}  // namespace stravinsky
