// The file follows the audit ref, never leads: it is written when the event is durable already. A
// crash in between leaves an older one, with which the newer chain agrees. It is not synced: what a
// power cut leaves of it may be damaged, which is said, and made anew.
#include "transaction/kept_checkpoint.hpp"

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kSuffix = ".json";

std::string file_for(const Store::Parts& parts) {
  const Sha256 digest = sha256(fs::real_path(parts.options.path));
  return fmt::format("{}/{}{}", parts.options.checkpoint_dir, digest.hex().substr(0, 16), kSuffix);
}

ObjectId id_in(const nlohmann::json& value, const char* key) {
  const auto id = ObjectId::from_hex(value.at(key).get_ref<const std::string&>());
  if (!id) throw std::invalid_argument(fmt::format("{} is no id", key));
  return *id;
}

std::optional<KeptCheckpoint> read_file(const std::string& file) {
  const auto text = fs::find_file(file, 64 << 10);
  if (!text) return std::nullopt;
  const std::string what = fmt::format("the checkpoint {}", quoted(file));
  const nlohmann::json value = parse_stored_json(*text, what);
  try {
    KeptCheckpoint kept;
    if (value.at("format") != 1) throw std::invalid_argument("its format is a newer one");
    kept.head = id_in(value, "head");
    kept.sequence = value.at("sequence").get<std::uint64_t>();
    if (value.contains("first")) kept.first = id_in(value, "first");
    kept.path = value.value("path", std::string());
    kept.file = file;
    return kept;
  } catch (const nlohmann::json::exception& error) {
    throw Error(Errc::Corrupt, "cannot read " + what, error.what());
  } catch (const std::invalid_argument& error) {
    throw Error(Errc::Corrupt, "cannot read " + what, error.what());
  }
}

/// Of a store that was moved: the same chain, kept for a path where there is none now. It may have
/// been moved before: the newest counts.
std::optional<KeptCheckpoint> find_moved(Store::Parts& parts) {
  const std::string& directory = parts.options.checkpoint_dir;
  if (!fs::exists(directory)) return std::nullopt;
  std::optional<ObjectId> first;
  std::optional<KeptCheckpoint> newest;
  for (const fs::DirectoryEntry& entry : fs::list_directory(directory)) {
    if (!entry.name.ends_with(kSuffix)) continue;
    try {
      auto kept = read_file(directory + "/" + entry.name);
      if (!kept || !kept->first || kept->path.empty() || fs::exists(kept->path)) continue;
      if (!first) first = find_first_event(*parts.database, parts.head().id);
      if (kept->first != first || (newest && newest->sequence >= kept->sequence)) continue;
      newest = std::move(kept);
    } catch (const Error&) {
      continue;  // another store's: it says so itself
    }
  }
  return newest;
}

void write_file(const Store::Parts& parts, const ObjectId& first, const ChainLink& head) {
  fs::make_directories(parts.options.checkpoint_dir);
  const nlohmann::json value = {{"format", 1},
                                {"first", first.hex()},
                                {"head", head.id.hex()},
                                {"path", fs::real_path(parts.options.path)},
                                {"sequence", head.event.sequence}};
  const std::string path = file_for(parts);
  fs::write_atomically(
      path, path + ".tmp",
      as_bytes(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
}

}  // namespace

std::optional<KeptCheckpoint> find_readable_checkpoint(Store::Parts& parts) {
  try {
    return find_kept_checkpoint(parts);
  } catch (const Error& error) {
    if (error.code() != Errc::Corrupt) throw;
    parts.remark(fmt::format("{}; it is made anew from the chain as it is", error.what()));
    return std::nullopt;
  }
}

std::string projections_seal(const Store::Parts& parts) {
  std::string path = file_for(parts);
  path.resize(path.size() - kSuffix.size());
  return path + ".projections";
}

std::optional<KeptCheckpoint> find_kept_checkpoint(Store::Parts& parts) {
  if (parts.options.checkpoint_dir.empty() || parts.is_clone) return std::nullopt;
  if (auto kept = read_file(file_for(parts))) return kept;
  return find_moved(parts);
}

std::string contradiction_of(const ObjectDatabase& database, const ChainLink& head,
                             const KeptCheckpoint& kept) {
  if (kept.sequence > head.event.sequence) {
    return fmt::format(
        "the chain ends at event {}, but event {} was seen: newer events were cut off, or an older "
        "copy of the store was put back",
        head.event.sequence, kept.sequence);
  }
  if (kept.sequence == head.event.sequence && kept.head == head.id) return {};
  if (kept.sequence + 1 == head.event.sequence && head.parent == kept.head) return {};
  try {
    const auto found = find_sequence(database, head.id, kept.sequence);
    if (found == kept.head) return {};
    return fmt::format("event {} is {}, but it was {} when it was seen: the chain was rewritten",
                       kept.sequence, found ? found->hex() : "missing", kept.head.hex());
  } catch (const Error& error) {
    return error.what();
  }
}

void keep_checkpoint(Store::Parts& parts, const ChainLink& head) {
  if (parts.options.checkpoint_dir.empty()) return;
  const auto kept = find_readable_checkpoint(parts);
  if (kept) {
    const std::string contradiction = contradiction_of(*parts.database, head, *kept);
    if (!contradiction.empty()) {
      parts.remark(
          fmt::format("{}; see `stravinsky audit verify`, and `stravinsky audit "
                      "checkpoint -f` if the chain is to count as it is",
                      contradiction));
      return;
    }
  }
  write_file(parts, kept && kept->first ? *kept->first : find_first_event(*parts.database, head.id),
             head);
}

void replace_kept_checkpoint(Store::Parts& parts, const ChainLink& head) {
  if (parts.options.checkpoint_dir.empty()) return;
  const std::string file = file_for(parts);
  if (fs::exists(file)) {
    std::string aside = fmt::format("{}.replaced-{}", file, head.event.sequence);
    for (int n = 2; fs::exists(aside); ++n) {
      aside = fmt::format("{}.replaced-{}-{}", file, head.event.sequence, n);
    }
    fs::rename(file, aside);
  }
  write_file(parts, find_first_event(*parts.database, head.id), head);
}

}  // namespace stravinsky
