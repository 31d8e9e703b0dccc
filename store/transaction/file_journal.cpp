// A journal is one file, replaced as a whole, so that a crash leaves the old one or the new one:
//   no file                nothing was made
//   `staging`              stages may be there, empty to full; no live name was touched
//   `switching`            each name is old or new, or, without RENAME_EXCHANGE, for a moment
//   absent;
//                          the inodes say which
//   `switching`, and an event with the operation's name: only clearing up is left
#include "transaction/file_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/lock.hpp"
#include "fs/rename.hpp"

#include <nlohmann/json.hpp>
#include "refs/leftovers.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "stravinsky journal 1\n";
constexpr std::array<std::string_view, 3> kKinds = {"add", "replace", "remove"};
/// In the order of FileJournal::State.
constexpr std::array<std::string_view, 3> kStates = {"staging", "switching", "reverting"};
constexpr std::uint64_t kLargest = std::uint64_t{1} << 32;

json to_json(const FileTime& time) { return json::array({time.seconds, time.nanoseconds}); }

FileTime get_time(const json& value) {
  return {value.at(0).get<std::int64_t>(), value.at(1).get<std::uint32_t>()};
}

json to_json(const LiveIdentity& old) {
  return {{"inode", old.inode},
          {"ctime", to_json(old.ctime)},
          {"mtime", to_json(old.mtime)},
          {"size", old.size},
          {"mode", old.mode},
          {"links", old.links}};
}

LiveIdentity get_identity(const json& value) {
  return {.inode = value.at("inode").get<std::uint64_t>(),
          .ctime = get_time(value.at("ctime")),
          .mtime = get_time(value.at("mtime")),
          .size = value.at("size").get<std::uint64_t>(),
          .mode = value.at("mode").get<std::uint32_t>(),
          .links = value.at("links").get<std::uint32_t>()};
}

json to_json(const JournalEntry& entry) {
  json value = {{"kind", kKinds[static_cast<std::size_t>(entry.kind)]},
                {"profile", entry.profile},
                {"stage", entry.stage},
                {"parent_inode", entry.parent_inode}};
  set_raw_path(value, "path", entry.path);
  if (entry.kind != SwitchKind::Add) value["old"] = to_json(entry.old);
  if (entry.kind != SwitchKind::Remove) {
    value["new_inode"] = entry.new_inode;
    value["new_ctime"] = to_json(entry.new_ctime);
  }
  return value;
}

JournalEntry get_entry(const json& value) {
  JournalEntry entry;
  const auto kind =
      std::find(kKinds.begin(), kKinds.end(), value.at("kind").get_ref<const std::string&>());
  if (kind == kKinds.end()) throw std::invalid_argument("unknown kind of entry");
  entry.kind = static_cast<SwitchKind>(kind - kKinds.begin());
  entry.profile = value.at("profile").get<std::uint32_t>();
  entry.stage = value.at("stage").get<std::uint32_t>();
  entry.parent_inode = value.at("parent_inode").get<std::uint64_t>();
  entry.path = get_raw_path(value, "path");
  if (entry.kind != SwitchKind::Add) entry.old = get_identity(value.at("old"));
  if (entry.kind != SwitchKind::Remove) {
    entry.new_inode = value.at("new_inode").get<std::uint64_t>();
    entry.new_ctime = get_time(value.at("new_ctime"));
  }
  return entry;
}

json to_json(const JournalDirectory& directory) {
  json value = {{"is_new", directory.is_new},
                {"give", directory.give},
                {"inode", directory.inode},
                {"mode", directory.mode},
                {"mtime", to_json(directory.mtime)}};
  set_raw_path(value, "path", directory.path);
  return value;
}

JournalDirectory get_directory(const json& value) {
  return {.path = get_raw_path(value, "path"),
          .is_new = value.at("is_new").get<bool>(),
          .give = value.at("give").get<bool>(),
          .inode = value.at("inode").get<std::uint64_t>(),
          .mode = value.at("mode").get<std::uint32_t>(),
          .mtime = get_time(value.at("mtime"))};
}

json to_json(const JournalProfile& profile) {
  json value = {{"profile", profile.profile.name},
                {"exclude", profile.profile.exclude},
                {"switch_last", profile.profile.switch_last},
                {"before", profile.before ? json(profile.before->hex()) : json()},
                {"target", profile.target.hex()},
                {"target_ref", profile.target_ref},
                {"live", json::array()},
                {"roots", json::array()},
                {"directories", json::array()}};
  if (!profile.untold_ref.empty()) value["untold_ref"] = profile.untold_ref;
  for (const ProfileRoot& root : profile.profile.roots) {
    json item = {{"include", root.include}};
    set_raw_path(item, "mount", root.mount);
    set_raw_path(item, "path", root.path);
    value["roots"].push_back(std::move(item));
  }
  for (const JournalRoot& root : profile.roots) {
    json item = {{"is_file", root.is_file}};
    set_raw_path(item, "mount", root.mount);
    set_raw_path(item, "path", root.path);
    value["live"].push_back(std::move(item));
  }
  for (const JournalDirectory& directory : profile.directories) {
    value["directories"].push_back(to_json(directory));
  }
  return value;
}

ObjectId get_id(const json& value) {
  const auto id = ObjectId::from_hex(value.get_ref<const std::string&>());
  if (!id) throw std::invalid_argument("not an object id");
  return *id;
}

JournalProfile get_profile(const json& value) {
  JournalProfile profile;
  profile.profile.name = value.at("profile").get<std::string>();
  profile.profile.exclude = value.at("exclude").get<std::vector<std::string>>();
  profile.profile.switch_last = value.at("switch_last").get<std::vector<std::string>>();
  if (!value.at("before").is_null()) profile.before = get_id(value.at("before"));
  profile.untold_ref = value.value("untold_ref", std::string());
  profile.target = get_id(value.at("target"));
  profile.target_ref = value.at("target_ref").get<std::string>();
  for (const json& root : value.at("roots")) {
    profile.profile.roots.push_back({get_raw_path(root, "path"), get_raw_path(root, "mount"),
                                     root.at("include").get<std::vector<std::string>>(), false});
  }
  for (const json& root : value.at("live")) {
    profile.roots.push_back(
        {get_raw_path(root, "mount"), get_raw_path(root, "path"), root.at("is_file").get<bool>()});
  }
  for (const json& directory : value.at("directories")) {
    profile.directories.push_back(get_directory(directory));
  }
  return profile;
}

json to_json(const JournalStage& stage) {
  json value = {{"inode", stage.inode}, {"inside", stage.inside}, {"mtime", to_json(stage.mtime)}};
  set_raw_path(value, "path", stage.path);
  return value;
}

JournalStage get_stage(const json& value) {
  return {.path = get_raw_path(value, "path"),
          .inode = value.at("inode").get<std::uint64_t>(),
          .inside = value.at("inside").get<bool>(),
          .mtime = get_time(value.at("mtime"))};
}

json to_json(const JournalIssue& issue) {
  json value = {{"reason", issue.reason}};
  set_raw_path(value, "path", issue.path);
  return value;
}

std::string directory_of(const Store::Parts& parts) { return parts.own("journal"); }

std::string path_of(const Store::Parts& parts, const std::string& operation) {
  return directory_of(parts) + "/" + operation;
}

Error bad_journal(const std::string& name, const std::string& reason) {
  return Error(Errc::Corrupt, fmt::format("cannot read the journal {}", quoted(name)), reason,
               "the safety snapshot of that operation holds what was live: see `stravinsky list`");
}

}  // namespace

bool is_operation_id(std::string_view name) {
  return name.size() == 19 && name.starts_with("op_") &&
         name.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
}

std::string new_operation_id() { return fmt::format("op_{:016x}", random_number()); }

std::string encode_journal(const FileJournal& journal) {
  json value = {{"format", 1},
                {"operation", journal.operation},
                {"event_type", journal.event_type},
                {"undoes", journal.undoes},
                {"state", kStates.at(static_cast<std::size_t>(journal.state))},
                {"sequence", journal.sequence},
                {"started", journal.started.time_since_epoch().count()},
                {"profiles", json::array()},
                {"stages", json::array()},
                {"entries", json::array()},
                {"issues", json::array()}};
  for (const JournalProfile& profile : journal.profiles) {
    value["profiles"].push_back(to_json(profile));
  }
  for (const JournalStage& stage : journal.stages) value["stages"].push_back(to_json(stage));
  for (const JournalEntry& entry : journal.entries) value["entries"].push_back(to_json(entry));
  for (const JournalIssue& issue : journal.issues) value["issues"].push_back(to_json(issue));
  std::string text(kMagic);
  text += value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return text + sha256(text).hex() + "\n";
}

FileJournal parse_journal(std::string_view text, const std::string& name) {
  constexpr std::size_t kDigest = 2 * Sha256::kSize + 1;
  const bool has_first_line = text.find('\n') != std::string_view::npos;
  if (has_first_line && text.starts_with("stravinsky journal ") && !text.starts_with(kMagic)) {
    throw Error(Errc::Invalid, fmt::format("cannot read the journal {}", quoted(name)),
                "it has a newer format", "install a newer stravinsky");
  }
  if (!text.starts_with(kMagic) || text.size() < kMagic.size() + kDigest) {
    throw bad_journal(name, "it is cut short");
  }
  const std::string_view covered = text.substr(0, text.size() - kDigest);
  if (text.substr(covered.size()) != sha256(covered).hex() + "\n") {
    throw bad_journal(name, "its digest does not match");
  }
  try {
    const json value = json::parse(covered.substr(kMagic.size()));
    FileJournal journal;
    journal.operation = value.at("operation").get<std::string>();
    if (journal.operation != name) throw std::invalid_argument("it is another operation's");
    journal.event_type = value.at("event_type").get<std::string>();
    journal.undoes = value.at("undoes").get<std::uint64_t>();
    const auto state =
        std::find(kStates.begin(), kStates.end(), value.at("state").get<std::string>());
    if (state == kStates.end()) throw std::invalid_argument("unknown state");
    journal.state = static_cast<FileJournal::State>(state - kStates.begin());
    journal.sequence = value.at("sequence").get<std::uint64_t>();
    journal.started = Timestamp(std::chrono::nanoseconds(value.at("started").get<std::int64_t>()));
    for (const json& profile : value.at("profiles")) {
      journal.profiles.push_back(get_profile(profile));
    }
    for (const json& stage : value.at("stages")) journal.stages.push_back(get_stage(stage));
    for (const json& entry : value.at("entries")) {
      journal.entries.push_back(get_entry(entry));
      const JournalEntry& last = journal.entries.back();
      if (last.profile >= journal.profiles.size() || last.stage >= journal.stages.size()) {
        throw std::invalid_argument("an entry of no profile or stage");
      }
    }
    for (const json& issue : value.value("issues", json::array())) {
      journal.issues.push_back(
          {get_raw_path(issue, "path"), issue.at("reason").get<std::string>()});
    }
    return journal;
  } catch (const json::exception& error) {
    throw bad_journal(name, error.what());
  } catch (const std::invalid_argument& error) {
    throw bad_journal(name, error.what());
  }
}

void write_journal(const Store::Parts& parts, const FileJournal& journal) {
  // Temporary files are made under this lock, so that whoever holds it may remove what is left.
  const fs::Lock lock(parts.own("lock.refs"), fs::Lock::Mode::Exclusive, parts.options.lock_wait);
  const std::string directory = directory_of(parts);
  if (fs::make_directory(directory)) fs::sync_directory(fs::parent_of(directory));
  fs::write_durably(path_of(parts, journal.operation),
                    temporary_under_lock(parts.tmp_dir(), "journal"),
                    as_bytes(encode_journal(journal)));
}

void remove_journal(const Store::Parts& parts, const std::string& operation) {
  fs::remove_file(path_of(parts, operation));
}

std::vector<std::string> list_journals(const Store::Parts& parts) {
  std::vector<std::string> operations;
  if (parts.is_clone || !fs::exists(directory_of(parts))) return operations;
  for (const fs::DirectoryEntry& entry : fs::list_directory(directory_of(parts))) {
    if (is_operation_id(entry.name)) operations.push_back(entry.name);
  }
  std::sort(operations.begin(), operations.end());
  return operations;
}

std::optional<FileJournal> find_journal(const Store::Parts& parts, const std::string& operation) {
  const auto text = fs::find_file(path_of(parts, operation), kLargest);
  if (!text) return std::nullopt;
  return parse_journal(*text, operation);
}

std::vector<fs::Lock> lock_profiles(const Store::Parts& parts, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::vector<fs::Lock> locks;
  for (const std::string& name : names) {
    locks.emplace_back(parts.own("lock.profile." + name), fs::Lock::Mode::Exclusive,
                       parts.options.lock_wait);
  }
  return locks;
}

std::optional<std::vector<fs::Lock>> try_lock_profiles(const Store::Parts& parts,
                                                       std::vector<std::string> names,
                                                       std::chrono::milliseconds wait) {
  std::sort(names.begin(), names.end());
  std::vector<fs::Lock> locks;
  try {
    for (const std::string& name : names) {
      locks.emplace_back(parts.own("lock.profile." + name), fs::Lock::Mode::Exclusive, wait);
    }
  } catch (const Error& error) {
    if (error.code() != Errc::Locked) throw;
    return std::nullopt;
  }
  return locks;
}

}  // namespace stravinsky
