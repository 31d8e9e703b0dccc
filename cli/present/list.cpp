#include <fmt/format.h>
#include <fmt/ranges.h>

#include "present/json.hpp"
#include "present/snapshots.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

std::string first_line(const std::string& text) { return shown(text.substr(0, text.find('\n'))); }

std::string tag_text(const Tag& tag) {
  return shown(tag.second.empty() ? tag.first : tag.first + "=" + tag.second);
}

void show_json(const View& view, const SnapshotList& list) {
  Json json = document(view);
  json["profiles"] = Json::array();
  for (const std::string& name : list.profiles) json["profiles"].push_back({{"name", name}});
  json["other_profiles"] = list.other_profiles;
  json["other_snapshots"] = list.other_snapshots;
  json["snapshots"] = Json::array();
  for (const Snapshot& snapshot : list.snapshots) json["snapshots"].push_back(to_json(snapshot));
  print(view, json);
}

std::string heading(const SnapshotList& list) {
  std::string text =
      fmt::format("{} {}: {}", list.profiles.size() == 1 ? "Profile" : "Profiles",
                  fmt::join(list.profiles, ", "), counted(list.snapshots.size(), "snapshot"));
  if (list.fell_back) text += " (the default profile has none, so all are shown)";
  if (list.other_profiles > 0) {
    text += fmt::format(" ({} in {}: --all)", counted(list.other_snapshots, "snapshot"),
                        counted(list.other_profiles, "other profile"));
  }
  return text;
}

std::string size_line(const SnapshotList& list, const Snapshot& snapshot) {
  const auto kinds = list.kinds.find(snapshot.commit);
  std::string text = kinds != list.kinds.end() ? kinds->second : counted(snapshot.entries, "entry");
  text += ", " + human_size(snapshot.bytes);
  if (snapshot.version != snapshot.name) text += ", version " + shown(snapshot.version);
  if (snapshot.snapshot_class != SnapshotClass::Named) {
    text += fmt::format(", {}", name_of(snapshot.snapshot_class));
  }
  if (snapshot.pinned) text += ", pinned";
  if (snapshot.quarantined) text += ", QUARANTINED";
  if (snapshot.losses > 0) text += fmt::format(", {} not captured", snapshot.losses);
  for (const Tag& tag : snapshot.tags) text += ", #" + tag_text(tag);
  return text;
}

void show_one(const View& view, const SnapshotList& list, const Snapshot& snapshot, ListForm form) {
  const std::string name = list.profiles.size() == 1
                               ? shown(snapshot.name)
                               : snapshot.profile + "/" + shown(snapshot.name);
  if (form == ListForm::Backups) {
    view.out.print("  {}: {} ({} MB)\n", view.strong(shown(snapshot.version)),
                   rfc3339(snapshot.time), megabytes(snapshot.bytes));
    if (snapshot.version != snapshot.name) view.out.print("    Name: {}\n", name);
    if (!snapshot.description.empty()) {
      view.out.print("    Description: {}\n", first_line(snapshot.description));
    }
    if (!snapshot.category.empty()) {
      view.out.print("    Category: {}\n", shown(snapshot.category));
    }
    view.out.print("    Created: {}\n", age(snapshot.time, view.now));
    view.out.print("    Files: {}\n", size_line(list, snapshot));
    return;
  }
  view.out.print("{}  {}  {}", view.strong(name), age(snapshot.time, view.now),
                 first_line(snapshot.description));
  if (!snapshot.category.empty()) view.out.print("  [{}]", shown(snapshot.category));
  view.out.print("\n    {}\n", view.faint(size_line(list, snapshot)));
  if (form == ListForm::Long) {
    view.out.print("    {}\n    commit  {}\n    content {}\n", shown_time(snapshot.time),
                   snapshot.commit.hex(), snapshot.content.hex());
  }
}

}  // namespace

void show_list(const View& view, const SnapshotList& list, ListForm form) {
  if (view.json) return show_json(view, list);
  if (form == ListForm::Backups) view.out.line("Available backups:");
  if (!view.quiet) view.out.line(heading(list));
  for (const Snapshot& snapshot : list.snapshots) show_one(view, list, snapshot, form);
}

}  // namespace stravinsky::cli
