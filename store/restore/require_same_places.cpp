#include "restore/require_same_places.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "snapshots/manifest.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

void require_same_places(const LiveRoots& live, const Store& store, const Snapshot& snapshot) {
  for (const RecordedRoot& recorded : read_recorded_roots(store, snapshot)) {
    for (const LiveRoot& root : live.roots()) {
      const bool is_there = root.is_file || root.directory != nullptr;
      if (!is_there || root.named != recorded.path || root.path == recorded.real_path) continue;
      throw Error(Errc::Changed, fmt::format("cannot bring back {}", quoted(root.named)),
                  fmt::format("it leads to {} now, and led to {} when {} was taken",
                              quoted(root.path), quoted(recorded.real_path), quoted(snapshot.name)),
                  fmt::format("put it back as it was; if {} is meant, give the profile that path: "
                              "stravinsky profile add {} {}",
                              quoted(root.path), snapshot.profile, quoted(root.path)));
    }
  }
}

}  // namespace stravinsky
