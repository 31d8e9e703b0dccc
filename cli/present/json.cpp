#include "json.hpp"

#include "present/words.hpp"
#include "stravinsky/text.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::cli {
namespace {

Json optional_id(const std::optional<ObjectId>& id) { return id ? Json(id->hex()) : Json(); }

}  // namespace

Json document(const View& view) {
  Json json = {{"schema", 1}};
  if (!view.warnings.empty()) json["warnings"] = view.warnings;
  return json;
}

Json summary(const View& view, Exit exit) {
  Json json = {{"type", "summary"}, {"schema", 1}, {"exit_code", int(exit)}};
  if (!view.warnings.empty()) json["warnings"] = view.warnings;
  return json;
}

void print(const View& view, const Json& json) {
  view.out.line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void add_path(Json& json, const std::string& key, std::string_view raw) {
  json[key] = std::string(raw);  // `print` replaces what is not UTF-8
  if (!is_utf8(raw)) json[key + "_b64"] = base64_encode(raw);
}

Json to_json(const Snapshot& snapshot) {
  Json json = {{"name", snapshot.name},
               {"commit", snapshot.commit.hex()},
               {"profile", snapshot.profile},
               {"version", snapshot.version},
               {"class", name_of(snapshot.snapshot_class)},
               {"ref", snapshot.ref},
               {"time", rfc3339(snapshot.time)},
               {"description", snapshot.description},
               {"category", snapshot.category}};
  json["tags"] = Json::array();
  for (const auto& [key, value] : snapshot.tags) {
    json["tags"].push_back({{"key", key}, {"value", value}});
  }
  json["pinned"] = snapshot.pinned;
  json["quarantined"] = snapshot.quarantined;
  json["renamed_from"] = snapshot.renamed_from;
  json["content_sha256"] = snapshot.content.hex();
  json["entries"] = snapshot.entries;
  json["bytes"] = snapshot.bytes;
  json["losses"] = snapshot.losses;
  json["derived_from"] = optional_id(snapshot.derived_from);
  json["restores"] = optional_id(snapshot.restores);
  json["tool"] = snapshot.tool;
  return json;
}

Json to_json(const Loss& loss) {
  Json json;
  add_path(json, "path", loss.path);
  json["kind"] = name_of(loss.kind);
  json["reason"] = loss.reason;
  return json;
}

Json to_json(const Entry& entry) {
  Json json = {{"type", type_name(entry.type)}};
  if (!entry.has_attributes) return json;
  json["mode"] = fmt::format("{:04o}", entry.mode);
  json["uid"] = entry.uid;
  json["gid"] = entry.gid;
  if (!entry.uname.empty()) json["user"] = entry.uname;
  if (!entry.gname.empty()) json["group"] = entry.gname;
  if (entry.type == EntryType::File) json["size"] = entry.size;
  if (entry.mtime) json["time"] = file_time_rfc3339(*entry.mtime);
  if (entry.type == EntryType::Symlink) add_path(json, "link", entry.link);
  if (entry.type == EntryType::File || entry.type == EntryType::Directory) {
    json["sha256"] = entry.digest.hex();
  }
  return json;
}

}  // namespace stravinsky::cli
