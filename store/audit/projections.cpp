// Order: the log, the index, the seal. After a crash the seal is older than the files: their
// content is found to be another one, and they are made anew. An index that cannot be written to,
// since somebody locks it, is sealed as far as it came: it is added to the next time.
#include "audit/projections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "audit/event_index.hpp"
#include "audit/event_log.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

constexpr std::size_t kBlock = 4096;  ///< events in memory at a time

/// What tells that a file was touched: nobody sets the time of its last change of status.
std::string status_of(const std::string& path) {
  const auto status = fs::find_stat(path);
  if (!status) return "none";
  return fmt::format("{} {} {}.{:09} {}.{:09}", status->st_ino, status->st_size,
                     status->st_mtim.tv_sec, status->st_mtim.tv_nsec, status->st_ctim.tv_sec,
                     status->st_ctim.tv_nsec);
}

/// Of the index: somebody's last changes may stand in its WAL file alone.
std::string status_of_index(const std::string& path) {
  return fmt::format("{}, {}", status_of(path), status_of(path + "-wal"));
}

struct SealedFile {
  std::string status;
  Sha256 digest;
};

/// How the projections were left.
struct Seal {
  std::uint64_t sequence = 0;        ///< of the newest event in the log
  ObjectId head;                     ///< that event
  std::uint64_t index_sequence = 0;  ///< of the newest event in the index; never a newer one
  std::uint64_t log_first = 1;       ///< the first event of the log; earlier ones are archived
  std::string log_begun;             ///< that event's time
  SealedFile log, index;
};

json to_json(const SealedFile& file) {
  return {{"status", file.status}, {"digest", file.digest.hex()}};
}

SealedFile sealed_file(const json& value) {
  return {value.at("status").get<std::string>(),
          Sha256::from_hex(value.at("digest").get<std::string>()).value_or(Sha256())};
}

std::optional<Seal> read_seal(const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto text = fs::find_file(path, 64 << 10);
  if (!text) return std::nullopt;
  try {
    const json value = parse_stored_json(*text, path);
    if (value.at("format") != 1) return std::nullopt;
    Seal seal;
    seal.sequence = value.at("sequence").get<std::uint64_t>();
    seal.index_sequence = std::min(value.value("index_sequence", seal.sequence), seal.sequence);
    seal.head = ObjectId::from_hex(value.at("head").get<std::string>()).value_or(ObjectId());
    seal.log_first = value.at("log_first").get<std::uint64_t>();
    seal.log_begun = value.at("log_begun").get<std::string>();
    seal.log = sealed_file(value.at("log"));
    seal.index = sealed_file(value.at("index"));
    return seal;
  } catch (const Error&) {
    return std::nullopt;  // damaged: as if there were none
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

void write_seal(const std::string& path, const Seal& seal) {
  if (path.empty()) return;
  const json value = {{"format", 1},
                      {"sequence", seal.sequence},
                      {"index_sequence", seal.index_sequence},
                      {"head", seal.head.hex()},
                      {"log_first", seal.log_first},
                      {"log_begun", seal.log_begun},
                      {"log", to_json(seal.log)},
                      {"index", to_json(seal.index)}};
  fs::write_atomically(path, path + ".tmp", as_bytes(value.dump() + "\n"));
}

void remove_index(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove_file(path + suffix);
}

class Update {
 public:
  Update(const ObjectDatabase& database, const ObjectId& head, const ProjectionPlaces& places)
      : database_(database),
        head_(head),
        places_(places),
        log_(places.directory + "/operations.log"),
        index_(places.directory + "/audit.db") {}

  std::vector<std::string> run(Timestamp now) {
    const auto seal = read_seal(places_.seal);
    const std::uint64_t newest = read_link(database_, head_).event.sequence;
    // A seal of another chain, or of a part that was cut off since, says nothing.
    const bool fits = seal && seal->sequence <= newest && seal->sequence > 0 &&
                      find_sequence(database_, head_, seal->sequence) == seal->head;
    if (seal) next_ = *seal;
    const bool keep_log =
        fits && is_as_left(
                    seal->log, next_.log, "operations.log", [&] { return status_of(log_); },
                    [&] { return digest_of_log(log_); });
    const bool keep_index =
        fits && is_as_left(
                    seal->index, next_.index, "audit.db", [&] { return status_of_index(index_); },
                    [&] { return EventIndex(index_).digest(); });
    const bool is_complete = fits && seal->sequence == newest && seal->index_sequence == newest;
    if (keep_log && keep_index && is_complete && !is_due(now)) {
      if (is_touched_) write_seal(places_.seal, next_);
      return std::move(remarks_);
    }
    if (!seal) next_.log_first = 1;
    if (next_.log_first > newest + 1) next_.log_first = 1;
    if (!keep_index) remove_index(index_);
    if (!keep_log) next_.log.digest = Sha256();
    if (!keep_index) next_.index.digest = Sha256();
    write_log(keep_log ? seal->sequence : next_.log_first - 1, keep_log);
    next_.sequence = newest;
    next_.head = head_;
    if (!keep_index) next_.index_sequence = 0;
    try {
      write_index();
    } catch (const Error&) {
      next_.log.status = status_of(log_);
      write_seal(places_.seal, next_);
      throw;
    }
    rotate(now);
    next_.log.status = status_of(log_);
    next_.index.status = status_of_index(index_);
    write_seal(places_.seal, next_);
    return std::move(remarks_);
  }

 private:
  template <typename Status, typename Digest>
  bool is_as_left(const SealedFile& sealed, SealedFile& next, const char* name, Status status_now,
                  Digest digest) {
    const std::string status = status_now();
    if (status == sealed.status) return true;
    const bool is_missing = status.starts_with("none");
    try {
      if (!is_missing && digest() == sealed.digest) {
        is_touched_ = true;  // a reader of SQLite touches the file, too
        next.status = status_now();
        return true;
      }
    } catch (const Error&) {
      // No database any more: made anew as well.
    }
    remarks_.push_back(fmt::format("audit/{} {}, and was made anew from the audit chain", name,
                                   is_missing ? "was missing" : "was not as it was left"));
    return false;
  }

  bool is_due(Timestamp now) const {
    const auto begun = parse_time(next_.log_begun.substr(0, 19), now);
    const auto status = fs::find_stat(log_);
    return (begun && begun->first + places_.rotation_age <= now) ||
           (status && static_cast<std::uint64_t>(status->st_size) >= places_.rotation_bytes);
  }

  /// Shows the events after a number, oldest first, in blocks: a chain may be longer than memory
  /// is large.
  template <typename Take>
  void read_after(std::uint64_t after, Take take) {
    std::vector<ObjectId> ids;
    ChainWalk walk(database_, head_);
    while (const auto step = walk.next()) {
      const auto sequence = sequence_in(step->message);
      if (sequence && *sequence <= after) break;
      ids.push_back(step->id);
    }
    std::vector<ChainLink> block;
    for (auto id = ids.rbegin(); id != ids.rend();) {
      block.clear();
      for (; id != ids.rend() && block.size() < kBlock; ++id) {
        block.push_back(read_link(database_, *id));
      }
      take(std::span<const ChainLink>(block));
    }
  }

  void write_log(std::uint64_t after, bool keep) {
    bool is_new = !keep;
    read_after(after, [&](std::span<const ChainLink> block) {
      for (const ChainLink& link : block) {
        if (link.event.sequence == next_.log_first) next_.log_begun = rfc3339(link.event.time);
      }
      if (std::exchange(is_new, false)) {
        replace_log(log_, block, next_.log.digest);
      } else {
        append_log(log_, block, next_.log.digest);
      }
    });
    if (is_new) replace_log(log_, {}, next_.log.digest);
  }

  void write_index() {
    EventIndex index(index_);
    read_after(next_.index_sequence, [&](std::span<const ChainLink> block) {
      index.add(block, next_.index.digest);
      next_.index_sequence = block.back().event.sequence;
      next_.index.status = status_of_index(index_);
    });
    index.tidy();
  }

  void rotate(Timestamp now) {
    const auto begun = parse_time(next_.log_begun.substr(0, 19), now);
    if (!begun || !rotate_log(places_, begun->first, now)) return;
    next_.log_first = next_.sequence + 1;
    next_.log_begun = rfc3339(now);
    next_.log.digest = Sha256();
  }

  const ObjectDatabase& database_;
  ObjectId head_;
  const ProjectionPlaces& places_;
  std::string log_, index_;
  Seal next_;
  bool is_touched_ = false;
  std::vector<std::string> remarks_;
};

}  // namespace

std::vector<std::string> update_projections(const ObjectDatabase& database, const ObjectId& head,
                                            const ProjectionPlaces& places, Timestamp now) {
  fs::make_directories(places.directory);
  return Update(database, head, places).run(now);
}

}  // namespace stravinsky
