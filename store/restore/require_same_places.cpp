#include "restore/require_same_places.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

void require_same_places(const LiveRoots& live, const std::vector<RecordedRoot>& recorded,
                         const Snapshot& snapshot) {
  for (const RecordedRoot& then : recorded) {
    for (const LiveRoot& root : live.roots()) {
      const bool is_there = root.is_file || root.directory != nullptr;
      if (!is_there || root.named != then.path || root.path == then.real_path) continue;
      throw Error(Errc::Changed, fmt::format("cannot bring back {}", quoted(root.named)),
                  fmt::format("it leads to {} now, and led to {} when {} was taken",
                              quoted(root.path), quoted(then.real_path), quoted(snapshot.name)),
                  fmt::format("put it back as it was; if {} is meant, give the profile that path: "
                              "stravinsky profile add {} {}",
                              quoted(root.path), snapshot.profile, quoted(root.path)));
    }
  }
}

Profile lay_out_as(Profile profile, const std::vector<RecordedRoot>& recorded) {
  if (profile.roots.size() == 1 && recorded.size() == 1 &&
      profile.roots.front().path == recorded.front().path) {
    profile.roots.front().mount = recorded.front().mount;
  }
  return profile;
}

}  // namespace stravinsky
