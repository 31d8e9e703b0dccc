#include "snapshots/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

constexpr std::size_t kMostChanges = 1000;

/// Against the live tree and not what was just captured, which nobody can read before it is
/// published: an edit in between is in the snapshot, or in the next list, or in both.
json modifications(const Capture& taken, const Store& store, Progress& progress) {
  const CreateOptions& options = *taken.options;
  const LiveDiff found =
      diff_live(store, *taken.current, options.profile, options.exclude, {}, progress);
  json changes = json::array();
  std::size_t count = 0;
  for (const Change& change : found.changes) {
    // The time of a directory says only that a name in it changed, and that one is told.
    const bool is_directory = change.after && change.after->type == EntryType::Directory;
    if (is_directory && change.letters() == "t") continue;
    if (++count > kMostChanges) continue;
    json item = {{"change", change.letters()}, {"path", change.path}};
    if (!is_utf8(change.path)) item["path_b64"] = base64_encode(change.path);
    changes.push_back(std::move(item));
  }
  return {
      {"since", taken.current->commit.hex()}, {"count", count}, {"changes", std::move(changes)}};
}

}  // namespace

std::string facts_of(const Capture& taken, const Store& store, Progress& progress) {
  const Profile& profile = taken.options->profile;
  if (profile.captures.empty() || taken.options->stream) return {};
  json facts = json::object();
  if (store.parts().options.facts) {
    const std::string told = store.parts().options.facts(profile);
    if (!told.empty()) facts = json::parse(told, nullptr, false);
    if (!facts.is_object()) {
      throw Error(Errc::Invalid,
                  fmt::format("cannot record the captures of {}", quoted(profile.name)),
                  "StoreOptions::facts gave no JSON object");
    }
  }
  const auto& asked = profile.captures;
  if (taken.current && std::find(asked.begin(), asked.end(), "modifications") != asked.end()) {
    facts["modifications"] = modifications(taken, store, progress);
  }
  if (facts.empty()) return {};
  return facts.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace stravinsky
