#include "snapshots/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/text.hpp"
#include "fs/append_file.hpp"
#include "fs/file.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/notes.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kTags = "refs/tags/";
constexpr std::size_t kLongestStory = 10'000'000;

std::optional<ObjectId> find_in(const RefMap& refs, const RefName& name) {
  const auto found = refs.find(name.str());
  return found == refs.end() ? std::nullopt : std::optional(found->second);
}

/// The name a snapshot has now: that of its ref.
void name_after_ref(Snapshot& snapshot, std::string_view ref) {
  const std::string_view tail = ref.substr(tags_of(snapshot.profile).size());
  const auto name = unescape_snapshot_name(tail);
  if (!name) {
    throw Error(Errc::Corrupt, fmt::format("cannot read the snapshot at {}", quoted(ref)),
                "its ref is not spelt as a snapshot's name");
  }
  snapshot.name = *name;
  snapshot.ref = ref;
}

Snapshot read_unannotated(const Store::Parts& parts, std::string_view ref, const ObjectId& commit,
                          const CatalogCache* cache) {
  const auto cached = cache != nullptr ? cache->find_commit(commit) : std::nullopt;
  Snapshot snapshot = cached ? parse_snapshot_commit(*cached, commit)
                             : read_snapshot_commit(*parts.database, commit);
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
    const std::string_view rest = ref->first.substr(kTags.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos || !is_profile_name(rest.substr(0, slash))) continue;
    const std::string_view profile = rest.substr(0, slash);
    if (profiles.empty() || profiles.back().first != profile) profiles.emplace_back(profile, 0);
    ++profiles.back().second;
  }
  return profiles;
}

void walk_story(const ObjectDatabase& database, const std::optional<ObjectId>& head,
                const CatalogCache* cache, const std::function<bool(const StoryLink&)>& visit) {
  StoryLink link;
  for (std::optional<ObjectId> next = head; next; next = link.parent) {
    if (const CatalogRecord* known = cache != nullptr ? cache->find_story(*next) : nullptr) {
      link = {*next, known->story_parent, known->snapshot};
    } else {
      const Commit commit = parse_commit(database.read(*next, ObjectType::Commit).bytes, *next);
      const auto trailer = find_trailer(parse_trailers(commit.message), "Snapshot");
      link = {*next, std::nullopt, trailer ? ObjectId::from_hex(*trailer) : std::nullopt};
      // A parent's id cannot be a descendant's: the walk ends.
      if (!commit.parents.empty()) link.parent = commit.parents.front();
    }
    if (!visit(link)) return;
  }
}

Snapshot read_snapshot(const Store::Parts& parts, const RefMap& refs, std::string_view ref,
                       const ObjectId& commit) {
  Snapshot snapshot = read_unannotated(parts, ref, commit, nullptr);
  apply_note(read_notes(*parts.database, find_in(refs, notes_ref(snapshot.profile))), snapshot);
  return snapshot;
}

Catalog::Catalog(Store::Parts& parts, const RefMap& refs, const std::string& profile,
                 const CatalogCache& cache)
    : parts_(parts), cache_(cache) {
  const std::string prefix = tags_of(profile);
  for (auto ref = refs.lower_bound(prefix); ref != refs.end() && ref->first.starts_with(prefix);
       ++ref) {
    places_.push_back({ref->first, ref->second, SIZE_MAX, false, nullptr});
  }
  if (places_.empty()) return;
  try {
    read_ages(find_in(refs, story_ref(profile)));
    notes_ = read_notes(*parts.database, find_in(refs, notes_ref(profile)));
  } catch (const Error& error) {
    parts.remark(error.what());  // snapshots do not depend on story and notes
  }
  for (Place& place : places_) {
    if (place.age == SIZE_MAX) read(place);  // told apart by time
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    if (a.age != b.age) return a.age < b.age;
    if (!a.snapshot || !b.snapshot) return a.snapshot != nullptr;
    const std::string &name_a = a.snapshot->name, &name_b = b.snapshot->name;
    if (a.snapshot->time != b.snapshot->time) return a.snapshot->time > b.snapshot->time;
    return name_a.size() != name_b.size() ? name_a.size() > name_b.size() : name_a > name_b;
  });
}

void Catalog::read_ages(const std::optional<ObjectId>& story) {
  std::unordered_map<ObjectId, std::size_t> ages;
  std::size_t steps = 0;
  walk_story(*parts_.database, story, &cache_, [&](const StoryLink& link) {
    if (link.snapshot) ages.try_emplace(*link.snapshot, ages.size());
    return ++steps <= kLongestStory;  // a cache could lead in a circle
  });
  for (Place& place : places_) {
    if (const auto age = ages.find(place.commit); age != ages.end()) place.age = age->second;
  }
}

void Catalog::read(Place& place) {
  place.is_read = true;
  try {
    Snapshot snapshot = read_unannotated(parts_, place.ref, place.commit, &cache_);
    apply_note(notes_, snapshot);
    place.snapshot = std::make_unique<Snapshot>(std::move(snapshot));
  } catch (const Error& error) {
    parts_.remark(fmt::format("{} is passed over: {}", quoted(place.ref), error.what()));
  }
}

const Snapshot* Catalog::find(std::size_t i) {
  if (!places_[i].is_read) read(places_[i]);
  return places_[i].snapshot.get();
}

Snapshot Catalog::take(std::size_t i) { return std::move(*places_[i].snapshot); }

void Catalog::visit(const std::function<bool(const Snapshot&)>& visit) {
  for (std::size_t i = 0; i < size(); ++i) {
    const Snapshot* snapshot = find(i);
    if (snapshot != nullptr && !visit(*snapshot)) return;
  }
}

std::string catalog_cache_path(const Store::Parts& parts) { return parts.own("cache/snapshots"); }

void remember_snapshots(const Store::Parts& parts, const RefMap& refs,
                        const std::vector<std::string>& profiles) {
  const std::string path = catalog_cache_path(parts);
  const bool anew = !fs::exists(path);
  std::vector<std::string> names = profiles;
  if (anew) {
    names.clear();
    for (const auto& [name, count] : profiles_of(refs)) names.push_back(name);
  }
  std::string records;
  for (const std::string& profile : names) {
    walk_story(*parts.database, find_in(refs, story_ref(profile)), nullptr,
               [&](const StoryLink& link) {
                 if (link.snapshot) {
                   const Object commit = parts.database->read(*link.snapshot, ObjectType::Commit);
                   records += encode_record({link.id, link.parent, *link.snapshot, commit.bytes});
                 }
                 return anew;  // else the newest is the only one that is missing
               });
  }
  fs::make_directory(parts.own("cache"));
  fs::append_file(path, as_bytes(records));
}

}  // namespace stravinsky
