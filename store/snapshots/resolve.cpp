// A REF is tried as: full ref name, name, word, version, hex, `@` and a time, then PROFILE/NAME.
// Neither names nor versions can look like words, nor names like times or hex (docs/format.md 3),
// so the order matters only for versions that look like hex, and words come before what every
// snapshot must be read for.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/releases.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/undo.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/nearest.hpp"

namespace stravinsky {
namespace {

using Found = std::optional<Resolved>;

/// How far a word with `~N` could have gone.
struct Reach {
  std::string profile, oldest;  ///< such as `claude`, `latest~4`
  std::size_t count = 0;        ///< from the word on
};

Error unknown(std::string_view ref, const std::string& why, std::string remedy = {}) {
  return Error(Errc::NotFound, fmt::format("cannot find the snapshot {}", quoted(ref)), why,
               std::move(remedy));
}

/// `~N` at the end of a word; empty when it is malformed.
std::optional<std::pair<std::string_view, std::uint64_t>> split_steps(std::string_view ref) {
  const std::size_t tilde = ref.rfind('~');
  if (tilde == std::string_view::npos) return std::pair(ref, std::uint64_t{0});
  const std::string_view digits = ref.substr(tilde + 1);
  const auto steps = digits.empty() ? std::optional<std::uint64_t>(1) : parse_unsigned(digits);
  if (!steps) return std::nullopt;
  return std::pair(ref.substr(0, tilde), *steps);
}

/// The cache, read only when more than a name is asked for.
class LazyCache {
 public:
  explicit LazyCache(const Store::Parts& parts) : path_(catalog_cache_path(parts)) {}
  const CatalogCache& get() {
    if (!cache_) cache_.emplace(path_);
    return *cache_;
  }

 private:
  std::string path_;
  std::optional<CatalogCache> cache_;
};

/// Looks in one profile.
class Search {
 public:
  Search(Store::Parts& parts, const RefMap& refs, LazyCache& cache, std::string profile)
      : parts_(parts), refs_(refs), cache_(cache), profile_(std::move(profile)) {}

  Found find(std::string_view ref) {
    if (ref.ends_with(kReleaseSuffix)) return by_release(ref);
    if (Found found = by_name(ref)) return found;
    if (Found found = by_word(ref)) return found;
    if (Found found = by_version(ref)) return found;
    if (Found found = by_hex(ref)) return found;
    return ref.starts_with('@') ? by_time(ref) : std::nullopt;
  }

  /// After `find` found nothing: set if that was for a lack of snapshots.
  const std::optional<Reach>& reach() const noexcept { return reach_; }

  Catalog& catalog() {
    if (!catalog_) {
      // The profile that is asked first is often one without snapshots, and the cache is large.
      static const CatalogCache nothing;
      const std::string prefix = tags_of(profile_);
      const auto first = refs_.lower_bound(prefix);
      const bool has_any = first != refs_.end() && first->first.starts_with(prefix);
      catalog_.emplace(parts_, refs_, profile_, has_any ? cache_.get() : nothing);
    }
    return *catalog_;
  }

 private:
  /// As it was delivered, not as it was installed.
  Found by_release(std::string_view ref) {
    const std::string version(ref.substr(0, ref.size() - kReleaseSuffix.size()));
    if (version.empty()) return std::nullopt;
    auto release = find_release(parts_, refs_, profile_, version);
    if (!release) return std::nullopt;
    return Resolved{*std::move(release), fmt::format("version {} as delivered", version)};
  }

  Found by_name(std::string_view name) {
    if (!fault_of_name(name)) {
      const std::string ref = snapshot_ref(profile_, name).str();
      if (const auto found = refs_.find(ref); found != refs_.end()) {
        Snapshot snapshot = read_snapshot(parts_, refs_, ref, found->second);
        std::string how = "name";
        if (snapshot.version != snapshot.name) how += ", version " + snapshot.version;
        return Resolved{std::move(snapshot), std::move(how)};
      }
    }
    const std::string prefix = tags_of(profile_);
    for (auto ref = refs_.lower_bound(prefix); ref != refs_.end() && ref->first.starts_with(prefix);
         ++ref) {
      const auto other = unescape_snapshot_name(ref->first.substr(prefix.size()));
      if (!other || !are_equal_folded(*other, name)) continue;
      return Resolved{read_snapshot(parts_, refs_, ref->first, ref->second), "name " + *other};
    }
    return std::nullopt;
  }

  Found by_version(std::string_view version) {
    const Snapshot* newest = nullptr;
    std::size_t count = 0;
    catalog().visit([&](const Snapshot& snapshot) {
      if (snapshot.version != version) return true;
      if (newest == nullptr) newest = &snapshot;
      ++count;
      return true;
    });
    if (newest == nullptr) return std::nullopt;
    std::string how = fmt::format("version {}, name {}", version, newest->name);
    if (count > 1) how += fmt::format(", the newest of {}", count);
    return Resolved{*newest, std::move(how)};
  }

  Found by_hex(std::string_view hex) {
    const bool digits = std::all_of(hex.begin(), hex.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
    if (!digits || hex.size() < 7 || hex.size() > 40) return std::nullopt;
    const std::string prefix = fold_case(hex);
    const Snapshot* match = nullptr;
    for (std::size_t i = 0; i < catalog().size(); ++i) {
      if (!catalog().commit(i).hex().starts_with(prefix)) continue;
      const Snapshot* snapshot = catalog().find(i);
      if (snapshot == nullptr) continue;
      if (match != nullptr) {
        throw unknown(hex,
                      fmt::format("it is the start of the ids of {} and {}", quoted(match->name),
                                  quoted(snapshot->name)),
                      "give more digits");
      }
      match = snapshot;
    }
    if (match == nullptr) return std::nullopt;
    return Resolved{*match, fmt::format("commit {}", match->commit.hex())};
  }

  Found by_time(std::string_view ref) {
    const auto span = parse_time(ref.substr(1), parts_.now());
    if (!span) {
      throw Error(Errc::Invalid, fmt::format("cannot read the time {}", quoted(ref)),
                  "it is neither a date nor an age",
                  "write it as @2026-01-08, @2026-01-08T09:30, @2d or @3h (UTC)");
    }
    Found found;
    catalog().visit([&](const Snapshot& snapshot) {
      if (snapshot.time > span->last) return true;
      found = Resolved{snapshot, fmt::format("the newest not after {}", rfc3339(span->last))};
      return false;
    });
    return found;
  }

  /// What an undo would bring back.
  Found previous(std::string_view ref, std::uint64_t steps) {
    if (parts_.is_clone) {
      throw unknown(ref, "a clone of a store does not say", "use a name or `latest`");
    }
    if (steps != 0) return std::nullopt;
    const auto operation = find_undo(parts_, {profile_});
    if (!operation || operation->sides.empty() || !operation->sides.front().before) {
      throw unknown(ref, "no operation has changed live files yet",
                    "stravinsky list shows what there is");
    }
    return Resolved{*operation->sides.front().before,
                    fmt::format("previous, before event {}", operation->sequence)};
  }

  Found by_word(std::string_view ref) {
    const auto split = split_steps(ref);
    if (!split) return std::nullopt;
    const auto [word, steps] = *split;
    std::size_t start = 0;
    if (word == "latest") {
      start = 0;
    } else if (word == "current" || word == "last-good") {
      if (parts_.is_clone) {
        throw unknown(ref, "a clone of a store does not carry this ref", "use a name or `latest`");
      }
      const auto target =
          refs_.find((word == "current" ? current_ref(profile_) : good_ref(profile_)).str());
      if (target == refs_.end()) return std::nullopt;
      start = position_of(target->second);
    } else if (word == "previous") {
      return previous(ref, steps);
    } else {
      return std::nullopt;
    }
    std::uint64_t passed = 0;
    for (std::size_t i = start; i < catalog().size(); ++i) {
      const Snapshot* snapshot = catalog().find(i);
      if (snapshot == nullptr) continue;  // damaged: no step is taken over it
      if (passed++ == steps) return Resolved{*snapshot, std::string(ref)};
    }
    if (passed > 0) {
      const std::string back = passed > 1 ? fmt::format("~{}", passed - 1) : std::string();
      reach_ = Reach{profile_, std::string(word) + back, passed};
    }
    return std::nullopt;
  }

  std::size_t position_of(const ObjectId& commit) {
    std::size_t i = 0;
    while (i < catalog().size() && catalog().commit(i) != commit) ++i;
    return i;
  }

  Store::Parts& parts_;
  const RefMap& refs_;
  LazyCache& cache_;
  std::string profile_;
  std::optional<Catalog> catalog_;
  std::optional<Reach> reach_;
};

/// A word that counts back further than there are snapshots.
Error too_far(std::string_view ref, const std::vector<Reach>& reaches) {
  std::vector<std::string> each;
  for (const Reach& one : reaches) {
    each.push_back(
        fmt::format("the oldest of {} in the profile {} is {}",
                    one.count == 1 ? "1 snapshot" : fmt::format("{} snapshots", one.count),
                    quoted(one.profile), one.oldest));
  }
  return unknown(ref, fmt::format("{}", fmt::join(each, ", ")),
                 fmt::format("did you mean {}? see `stravinsky list`", reaches.front().oldest));
}

Found by_full_ref(Store::Parts& parts, const RefMap& refs, std::string_view ref) {
  std::string full(ref);
  if (ref.starts_with("tags/")) full = "refs/" + full;
  if (!full.starts_with("refs/")) return std::nullopt;
  const auto found = refs.find(full);
  if (found == refs.end()) return std::nullopt;
  if (full.starts_with("refs/tags/")) {
    return Resolved{read_snapshot(parts, refs, full, found->second), full};
  }
  // Another ref that points at a snapshot: the tag says what it is called.
  for (const auto& [name, id] : refs) {
    if (id == found->second && name.starts_with("refs/tags/")) {
      return Resolved{read_snapshot(parts, refs, name, id), full};
    }
  }
  return std::nullopt;
}

}  // namespace

Resolved resolve(const Store& store, std::string_view ref,
                 const std::vector<std::string>& profiles) {
  if (ref.empty()) throw Error(Errc::Invalid, "cannot find a snapshot", "the reference is empty");
  Store::Parts& parts = store.parts();
  const auto held = parts.read_refs();
  const RefMap& refs = *held;
  if (Found found = by_full_ref(parts, refs, ref)) return *found;

  LazyCache cache(parts);
  std::vector<std::string> names;
  std::vector<Reach> reaches;
  for (const std::string& profile : profiles) {
    Search search(parts, refs, cache, profile);
    if (Found found = search.find(ref)) return *found;
    if (search.reach()) reaches.push_back(*search.reach());
    search.catalog().visit([&](const Snapshot& snapshot) {
      names.push_back(snapshot.name);
      if (snapshot.version != snapshot.name) names.push_back(snapshot.version);
      return true;
    });
  }
  const auto known = profiles_of(refs);
  if (const std::size_t slash = ref.find('/'); slash != std::string_view::npos) {
    for (const auto& [profile, count] : known) {
      if (profile != ref.substr(0, slash)) continue;
      Search search(parts, refs, cache, profile);
      if (Found found = search.find(ref.substr(slash + 1))) return *found;
      if (!search.reach()) continue;
      reaches.push_back(*search.reach());
      reaches.back().oldest = profile + "/" + reaches.back().oldest;
    }
  }
  // That another profile has so many would be of no help.
  if (!reaches.empty()) throw too_far(ref, reaches);

  if (ref.ends_with("@release")) {
    throw unknown(ref, "no release of that version was installed by `update`",
                  fmt::format("stravinsky show {}", ref.substr(0, ref.size() - 8)));
  }
  for (const auto& [profile, count] : known) {
    if (std::find(profiles.begin(), profiles.end(), profile) != profiles.end()) continue;
    if (Search(parts, refs, cache, profile).find(ref)) {
      throw unknown(ref, fmt::format("the profile {} has it", quoted(profile)),
                    fmt::format("name it as {}/{}", profile, ref));
    }
  }
  const std::vector<std::string> near = nearest(ref, names);
  if (!near.empty()) {
    throw unknown(ref, "there is none of that name, version or id",
                  fmt::format("did you mean {}?", fmt::join(near, ", ")));
  }
  throw unknown(
      ref,
      names.empty() ? "the profile has no snapshots" : "there is none of that name, version or id",
      "stravinsky list");
}

}  // namespace stravinsky
