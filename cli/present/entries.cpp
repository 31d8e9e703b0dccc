#include "entries.hpp"

#include <fmt/format.h>

#include "present/json.hpp"
#include "present/words.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

std::string owner(const std::string& name, std::uint32_t number) {
  return name.empty() ? fmt::format("{}", number) : shown(name);
}

std::string path_text(const View& view, const std::string& path) {
  return view.end == '\0' ? path : shown(path);
}

/// `-rw-r--r-- user group 12 2026-11-20 09:30:00 `
std::string attributes(const Entry& entry) {
  std::string size = entry.type == EntryType::File ? fmt::format("{}", entry.size) : "-";
  if (entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice) {
    size = fmt::format("{},{}", entry.device_major, entry.device_minor);
  }
  return fmt::format("{} {:<8} {:<8} {:>10} {} ", mode_letters(entry),
                     entry.has_attributes ? owner(entry.uname, entry.uid) : "-",
                     entry.has_attributes ? owner(entry.gname, entry.gid) : "-", size,
                     entry.mtime ? shown_time(*entry.mtime) : fmt::format("{:<19}", "-"));
}

std::string link_text(const View& view, const Entry& entry) {
  return entry.type == EntryType::Symlink ? " -> " + path_text(view, entry.link) : std::string();
}

Json entry_json(const std::string& path, const Entry& entry) {
  Json json;
  add_path(json, "path", path);
  json.update(to_json(entry));
  return json;
}

Json version_json(const LoggedVersion& logged) {
  const FileVersion& version = logged.version;
  Json json = {{"snapshot", to_json(version.snapshot)}, {"snapshots", version.snapshots}};
  json["entry"] = version.entry ? to_json(*version.entry) : Json();
  json["operation"] = logged.origin ? Json(logged.origin->event_type) : Json();
  json["sequence"] = logged.origin ? Json(logged.origin->sequence) : Json();
  if (logged.patch) add_path(json, "patch", *logged.patch);
  return json;
}

void show_heading(const View& view, const Snapshot& snapshot) {
  view.out.print("{}  {}  {}\n", view.strong(snapshot.profile + "/" + shown(snapshot.name)),
                 shown_time(snapshot.time), name_of(snapshot.snapshot_class));
  if (snapshot.description.empty()) return;
  std::string text = shown_text(snapshot.description);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 5) {
    text.replace(at, 1, "\n    ");
  }
  view.out.print("    {}\n", text);
}

}  // namespace

void show_entries(const View& view, const std::vector<Listed>& listed, EntryForm form) {
  if (view.json) {
    Json json = document(view);
    json["snapshot"] = to_json(listed.front().snapshot);
    json["snapshots"] = Json::array();
    json["entries"] = Json::array();
    for (const Listed& one : listed) {
      json["snapshots"].push_back(to_json(one.snapshot));
      for (const auto& [path, entry] : one.entries) {
        Json item = {{"profile", one.snapshot.profile}};
        item.update(entry_json(path, entry));
        json["entries"].push_back(std::move(item));
      }
    }
    return print(view, json);
  }
  const bool is_long = form == EntryForm::Long;
  for (const Listed& one : listed) {
    if (listed.size() > 1 && view.end != '\0') {
      if (&one != &listed.front()) view.out.line("");
      view.out.print("{}/{}:\n", one.snapshot.profile, shown(one.snapshot.name));
    }
    for (const auto& [path, entry] : one.entries) {
      view.out.print("{}{}{}{}", is_long ? attributes(entry) : "", path_text(view, path),
                     is_long ? link_text(view, entry) : "", view.end);
    }
  }
}

void show_found(const View& view, const std::vector<Found>& found, EntryForm form) {
  if (view.json) {
    Json json = document(view);
    json["matches"] = Json::array();
    for (const Found& match : found) {
      Json item = entry_json(match.path, match.entry);
      item["snapshot"] = {{"name", match.snapshot.name},
                          {"profile", match.snapshot.profile},
                          {"commit", match.snapshot.commit.hex()}};
      json["matches"].push_back(std::move(item));
    }
    return print(view, json);
  }
  for (const Found& match : found) {
    const std::string name = match.snapshot.profile + "/" + match.snapshot.name;
    view.out.print("{}{}:{}{}", form == EntryForm::Long ? attributes(match.entry) : "",
                   path_text(view, name), path_text(view, match.path), view.end);
  }
}

void show_versions(const View& view, const std::string& path,
                   const std::vector<LoggedVersion>& versions) {
  if (view.json) {
    Json json = document(view);
    add_path(json, "path", path);
    json["versions"] = Json::array();
    for (const LoggedVersion& logged : versions) json["versions"].push_back(version_json(logged));
    return print(view, json);
  }
  for (const LoggedVersion& logged : versions) {
    const FileVersion& version = logged.version;
    const Snapshot& snapshot = version.snapshot;
    view.out.print("{}  {}  {}  {}\n", view.strong(shown(snapshot.name)),
                   age(snapshot.time, view.now), name_of(snapshot.snapshot_class),
                   shown(snapshot.description.substr(0, snapshot.description.find('\n'))));
    const std::string what = !version.entry ? "absent"
                             : version.entry->type == EntryType::File
                                 ? human_size(version.entry->size)
                                 : std::string(type_name(version.entry->type));
    view.out.print("    {}, in {}", what, counted(version.snapshots, "snapshot"));
    if (logged.origin) {
      view.out.print(", by {} (event {})", shown(logged.origin->event_type),
                     logged.origin->sequence);
    }
    view.out.line("");
    if (!logged.patch) continue;
    view.out.line("");
    view.out.write(*logged.patch);
  }
}

void show_log(const View& view, const std::vector<LoggedSnapshot>& snapshots) {
  if (view.json) {
    Json json = document(view);
    json["snapshots"] = Json::array();
    for (const LoggedSnapshot& logged : snapshots) {
      Json item = to_json(logged.snapshot);
      if (logged.changes) item["changes"] = changes_json(view, *logged.changes, ChangeForm::Patch);
      json["snapshots"].push_back(std::move(item));
    }
    return print(view, json);
  }
  for (const LoggedSnapshot& logged : snapshots) {
    show_heading(view, logged.snapshot);
    if (!logged.changes) continue;
    view.out.line("");
    show_changes(view, {*logged.changes}, ChangeForm::Patch);
  }
}

void show_content(const View& view, const Snapshot& snapshot, const std::string& path,
                  const std::string& content) {
  Json json = document(view);
  json["snapshot"] = to_json(snapshot);
  add_path(json, "path", path);
  json["size"] = content.size();
  if (is_utf8(content)) {
    json["content"] = content;
  } else {
    json["content_b64"] = base64_encode(content);
  }
  print(view, json);
}

}  // namespace stravinsky::cli
