#include "snapshots/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/notes.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kTags = "refs/tags/";

std::optional<ObjectId> find_in(const RefMap& refs, const RefName& name) {
  const auto found = refs.find(name.str());
  return found == refs.end() ? std::nullopt : std::optional(found->second);
}

/// The name a snapshot has now: that of its ref.
void name_after_ref(Snapshot& snapshot, const std::string& ref) {
  const std::string tail = ref.substr(tags_of(snapshot.profile).size());
  const auto name = unescape_snapshot_name(tail);
  if (!name) {
    throw Error(Errc::Corrupt, fmt::format("cannot read the snapshot at {}", quoted(ref)),
                "its ref is not spelt as a snapshot's name");
  }
  snapshot.name = *name;
  snapshot.ref = ref;
}

Snapshot read_unannotated(const Store::Parts& parts, const std::string& ref,
                          const ObjectId& commit) {
  Snapshot snapshot = read_snapshot_commit(*parts.database, commit);
  if (!ref.starts_with(tags_of(snapshot.profile))) {
    throw Error(Errc::Corrupt, fmt::format("cannot read the snapshot at {}", quoted(ref)),
                fmt::format("its commit is of the profile {}", quoted(snapshot.profile)));
  }
  name_after_ref(snapshot, ref);
  return snapshot;
}

}  // namespace

std::string tags_of(std::string_view profile) { return fmt::format("{}{}/", kTags, profile); }

std::vector<std::pair<std::string, std::size_t>> profiles_of(const RefMap& refs) {
  std::vector<std::pair<std::string, std::size_t>> profiles;
  for (auto ref = refs.lower_bound(kTags); ref != refs.end() && ref->first.starts_with(kTags);
       ++ref) {
    const std::string_view rest = std::string_view(ref->first).substr(kTags.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || !is_profile_name(rest.substr(0, slash))) continue;
    const std::string_view profile = rest.substr(0, slash);
    if (profiles.empty() || profiles.back().first != profile) profiles.emplace_back(profile, 0);
    ++profiles.back().second;
  }
  return profiles;
}

void walk_story(const ObjectDatabase& database, const std::optional<ObjectId>& head,
                const std::function<bool(const ObjectId&)>& visit) {
  for (std::optional<ObjectId> next = head; next;) {
    const Commit commit = parse_commit(database.read(*next, ObjectType::Commit).bytes, *next);
    const auto trailer = find_trailer(parse_trailers(commit.message), "Snapshot");
    const auto snapshot = trailer ? ObjectId::from_hex(*trailer) : std::nullopt;
    if (snapshot && !visit(*snapshot)) return;
    // A parent's id cannot be a descendant's: the walk ends.
    next = commit.parents.empty() ? std::nullopt : std::optional(commit.parents.front());
  }
}

Snapshot read_snapshot(const Store::Parts& parts, const RefMap& refs, const std::string& ref,
                       const ObjectId& commit) {
  Snapshot snapshot = read_unannotated(parts, ref, commit);
  apply_note(read_notes(*parts.database, find_in(refs, notes_ref(snapshot.profile))), snapshot);
  return snapshot;
}

std::vector<Snapshot> read_catalog(Store::Parts& parts, const RefMap& refs,
                                   const std::string& profile) {
  std::vector<Snapshot> snapshots;
  const std::string prefix = tags_of(profile);
  for (auto ref = refs.lower_bound(prefix); ref != refs.end() && ref->first.starts_with(prefix);
       ++ref) {
    try {
      snapshots.push_back(read_unannotated(parts, ref->first, ref->second));
    } catch (const Error& error) {
      parts.remark(fmt::format("{} is passed over: {}", quoted(ref->first), error.what()));
    }
  }
  if (snapshots.empty()) return snapshots;

  std::unordered_map<ObjectId, std::size_t> ages;  // 0 is the newest
  try {
    walk_story(*parts.database, find_in(refs, story_ref(profile)), [&](const ObjectId& snapshot) {
      ages.try_emplace(snapshot, ages.size());
      return true;
    });
    const Notes notes = read_notes(*parts.database, find_in(refs, notes_ref(profile)));
    for (Snapshot& snapshot : snapshots) apply_note(notes, snapshot);
  } catch (const Error& error) {
    parts.remark(error.what());  // snapshots do not depend on story and notes
  }
  const auto age = [&](const Snapshot& snapshot) {
    const auto found = ages.find(snapshot.commit);
    return found == ages.end() ? SIZE_MAX : found->second;
  };
  std::sort(snapshots.begin(), snapshots.end(), [&](const Snapshot& a, const Snapshot& b) {
    const std::size_t age_a = age(a), age_b = age(b);
    if (age_a != age_b) return age_a < age_b;
    if (a.time != b.time) return a.time > b.time;
    return a.name.size() != b.name.size() ? a.name.size() > b.name.size() : a.name > b.name;
  });
  return snapshots;
}

}  // namespace stravinsky
