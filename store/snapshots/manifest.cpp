#include "snapshots/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "fs/system_facts.hpp"
#include "snapshots/path.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/error.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

/// A raw path as JSON: readable always, exact in a second member where it is not UTF-8.
void set_path(json& object, const std::string& key, const std::string& path) {
  object[key] = path;
  if (!is_utf8(path)) object[key + "_b64"] = base64_encode(path);
}

std::string get_path(const json& object, const std::string& key) {
  if (const auto exact = object.find(key + "_b64"); exact != object.end()) {
    return base64_decode(exact->get<std::string>()).value_or("");
  }
  return object.at(key).get<std::string>();
}

Loss::Kind parse_kind(const std::string& text) {
  for (const auto kind :
       {Loss::Kind::Unreadable, Loss::Kind::Vanished, Loss::Kind::Changing, Loss::Kind::Failed}) {
    if (text == name_of(kind)) return kind;
  }
  return Loss::Kind::Failed;
}

json read_manifest_json(const Store& store, const Snapshot& snapshot) {
  return parse_stored_json(read_manifest(store, snapshot),
                           fmt::format("snapshot.json of {}", snapshot.commit.hex()));
}

Error bad_manifest(const Snapshot& snapshot, const std::string& reason) {
  return Error(Errc::Corrupt, fmt::format("cannot read snapshot.json of {}", quoted(snapshot.name)),
               reason, "run `stravinsky verify` to see what is damaged");
}

}  // namespace

std::string_view name_of(Loss::Kind kind) noexcept {
  switch (kind) {
    case Loss::Kind::Unreadable:
      return "unreadable";
    case Loss::Kind::Vanished:
      return "vanished";
    case Loss::Kind::Changing:
      return "changing";
    case Loss::Kind::Failed:
      return "failed";
  }
  return "failed";
}

std::string encode_manifest(const ManifestSource& source) {
  const ScanResult& scan = *source.scan;
  const fs::SystemFacts system = fs::system_facts();
  json value = {{"format", 1},
                {"profile", source.profile.name},
                {"host", source.host},
                {"user", source.user},
                {"captured_as", {{"uid", system.uid}, {"gid", system.gid}}},
                {"system", {{"os", system.os}, {"machine", system.machine}}},
                {"tool", fmt::format("stravinsky {}", library_version())},
                {"entries", scan.entries},
                {"files", scan.files},
                {"bytes", scan.bytes},
                {"roots", json::array()},
                {"losses", json::array()}};
  for (const ScannedRoot& root : scan.roots) {
    json item = {{"type", root.is_file ? "file" : "directory"},
                 {"sha256", root.digest.hex()},
                 {"entries", root.entries},
                 {"bytes", root.bytes}};
    set_path(item, "mount", root.mount);
    set_path(item, "path", root.path);
    set_path(item, "real_path", root.real_path);
    // Without them a profile that is known from its snapshots alone would take the whole root.
    for (const ProfileRoot& told : source.profile.roots) {
      if (told.path == root.path && !told.include.empty()) item["include"] = told.include;
    }
    value["roots"].push_back(std::move(item));
  }
  // And without these it would forget a root for good that was missing once.
  for (const ProfileRoot& told : source.profile.roots) {
    const bool found = std::any_of(scan.roots.begin(), scan.roots.end(),
                                   [&](const ScannedRoot& root) { return root.path == told.path; });
    if (found) continue;
    json item = json::object();
    set_path(item, "mount", told.mount);
    set_path(item, "path", told.path);
    if (!told.include.empty()) item["include"] = told.include;
    value["missing"].push_back(std::move(item));
  }
  if (!source.profile.exclude.empty()) value["exclude"] = source.profile.exclude;
  if (!source.captures.empty()) value["captures"] = json::parse(source.captures);
  for (const Loss& loss : scan.losses) {
    json item = {{"kind", name_of(loss.kind)}, {"reason", loss.reason}};
    set_path(item, "path", loss.path);
    value["losses"].push_back(std::move(item));
  }
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string edit_manifest(const std::string& before, const EditedTree& tree) {
  json value = parse_stored_json(before, "snapshot.json");
  const auto grow = [](json& object, const char* key, std::int64_t by) {
    object[key] = object.at(key).get<std::int64_t>() + by;
  };
  try {
    for (json& root : value.at("roots")) {
      const std::string mount = get_path(root, "mount");
      const Node* node = mount.empty() ? nullptr : find_node(tree.directory, mount);
      if (mount.empty()) root["sha256"] = tree.top.digest.hex();
      if (node != nullptr) root["sha256"] = node->entry.digest.hex();
      const auto growth = tree.growth.find(mount);
      if (growth == tree.growth.end()) continue;
      grow(root, "entries", growth->second.entries);
      grow(root, "bytes", growth->second.bytes);
      grow(value, "entries", growth->second.entries);
      grow(value, "files", growth->second.files);
      grow(value, "bytes", growth->second.bytes);
    }
  } catch (const json::exception& error) {
    throw Error(Errc::Corrupt, "cannot read snapshot.json", error.what(),
                "run `stravinsky verify` to see what is damaged");
  }
  value["tool"] = fmt::format("stravinsky {}", library_version());
  // What lies around is as it was; what changed since the snapshot before is not what this one
  // changes.
  const auto captures = value.find("captures");
  if (captures != value.end() && captures->is_object()) captures->erase("modifications");
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string read_manifest(const Store& store, const Snapshot& snapshot) {
  const ObjectDatabase& database = *store.parts().database;
  const SnapshotRoots roots = read_snapshot_roots(database, snapshot);
  std::string text = database.read(roots.manifest, ObjectType::Blob).bytes;
  if (sha256(text) != snapshot.manifest) {
    throw bad_manifest(snapshot, "its SHA-256 is not that of the commit");
  }
  return text;
}

std::vector<Loss> read_losses(const Store& store, const Snapshot& snapshot) {
  const json value = read_manifest_json(store, snapshot);
  std::vector<Loss> losses;
  try {
    for (const json& item : value.at("losses")) {
      losses.push_back({get_path(item, "path"), parse_kind(item.at("kind").get<std::string>()),
                        item.at("reason").get<std::string>()});
    }
  } catch (const json::exception& error) {
    throw bad_manifest(snapshot, error.what());
  }
  return losses;
}

std::vector<RecordedRoot> read_recorded_roots(const Store& store, const Snapshot& snapshot) {
  const json value = read_manifest_json(store, snapshot);
  std::vector<RecordedRoot> roots;
  try {
    for (const json& item : value.at("roots")) {
      roots.push_back(
          {get_path(item, "mount"), get_path(item, "path"), get_path(item, "real_path")});
    }
  } catch (const json::exception& error) {
    throw bad_manifest(snapshot, error.what());
  }
  return roots;
}

std::optional<Profile> find_recorded_profile(const Store& store, const std::string& profile) {
  // The current one is found by its ref; who has none, as a clone, or a damaged one looks for the
  // newest.
  std::optional<Snapshot> newest;
  try {
    newest = find_current(store, profile);
  } catch (const Error& error) {
    store.parts().remark(error.what());
  }
  if (!newest) {
    const auto listed = list_snapshots(store, {.profile = profile, .limit = 1});
    if (listed.empty()) return std::nullopt;
    newest = listed.front();
  }
  const json value = read_manifest_json(store, *newest);
  Profile recorded;
  recorded.name = profile;
  try {
    for (const json& list : {value.at("roots"), value.value("missing", json::array())}) {
      for (const json& item : list) {
        ProfileRoot root;
        root.path = get_path(item, "path");
        root.mount = get_path(item, "mount");
        root.include = item.value("include", std::vector<std::string>());
        recorded.roots.push_back(std::move(root));
      }
    }
    recorded.exclude = value.value("exclude", std::vector<std::string>());
  } catch (const json::exception& error) {
    throw bad_manifest(*newest, error.what());
  }
  return recorded;
}

}  // namespace stravinsky
