#include "snapshots/notes.hpp"

#include <fmt/format.h>

#include "core/json.hpp"
#include "core/text.hpp"
#include "objects/commit_object.hpp"
#include "objects/tree_object.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

std::string encode(const Note& note) {
  json value = json::object();
  if (note.description) value["description"] = *note.description;
  if (note.tags) {
    value["tags"] = json::object();
    for (const auto& [key, text] : *note.tags) value["tags"][key] = text;
  }
  if (note.pinned) value["pinned"] = true;
  if (note.quarantined) value["quarantined"] = true;
  if (!note.renamed_from.empty()) value["renamed_from"] = note.renamed_from;
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Note parse(std::string_view text, const std::string& what) {
  const json value = parse_stored_json(text, what);
  Note note;
  try {
    if (value.contains("description"))
      note.description = value.at("description").get<std::string>();
    if (value.contains("tags")) {
      note.tags.emplace();
      for (const auto& [key, tag] : value.at("tags").items()) {
        note.tags->emplace_back(key, tag.get<std::string>());
      }
    }
    note.pinned = value.value("pinned", false);
    note.quarantined = value.value("quarantined", false);
    if (value.contains("renamed_from")) {
      note.renamed_from = value.at("renamed_from").get<std::vector<std::string>>();
    }
  } catch (const json::exception& error) {
    throw Error(Errc::Corrupt, "cannot read " + what, error.what());
  }
  return note;
}

}  // namespace

Notes read_notes(const ObjectDatabase& database, const std::optional<ObjectId>& head) {
  Notes notes;
  if (!head) return notes;
  const Commit commit = parse_commit(database.read(*head, ObjectType::Commit).bytes, *head);
  if (commit.tree == kEmptyTree) return notes;
  for (const TreeEntry& entry :
       parse_tree(database.read(commit.tree, ObjectType::Tree).bytes, commit.tree)) {
    constexpr std::string_view kSuffix = ".json";
    if (!entry.name.ends_with(kSuffix)) continue;
    const auto id = ObjectId::from_hex(
        std::string_view(entry.name).substr(0, entry.name.size() - kSuffix.size()));
    if (!id) continue;
    notes[*id] = parse(database.read(entry.id, ObjectType::Blob).bytes,
                       fmt::format("the note {}", quoted(entry.name)));
  }
  return notes;
}

ObjectId write_notes(ObjectWriter& writer, const Notes& notes, const std::optional<ObjectId>& head,
                     const std::string& user, const std::string& principal, Timestamp time,
                     const std::string& subject) {
  std::vector<TreeEntry> entries;
  for (const auto& [id, note] : notes) {
    if (note.empty()) continue;
    entries.push_back(
        {GitMode::File, id.hex() + ".json", writer.put(ObjectType::Blob, encode(note))});
  }
  Commit commit;
  commit.tree = writer.put(ObjectType::Tree, encode_tree(entries));
  if (head) commit.parents.push_back(*head);
  commit.author.name = clean_ident(user, "user");
  commit.author.email = clean_ident(principal, "user@localhost");
  commit.author.seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  commit.committer = commit.author;
  commit.message = subject + "\n";
  return writer.put(ObjectType::Commit, encode_commit(commit));
}

void apply_note(const Notes& notes, Snapshot& snapshot) {
  const auto found = notes.find(snapshot.commit);
  if (found == notes.end()) return;
  const Note& note = found->second;
  if (note.description) snapshot.description = *note.description;
  if (note.tags) snapshot.tags = *note.tags;
  snapshot.pinned = note.pinned;
  snapshot.quarantined = note.quarantined;
  snapshot.renamed_from = note.renamed_from;
}

}  // namespace stravinsky
