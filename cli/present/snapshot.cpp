#include <fmt/format.h>
#include <fmt/ranges.h>

#include "present/json.hpp"
#include "present/snapshots.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

Json manifest_json(const SnapshotDetails& details) {
  Json json = Json::parse(details.manifest, nullptr, false);
  return json.is_discarded() ? Json() : json;
}

/// Lists speak of all snapshots, each item with its profile.
Json details_json(const View& view, const std::vector<SnapshotDetails>& all,
                  const DetailsForm& form) {
  Json json = document(view);
  json["snapshot"] = to_json(all.front().snapshot);
  json["manifest"] = manifest_json(all.front());
  json["snapshots"] = Json::array();
  json["manifests"] = Json::array();
  for (const SnapshotDetails& details : all) {
    json["snapshots"].push_back(to_json(details.snapshot));
    json["manifests"].push_back(manifest_json(details));
  }
  if (form.losses) {
    json["losses"] = Json::array();
    for (const SnapshotDetails& details : all) {
      for (const Loss& loss : details.losses) {
        Json item = {{"profile", details.snapshot.profile}};
        item.update(to_json(loss));
        json["losses"].push_back(std::move(item));
      }
    }
  }
  if (form.files) {
    json["files"] = Json::array();
    for (const SnapshotDetails& details : all) {
      for (const auto& [path, entry] : details.files) {
        Json item = {{"profile", details.snapshot.profile}};
        add_path(item, "path", path);
        item.update(to_json(entry));
        json["files"].push_back(std::move(item));
      }
    }
  }
  if (form.stat) {
    json["changes"] = Json::array();
    for (const SnapshotDetails& details : all) {
      if (!details.stat) continue;
      for (Json& change : changes_json(view, *details.stat, ChangeForm::Stat)) {
        json["changes"].push_back(std::move(change));
      }
    }
  }
  return json;
}

void field(const View& view, std::string_view name, std::string_view value) {
  if (!value.empty()) view.out.print("{:<14}{}\n", fmt::format("{}:", name), value);
}

std::string roots_of(const std::string& manifest) {
  const Json json = Json::parse(manifest, nullptr, false);
  if (!json.is_object() || !json.contains("roots") || !json["roots"].is_array()) return {};
  std::vector<std::string> paths;
  for (const Json& root : json["roots"]) {
    if (root.is_object() && root.contains("path") && root["path"].is_string()) {
      paths.push_back(shown(root["path"].get<std::string>()));
    }
  }
  return fmt::format("{}", fmt::join(paths, ", "));
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? shown(found->get<std::string>()) : "";
}

/// A list among the captures, as the store has it: so of any shape.
std::vector<Json> captured(const Json& captures, const char* name) {
  std::vector<Json> items;
  const auto list = captures.find(name);
  if (list == captures.end() || !list->is_array()) return items;
  for (const Json& item : *list) {
    if (item.is_object()) items.push_back(item);
  }
  return items;
}

void show_captures(const View& view, const Json& captures, bool credentials) {
  for (const Json& state : captured(captures, "git")) {
    const std::string error = text_at(state, "error");
    field(view, "Git",
          error.empty() ? fmt::format("{} {} in {}", text_at(state, "commit").substr(0, 12),
                                      text_at(state, "branch"), text_at(state, "repository"))
                        : error);
  }
  for (const Json& venv : captured(captures, "venv")) {
    const std::string version = text_at(venv, "python_version");
    field(view, "Python",
          fmt::format("{} in {}", version.empty() ? "version unknown" : version,
                      text_at(venv, "path")));
  }
  const auto changed = captures.find("modifications");
  if (changed != captures.end() && changed->is_object() && changed->contains("count") &&
      (*changed)["count"].is_number_unsigned()) {
    field(view, "Modified",
          fmt::format("{} since the snapshot before",
                      counted((*changed)["count"].get<std::uint64_t>(), "path")));
  }
  const std::vector<Json> found = captured(captures, "credentials");
  if (!found.empty() && !credentials) {
    field(view, "Credentials",
          fmt::format("{} (--credentials lists them)", counted(found.size(), "file")));
  }
}

/// What and where from; never what is in them.
void show_credentials(const View& view, const Snapshot& snapshot, const Json& captures) {
  view.out.print("\n# Credentials of {}/{}\n\n", snapshot.profile, shown(snapshot.name));
  const std::vector<Json> found = captured(captures, "credentials");
  if (found.empty()) {
    view.out.line("None were looked for, or none were found.");
    return;
  }
  view.out.print(
      "| name | file | bytes | SHA-256 begins | in the snapshot |\n|---|---|---|---|---|\n");
  for (const Json& one : found) {
    const auto size = one.find("size_bytes");
    const auto inside = one.find("captured");
    view.out.print("| {} | {} | {} | {} | {} |\n", text_at(one, "name"), text_at(one, "path"),
                   size != one.end() && size->is_number_unsigned() ? size->dump() : "?",
                   text_at(one, "sha256"), inside != one.end() && *inside == true ? "yes" : "no");
  }
}

void show_text(const View& view, const SnapshotDetails& details, const DetailsForm& form) {
  const Snapshot& snapshot = details.snapshot;
  view.out.print(
      "{}\n", view.strong(fmt::format("Snapshot {}/{}", snapshot.profile, shown(snapshot.name))));
  field(view, "Version", shown(snapshot.version));
  field(view, "Time",
        fmt::format("{} ({})", shown_time(snapshot.time), age(snapshot.time, view.now)));
  field(view, "Category", shown(snapshot.category));
  for (const auto& [key, value] : snapshot.tags) {
    field(view, "Tag", shown(value.empty() ? key : key + "=" + value));
  }
  field(view, "Class", name_of(snapshot.snapshot_class));
  if (snapshot.pinned) field(view, "Pinned", "yes");
  if (snapshot.quarantined) field(view, "Quarantined", view.bad("yes: it is damaged"));
  for (const std::string& name : snapshot.renamed_from) field(view, "Renamed from", shown(name));
  field(view, "Roots", roots_of(details.manifest));
  field(view, "Entries", fmt::format("{}, {}", snapshot.entries, human_size(snapshot.bytes)));
  if (snapshot.losses > 0) {
    field(view, "Not captured",
          fmt::format("{} (--losses lists them)", counted(snapshot.losses, "entry")));
  }
  const Json manifest = Json::parse(details.manifest, nullptr, false);
  const Json captures =
      manifest.is_object() && manifest.contains("captures") && manifest["captures"].is_object()
          ? manifest["captures"]
          : Json::object();
  show_captures(view, captures, form.credentials);
  if (snapshot.derived_from) field(view, "Derived from", snapshot.derived_from->hex());
  if (snapshot.restores) field(view, "Restores", snapshot.restores->hex());
  field(view, "Commit", snapshot.commit.hex());
  field(view, "Ref", snapshot.ref);
  field(view, "SHA-256", snapshot.content.hex());
  field(view, "Made by", shown(snapshot.tool));
  if (!snapshot.description.empty()) {
    view.out.print("\n{}\n", shown_text(snapshot.description));
  }
  if (form.losses) {
    view.out.line("");
    for (const Loss& loss : details.losses) {
      view.out.print("{}: {}: {}\n", shown(loss.path), name_of(loss.kind), shown(loss.reason));
    }
  }
  if (form.credentials) show_credentials(view, snapshot, captures);
  if (form.manifest) view.out.print("\n{}", details.manifest);
  if (form.files) {
    view.out.line("");
    for (const auto& [path, entry] : details.files) {
      view.out.print("{} {:>10} {}\n", mode_letters(entry),
                     entry.type == EntryType::File ? fmt::format("{}", entry.size) : "-",
                     shown(path));
    }
  }
}

}  // namespace

void show_details(const View& view, const std::vector<SnapshotDetails>& all,
                  const DetailsForm& form) {
  if (view.json) return print(view, details_json(view, all, form));
  if (form.as_json) {
    view.out.line(
        details_json(view, all, form).dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  for (const SnapshotDetails& details : all) {
    if (&details != &all.front()) view.out.line("");
    show_text(view, details, form);
  }
}

void show_annotated(const View& view, const std::vector<Snapshot>& snapshots,
                    const std::string& said) {
  if (view.json) {
    Json json = document(view);
    json["snapshot"] = to_json(snapshots.front());
    json["snapshots"] = Json::array();
    for (const Snapshot& snapshot : snapshots) json["snapshots"].push_back(to_json(snapshot));
    print(view, json);
    return;
  }
  for (const Snapshot& snapshot : snapshots) {
    view.out.print("{}: {}/{}\n", said, snapshot.profile, shown(snapshot.name));
  }
}

}  // namespace stravinsky::cli
