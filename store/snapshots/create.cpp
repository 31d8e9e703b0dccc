// One snapshot of one or several profiles: scan into an unfinished pack, then one publication.
// Crash points are those of transaction/publish.cpp; before them there is only an unfinished pack,
// after them at most an old stat cache or latest.json, which the next snapshot replaces.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/hash.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/rename.hpp"
#include "index/stat_cache.hpp"
#include "objects/tree_object.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/manifest.hpp"
#include "snapshots/names.hpp"
#include "snapshots/occasion.hpp"
#include "snapshots/scan_profile.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "snapshots/snapshot_sink.hpp"
#include "snapshots/stream_content.hpp"
#include "stravinsky/error.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {
namespace {

/// Above this much it pays to make the pack durable before others are kept from publishing.
constexpr std::uint64_t kSyncEarly = 8u << 20;

Compression compression_of(const Config& config) {
  if (config.backup.compression == "none") return Compression::None;
  return config.backup.compression == "best" ? Compression::Best : Compression::Fast;
}

/// One profile on its way.
struct Capture {
  const CreateOptions* options = nullptr;
  ScanResult scan;
  std::optional<Directory> top;  ///< empty: unchanged, so its tree is stored already
  StatCache cache;
  std::optional<Snapshot> current;
  bool unchanged = false;
  bool skipped = false;
  const Occasion::Side* side = nullptr;  ///< of the occasion, if there is one
  bool is_target = false;                ///< the live tree equals the side's target
  Snapshot made;
};

void check_words(const CreateOptions& options) {
  if (!is_profile_name(options.profile.name)) {
    throw Error(Errc::Invalid,
                fmt::format("cannot use {} as a profile", quoted(options.profile.name)),
                "it is not a profile name", "use lower-case letters, digits, '.', '_' and '-'");
  }
  if (!options.name.empty()) require_name(options.name);
  require_text(options.description, "description");
  require_one_line(options.category, "category");
  require_one_line(options.version_label, "version");
  if (const auto fault = fault_of_version(options.version_label)) {
    throw Error(Errc::Invalid,
                fmt::format("cannot use {} as a version", quoted(options.version_label)), *fault,
                "choose another word");
  }
  for (const auto& [key, value] : options.tags) {
    require_one_line(key, "tag");
    require_one_line(value, "tag");
    if (key.empty() || key.find('=') != std::string::npos) {
      throw Error(Errc::Invalid, fmt::format("cannot use {} as a tag", quoted(key)),
                  "a tag is KEY or KEY=VALUE");
    }
  }
}

/// Reads the live roots, or the stream, into `sink`.
void capture(Capture& taken, Store::Parts& parts, ScanSink& sink, Progress& progress) {
  const CreateOptions& options = *taken.options;
  if (options.stream) {
    taken.scan = store_stream(*options.stream, sink, parts.now(),
                              parts.config().store.chunk_threshold_mb << 20, progress);
    return;
  }
  const auto current = parts.find_ref(current_ref(options.profile.name));
  if (current) {
    taken.cache = StatCache::load(stat_cache_path(parts, options.profile.name), *current);
  }
  taken.scan = scan(scan_options(parts, options.profile, options.exclude, options.never),
                    taken.cache, sink, progress);
}

/// The tree of the live entries alone, in the writer's pack or in the store.
std::vector<TreeEntry> top_entries(const Capture& taken, const ObjectDatabase& database) {
  if (taken.top) return content_entries(*taken.top, Position::Top);
  const ObjectId& tree = taken.scan.top.tree;
  if (tree == kEmptyTree) return {};
  return parse_tree(database.read(tree, ObjectType::Tree).bytes, tree);
}

std::string version_of(const Capture& taken, const std::string& name) {
  if (!taken.options->version_label.empty()) return taken.options->version_label;
  // A snapshot without a version of its own is of the version that it grew out of; one that was
  // only named after itself, under this name or an earlier one, leaves no version behind.
  if (taken.current) {
    const Snapshot& from = *taken.current;
    const auto& names = from.renamed_from;
    const bool own = from.version == from.name ||
                     std::find(names.begin(), names.end(), from.version) != names.end();
    if (!own) return from.version;
  }
  return name;
}

/// The name all profiles share: the given one, or the time's first that is free in all of them.
std::string choose_name(const std::vector<Capture*>& captures, const Store::Parts& parts,
                        const Publication& publication, Timestamp started) {
  std::vector<UsedNames> used;
  for (const Capture* taken : captures) {
    const std::string& profile = taken->options->profile.name;
    const Notes notes = read_notes(*parts.database, publication.find(notes_ref(profile)));
    used.emplace_back(publication.refs(), profile, notes);
  }
  const std::string& wanted = captures.front()->options->name;
  if (wanted.empty()) return free_name(started, used);
  if (std::any_of(used.begin(), used.end(),
                  [&](const UsedNames& names) { return names.contains(wanted); })) {
    throw Error(Errc::Exists, fmt::format("cannot name the snapshot {}", quoted(wanted)),
                "the name is or was another snapshot's", "choose another name");
  }
  return wanted;
}

std::vector<std::string> profiles_of(const std::vector<Capture*>& captures) {
  std::vector<std::string> profiles;
  for (const Capture* taken : captures) profiles.push_back(taken->options->profile.name);
  return profiles;
}

/// Adds the snapshot's objects and returns the refs that it moves.
std::vector<RefMove> add_snapshot(Capture& taken, const std::string& name, Store::Parts& parts,
                                  ObjectWriter& writer, const Publication& publication,
                                  Timestamp started) {
  const CreateOptions& options = *taken.options;
  const std::string& profile = options.profile.name;
  Snapshot& made = taken.made;
  made.profile = profile;
  made.name = name;
  made.version = version_of(taken, name);
  made.snapshot_class = options.snapshot_class;
  made.time = std::chrono::floor<std::chrono::seconds>(started);
  made.description = options.description;
  made.category = options.category;
  made.tags = options.tags;
  made.pinned = options.pin;
  made.content = taken.scan.top.digest;
  made.entries = taken.scan.entries;
  made.bytes = taken.scan.bytes;
  made.losses = taken.scan.losses.size();
  made.tool = fmt::format("stravinsky {}", library_version());
  if (taken.side != nullptr) {
    if (taken.side->before) made.derived_from = taken.side->before->commit;
    made.restores = taken.side->target.commit;
  }

  const std::string manifest =
      encode_manifest({options.profile, parts.options.user, parts.options.host, &taken.scan});
  made.manifest = sha256(manifest);
  std::vector<TreeEntry> reserved = {
      {GitMode::File, "snapshot.json", writer.put(ObjectType::Blob, manifest)},
      {GitMode::Tree, "meta", taken.scan.top.meta}};
  std::vector<TreeEntry> entries = top_entries(taken, *parts.database);
  const ObjectId story_tree = writer.put(ObjectType::Tree, encode_tree(entries));
  entries.push_back(
      {GitMode::Tree, std::string(kReserved), writer.put(ObjectType::Tree, encode_tree(reserved))});
  const ObjectId tree = writer.put(ObjectType::Tree, encode_tree(entries));

  made.commit = write_snapshot_commit(writer, made, tree, parts.options.user, *parts.key);
  const RefName ref = snapshot_ref(profile, name);
  made.ref = ref.str();
  const RefName story = story_ref(profile);
  const ObjectId told = write_story_commit(writer, made, story_tree, publication.find(story),
                                           parts.options.user, parts.key->principal());
  std::vector<RefMove> moves = {publication.move_to(ref, made.commit),
                                publication.move_to(story, told),
                                publication.move_to(current_ref(profile), made.commit)};
  if (options.pin) {
    const RefName notes = notes_ref(profile);
    const auto head = publication.find(notes);
    Notes content = read_notes(*parts.database, head);
    content[made.commit].pinned = true;
    moves.push_back(publication.move_to(
        notes, write_notes(writer, content, head, parts.options.user, parts.key->principal(),
                           started, fmt::format("PIN {}/{}", profile, name))));
  }
  return moves;
}

ProfileChange change_of(const Capture& taken, const std::optional<Snapshot>& before,
                        const Snapshot& after) {
  ProfileChange change;
  change.profile = taken.options->profile.name;
  change.version_before = before ? before->version : "";
  change.version_after = after.version;
  if (before) change.before = before->commit;
  change.after = after.commit;
  return change;
}

Event event_of(const std::vector<Capture*>& captures, const std::string& name) {
  Event event;
  event.event_type = "SNAPSHOT";
  for (const Capture* taken : captures) {
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", taken->made.profile, name);
    event.profiles.push_back(change_of(*taken, taken->current, taken->made));
  }
  return event;
}

/// The event of an occasion, which names what was brought back.
Event event_of(const std::vector<Capture>& captures, const Occasion& occasion) {
  Event event;
  event.event_type = occasion.event_type;
  event.extra = occasion.extra;
  for (const Capture& taken : captures) {
    const Snapshot& target = taken.side->target;
    if (!event.subject.empty()) event.subject += " ";
    event.subject += fmt::format("{}/{}", target.profile, target.name);
    event.profiles.push_back(
        change_of(taken, taken.side->before, taken.is_target ? target : taken.made));
  }
  return event;
}

/// What `current` is after the operation.
const ObjectId& now_current(const Capture& taken) {
  if (taken.is_target) return taken.side->target.commit;
  return taken.skipped ? taken.current->commit : taken.made.commit;
}

/// What may be lost: the stat cache, and the projection of the current version. The temporary names
/// are fixed, since the profile's lock is held: what a crash leaves is overwritten.
void write_projections(const Store::Parts& parts, const Capture& taken, const ObjectId& basis) {
  const std::string& profile = taken.options->profile.name;
  if (!taken.options->stream) {
    taken.cache.save(stat_cache_path(parts, profile), stat_cache_path(parts, profile) + ".tmp",
                     basis);
  }
  if (profile != parts.config().profile_default || (taken.skipped && !taken.is_target)) return;
  const Snapshot& current = taken.is_target ? taken.side->target : taken.made;
  nlohmann::json latest = {{"version", current.version}};
  fs::write_atomically(
      parts.options.path + "/latest.json", parts.tmp_dir() + "/latest.json.tmp",
      as_bytes(latest.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
}

void warn_of(Store::Parts& parts, const Error& error) {
  parts.remark(fmt::format("{}; the next snapshot writes it again", error.what()));
}

CreateReport report_of(Capture& taken) {
  CreateReport report;
  const ScanResult& scan = taken.scan;
  if (!taken.skipped && !taken.options->dry_run) report.snapshot = std::move(taken.made);
  report.current = taken.is_target ? taken.side->target : std::move(taken.current);
  report.unchanged = taken.unchanged;
  report.files_new = scan.files_new;
  report.files_changed = scan.files_changed;
  report.files_unmodified = scan.files_unmodified;
  report.directories = scan.directories;
  report.entries = scan.entries;
  report.bytes = scan.bytes;
  report.bytes_read = scan.bytes_read;
  report.losses = scan.losses;
  report.left_out = scan.left_out;
  report.warnings = scan.warnings;
  return report;
}

void compare_with_current(Capture& taken, const Store& store) {
  taken.current = find_current(store, taken.options->profile.name);
  taken.unchanged = taken.current && taken.current->content == taken.scan.top.digest;
}

}  // namespace

std::vector<CreateReport> create_snapshots(Store& store, const std::vector<CreateOptions>& options,
                                           Progress& progress) {
  if (options.front().dry_run) {
    return create_snapshots_locked(store, options, nullptr, nullptr, progress);
  }
  for (const CreateOptions& each : options) check_words(each);
  store.parts().require_writable();
  std::vector<std::string> profiles;
  for (const CreateOptions& each : options) profiles.push_back(each.profile.name);
  const std::vector<fs::Lock> locks = lock_profiles(store.parts(), std::move(profiles));
  return create_snapshots_locked(store, options, nullptr, nullptr, progress);
}

std::vector<CreateReport> create_snapshots_locked(Store& store,
                                                  const std::vector<CreateOptions>& options,
                                                  const Occasion* occasion,
                                                  std::vector<StatCache>* caches,
                                                  Progress& progress) {
  Store::Parts& parts = store.parts();
  const Timestamp started = parts.now();
  for (const CreateOptions& each : options) check_words(each);
  const bool dry_run = options.front().dry_run;
  if (!dry_run) parts.require_writable();

  std::vector<Capture> captures(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    captures[i].options = &options[i];
    if (occasion != nullptr) captures[i].side = &occasion->sides[i];
  }
  if (dry_run) {
    for (Capture& taken : captures) {
      RememberingSink sink;
      capture(taken, parts, sink, progress);
      compare_with_current(taken, store);
    }
  } else {
    const fs::Lock objects(parts.own("lock.objects"), fs::Lock::Mode::Shared,
                           parts.options.lock_wait);
    ObjectWriter writer(*parts.database, parts.tmp_dir(), compression_of(parts.config()));
    std::vector<Capture*> kept;
    for (Capture& taken : captures) {
      StoringSink sink(writer, parts.config().store.threads);
      capture(taken, parts, sink, progress);
      taken.top = sink.top();
      for (const Sha256& digest : sink.collisions()) {
        taken.scan.warnings.push_back(
            fmt::format("the content with SHA-256 {} has the SHA-1 of other content: somebody made "
                        "the two collide; "
                        "it is stored in pieces",
                        digest.hex()));
      }
      compare_with_current(taken, store);
      taken.is_target =
          taken.side != nullptr && taken.side->target.content == taken.scan.top.digest;
      taken.skipped = taken.is_target || (taken.unchanged && taken.options->skip_if_unchanged);
      if (!taken.skipped) kept.push_back(&taken);
    }
    if (!kept.empty() || occasion != nullptr) {
      if (progress.cancelled()) throw Error(Errc::Cancelled, "cannot finish", "it was interrupted");
      if (writer.totals().bytes > kSyncEarly) writer.sync();
      Publication publication(parts, writer);
      const std::string name = kept.empty() ? "" : choose_name(kept, parts, publication, started);
      std::vector<RefMove> moves;
      for (Capture* taken : kept) {
        for (RefMove& move : add_snapshot(*taken, name, parts, writer, publication, started)) {
          moves.push_back(std::move(move));
        }
      }
      for (const Capture& taken : captures) {
        if (!taken.is_target) continue;
        moves.push_back(publication.move_to(current_ref(taken.options->profile.name),
                                            taken.side->target.commit));
      }
      publication.publish(
          occasion != nullptr ? event_of(captures, *occasion) : event_of(kept, name),
          std::move(moves), started);
      try {
        remember_snapshots(parts, publication.refs(), profiles_of(kept));
      } catch (const Error& error) {
        parts.remark(error.what());  // it was only a cache
      }
      const Config::Backup& backup = parts.config().backup;
      if (backup.verify_on_creation) {
        writer.read_back(static_cast<unsigned>(backup.spot_check_percentage), random_number());
      }
    }
    for (Capture& taken : captures) {
      try {
        if (!taken.skipped || taken.is_target || taken.cache.changed()) {
          write_projections(parts, taken, now_current(taken));
        }
      } catch (const Error& error) {
        warn_of(parts, error);
      }
    }
    if (caches != nullptr) {
      for (Capture& taken : captures) caches->push_back(std::move(taken.cache));
    }
    captures.front().scan.warnings.insert(captures.front().scan.warnings.end(),
                                          parts.remarks.begin(), parts.remarks.end());
    parts.remarks.clear();
    std::vector<CreateReport> reports;
    for (Capture& taken : captures) reports.push_back(report_of(taken));
    reports.front().bytes_added = kept.empty() ? 0 : writer.totals().bytes;
    reports.front().objects_added = kept.empty() ? 0 : writer.totals().objects;
    for (CreateReport& report : reports) report.duration = parts.now() - started;
    return reports;
  }
  std::vector<CreateReport> reports;
  for (Capture& taken : captures) {
    reports.push_back(report_of(taken));
    reports.back().duration = parts.now() - started;
  }
  return reports;
}

CreateReport create_snapshot(Store& store, const CreateOptions& options, Progress& progress) {
  return std::move(create_snapshots(store, {options}, progress).front());
}

}  // namespace stravinsky
