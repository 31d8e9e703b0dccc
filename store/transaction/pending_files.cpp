// Line n may be the last one that runs; what is left then, and what the next writer makes of it:
//   1  a record that names files that are not there    it goes
//   2  the record, and new files beside the old ones   all of them go
//   3  the same, and the event is published            the files get their names
//   4  some have their names                           as 3
//   5  all have, the record is still there             it goes
// A file that is not what it was when the operation began is somebody's edit: it stays, and an
// event with status `failed` says that the one before it came to nothing.
#include "transaction/pending_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "refs/leftovers.hpp"
#include "stravinsky/error.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

constexpr const char* kOperation = "files_operation";
constexpr const char* kUnfinished = ".tmp";  ///< behind the name of a file that is being written
constexpr std::uint64_t kLargest = std::uint64_t{1} << 20;
constexpr std::uint64_t kLargestFile = std::uint64_t{16} << 20;

/// What a record says.
struct Record {
  struct File {
    std::string path;
    std::optional<Sha256> before;
  };
  std::string operation;
  std::uint64_t sequence = 0;  ///< of the newest event when it began
  std::vector<File> files;
};

std::string directory_of(const Store::Parts& parts) { return parts.own("pending"); }

std::string path_of(const Store::Parts& parts, const std::string& operation) {
  return directory_of(parts) + "/" + operation;
}

std::string pending_name(const std::string& path, const std::string& operation) {
  return fmt::format("{}.{}", path, operation);
}

std::optional<Sha256> digest_of_file(const std::string& path) {
  const auto content = fs::find_file(path, kLargestFile);
  if (!content) return std::nullopt;
  return sha256(*content);
}

json hex_or_null(const std::optional<Sha256>& digest) {
  return digest ? json(digest->hex()) : json();
}

/// Files of the store are named from its top, so that they are found when it has moved.
std::string name_in(const Store::Parts& parts, const std::string& path) {
  const std::string top = fs::real_path(parts.options.path) + "/";
  return path.starts_with(top) ? path.substr(top.size()) : path;
}

void write_record(const Store::Parts& parts, const Record& record) {
  json value = {{"format", 1},
                {"operation", record.operation},
                {"sequence", record.sequence},
                {"files", json::array()}};
  for (const Record::File& file : record.files) {
    json item = {{"before", hex_or_null(file.before)}};
    set_raw_path(item, "path", name_in(parts, file.path));
    value["files"].push_back(std::move(item));
  }
  // Temporary files are made under this lock, so that whoever holds it may remove what is left.
  const fs::Lock lock(parts.own("lock.refs"), fs::Lock::Mode::Exclusive, parts.options.lock_wait);
  const std::string directory = directory_of(parts);
  if (fs::make_directory(directory)) fs::sync_directory(fs::parent_of(directory));
  fs::write_durably(path_of(parts, record.operation),
                    temporary_under_lock(parts.tmp_dir(), "pending"),
                    as_bytes(value.dump() + "\n"));
}

Record read_record(const Store::Parts& parts, const std::string& operation) {
  const std::string what = fmt::format("pending/{}", operation);
  const json value = parse_stored_json(fs::read_file(path_of(parts, operation), kLargest), what);
  try {
    if (value.at("format") != 1) {
      throw Error(Errc::Invalid, fmt::format("cannot read {}", quoted(what)),
                  "it has a newer format", "install a newer stravinsky");
    }
    Record record{operation, value.at("sequence").get<std::uint64_t>(), {}};
    for (const json& item : value.at("files")) {
      Record::File& file = record.files.emplace_back();
      file.path = get_raw_path(item, "path");
      if (!file.path.starts_with('/')) {
        file.path = fs::real_path(parts.options.path) + "/" + file.path;
      }
      if (item.at("before").is_null()) continue;
      file.before = Sha256::from_hex(item.at("before").get<std::string>());
      if (!file.before) throw std::invalid_argument("not a digest");
    }
    return record;
  } catch (const json::exception& error) {
    throw Error(Errc::Corrupt, fmt::format("cannot read {}", quoted(what)), error.what(),
                "see what lies beside config.json, then remove the record");
  } catch (const std::invalid_argument& error) {
    throw Error(Errc::Corrupt, fmt::format("cannot read {}", quoted(what)), error.what(),
                "see what lies beside config.json, then remove the record");
  }
}

std::vector<std::string> list_records(const std::string& directory) {
  std::vector<std::string> names;
  if (!fs::exists(directory)) return names;
  for (const fs::DirectoryEntry& entry : fs::list_directory(directory)) {
    if (is_operation_id(entry.name)) names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The event that tells of an operation; empty: there is none yet.
std::optional<Event> find_event_of(Store::Parts& parts, const Record& record) {
  for (ChainLink& link : read_links_after(*parts.database, parts.head(), record.sequence)) {
    const auto told = link.event.extra.find(kOperation);
    if (told != link.event.extra.end() && *told == record.operation) return std::move(link.event);
  }
  return std::nullopt;
}

void remove_all(const Store::Parts& parts, const Record& record) {
  for (const Record::File& file : record.files) {
    const std::string pending = pending_name(file.path, record.operation);
    fs::remove_file(pending + kUnfinished);
    fs::remove_file(pending);
  }
  fs::remove_file(path_of(parts, record.operation));
}

/// What giving the files their names came to.
struct Named {
  std::size_t changed = 0;
  std::string edited;   ///< a file that is not what it was; empty: none
  std::string missing;  ///< a directory that is not there; empty: none
};

Named name_files(const Record& record) {
  Named named;
  for (const Record::File& file : record.files) {
    const std::string pending = pending_name(file.path, record.operation);
    if (!fs::exists(fs::parent_of(file.path))) {
      named.missing = fs::parent_of(file.path);  // on a disk that is not mounted, perhaps
      continue;
    }
    if (!fs::exists(pending)) continue;  // it has its name
    if (digest_of_file(file.path) != file.before) {
      named.edited = file.path;
      continue;
    }
    if (file.before) {
      fs::rename(pending, file.path);
    } else if (!fs::rename_to_free_name(pending, file.path)) {
      named.edited = file.path;
      continue;
    }
    fs::sync_directory(fs::parent_of(file.path));
    ++named.changed;
  }
  return named;
}

std::string edited_meanwhile(const Named& named, const Event& event) {
  return fmt::format("{} was edited before event {} could change it, and stays as it is",
                     quoted(named.edited), event.sequence);
}

void record_edit(Store::Parts& parts, const Record& record, const Named& named,
                 const Event& event) {
  Event failed;
  failed.event_type = event.event_type;
  failed.subject = event.extra.value("key", record.operation);
  failed.status = "failed";
  failed.extra = {{"error", edited_meanwhile(named, event)}, {"undone", event.sequence}};
  record_event(parts, std::move(failed), parts.now());
}

/// Under `lock.pending`. @returns whether a file was changed
bool settle(Store::Parts& parts, const Record& record) {
  const auto event = find_event_of(parts, record);
  if (!event) {
    remove_all(parts, record);
    return false;
  }
  const Named named = name_files(record);
  if (!named.missing.empty()) {
    parts.remark(fmt::format("event {} waits for {}, which is not there, to change a file in it",
                             event->sequence, quoted(named.missing)));
    return named.changed != 0;
  }
  if (named.edited.empty()) {
    remove_all(parts, record);
    if (named.changed == 0) return false;
    parts.remark(
        fmt::format("finished an interrupted change of {}", quoted(record.files.front().path)));
    return true;
  }
  parts.remark(edited_meanwhile(named, *event));
  if (parts.key) {
    record_edit(parts, record, named, *event);
    remove_all(parts, record);
  }
  return named.changed != 0;
}

}  // namespace

std::string followed(const std::string& path) {
  return fs::find_stat(path) ? fs::real_path(path) : path;
}

PendingFiles::PendingFiles(Store::Parts& parts) : parts_(parts) {
  settle_pending_files(parts);
  lock_ = fs::Lock(parts.own("lock.pending"), fs::Lock::Mode::Exclusive, parts.options.lock_wait);
}

PendingFiles::~PendingFiles() {
  if (operation_.empty()) return;
  try {
    settle(parts_, read_record(parts_, operation_));
  } catch (const std::exception&) {
    return;  // the next writer does it; what went wrong first is what is told
  }
}

json PendingFiles::prepare(std::span<const FileChange> changes) {
  Record record{new_operation_id(), parts_.head().event.sequence, {}};
  json told = json::array();
  for (const FileChange& change : changes) {
    record.files.push_back({change.path, change.before});
    json item = {{"file", change.path}};
    if (!change.is_secret) {
      item["before"] = hex_or_null(change.before);
      item["after"] = sha256(change.content).hex();
    }
    told.push_back(std::move(item));
  }
  operation_ = record.operation;
  write_record(parts_, record);  // 1
  for (const FileChange& change : changes) {
    const std::string pending = pending_name(change.path, operation_);
    fs::create_durably(pending, pending + kUnfinished, change.content, change.mode);  // 2
  }
  return {{kOperation, operation_}, {"files", std::move(told)}};
}

void PendingFiles::finish() {
  const Record record = read_record(parts_, std::exchange(operation_, {}));
  const std::string what = fmt::format("cannot change {}", quoted(record.files.front().path));
  Named named;
  try {
    named = name_files(record);  // 4
  } catch (const Error& error) {
    throw Error(error.code(), what, error.what(), "the next writing command tries again");
  }
  if (!named.missing.empty()) {
    throw Error(Errc::NotFound, what, fmt::format("{} is gone", quoted(named.missing)),
                "the next writing command tries again");
  }
  if (named.edited.empty()) return remove_all(parts_, record);  // 5
  settle(parts_, record);
  throw Error(Errc::Changed, what, "somebody edited it meanwhile, and it stays as it is",
              "run it again");
}

bool has_pending_files(const std::string& store_path) {
  return !list_records(store_path + "/store.git/stravinsky/pending").empty();
}

bool settle_pending_files(Store::Parts& parts) {
  const std::vector<std::string> names = list_records(directory_of(parts));
  if (names.empty()) return false;
  fs::Lock lock;
  // Whoever holds it is at work, or settles this itself.
  if (!fs::Lock::try_lock(parts.own("lock.pending"), fs::Lock::Mode::Exclusive, lock)) return false;
  bool changed = false;
  for (const std::string& name : names) {
    if (!fs::exists(path_of(parts, name))) continue;
    try {
      changed = settle(parts, read_record(parts, name)) || changed;
    } catch (const Error& error) {
      parts.remark(fmt::format("cannot end the change of a file: {}", error.what()));
    }
  }
  return changed;
}

}  // namespace stravinsky
