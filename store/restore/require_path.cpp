#include "restore/require_path.hpp"

#include <fmt/format.h>

#include <vector>

#include "core/text.hpp"
#include "snapshots/path.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

void require_path(const ObjectDatabase& database, const StoredDirectory& top,
                  const std::string& path, const std::string& snapshot) {
  StoredDirectory stored = top;
  std::string above;
  for (std::vector<std::string> names = split_path(path); !names.empty();) {
    const Directory directory =
        read_directory(database, stored, above, above.empty() ? Position::Top : Position::Below);
    const Node* node = find_node(directory, names.front());
    const bool enough =
        node != nullptr && (names.size() == 1 || node->entry.type == EntryType::Directory);
    if (!enough) {
      throw Error(Errc::NotFound, fmt::format("cannot restore {}", quoted(path)),
                  fmt::format("{} does not have it", quoted(snapshot)),
                  fmt::format("stravinsky ls {} {}", snapshot, quoted(above)));
    }
    stored = node->directory;
    above = join_path(above, names.front());
    names.erase(names.begin());
  }
}

}  // namespace stravinsky
