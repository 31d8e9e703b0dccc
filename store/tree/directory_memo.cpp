#include "tree/directory_memo.hpp"

namespace stravinsky {

std::shared_ptr<const Directory> DirectoryMemo::read(const StoredDirectory& stored,
                                                     const std::string& path) {
  const Key key{stored, path.empty() ? Position::Top : Position::Below};
  {
    const std::lock_guard lock(mutex_);
    if (const auto kept = kept_.find(key); kept != kept_.end()) return kept->second;
  }
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
