// One snapshot of one or several profiles: scan into an unfinished pack, then one publication.
// Crash points are those of transaction/publish.cpp; before them there is only an unfinished pack,
// after them at most an old stat cache or latest.json, which the next snapshot replaces.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "snapshots/backup_settings.hpp"
#include "snapshots/capture.hpp"
#include "snapshots/catalog.hpp"
#include "snapshots/facts.hpp"
#include "snapshots/names.hpp"
#include "snapshots/snapshot_sink.hpp"
#include "snapshots/write_snapshot.hpp"
#include "stravinsky/error.hpp"
#include "transaction/file_journal.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {
namespace {

/// Above this much it pays to make the pack durable before others are kept from publishing.
constexpr std::uint64_t kSyncEarly = 8u << 20;

void check_words(const CreateOptions& options) {
  if (!is_profile_name(options.profile.name)) {
    throw Error(Errc::Invalid,
                fmt::format("cannot use {} as a profile", quoted(options.profile.name)),
                "it is not a profile name", "use lower-case letters, digits, '.', '_' and '-'");
  }
  require_words(options);
}

/// Whether what an operation touched is as it should have become, and so all is. The capture is
/// complete then, but for its counts.
bool is_at_target(Capture& taken, Store& store, ObjectWriter& writer, Progress& progress) {
  if (taken.side == nullptr || !taken.side->touched) return false;
  StoringSink sink(writer, store.parts().config().store.threads);
  capture_into(taken, store, sink, progress, &*taken.side->touched);
  return taken.scan.top.digest == taken.side->target.content;
}

/// Reads one profile into the writer's pack, and decides whether it needs a snapshot.
void store_capture(Capture& taken, Store& store, ObjectWriter& writer, Progress& progress) {
  taken.is_target = taken.skipped = is_at_target(taken, store, writer, progress);
  if (taken.is_target) return;
  StoringSink sink(writer, store.parts().config().store.threads);
  capture_into(taken, store, sink, progress);
  taken.top_entries = sink.take_top_entries();
  for (const Sha256& digest : sink.collisions()) {
    taken.scan.warnings.push_back(
        fmt::format("the content with SHA-256 {} has the SHA-1 of other content: somebody made "
                    "the two collide; it is stored in pieces",
                    digest.hex()));
  }
  taken.is_target = taken.side != nullptr && taken.side->target.content == taken.scan.top.digest;
  taken.skipped = taken.is_target || (taken.unchanged && taken.options->skip_if_unchanged);
}

void keep_untold(Store::Parts& parts, ObjectWriter& writer, const std::vector<Capture*>& kept,
                 const Error& why) {
  writer.publish();
  for (Capture* taken : kept) {
    taken->is_untold = true;
    const std::string name = fmt::format("{}/{}", taken->made.profile, taken->made.name);
    parts.remark(fmt::format(
        "the snapshot {} is kept as commit {}, of which the audit chain does not tell yet: {}",
        quoted(name), taken->made.commit.hex(), why.what()));
  }
}

/// Publishes the snapshots of `kept`, and of an occasion its event in any case.
void publish_captures(Store::Parts& parts, ObjectWriter& writer, std::vector<Capture>& captures,
                      const std::vector<Capture*>& kept, const Occasion* occasion,
                      Timestamp started, Untold untold) {
  Publication publication(parts, writer);
  const std::string name = kept.empty() ? "" : choose_name(kept, parts, publication, started);
  std::vector<RefMove> moves;
  for (Capture* taken : kept) {
    for (RefMove& move : write_snapshot(*taken, name, parts, writer, publication, started)) {
      moves.push_back(std::move(move));
    }
  }
  for (const Capture& taken : captures) {
    if (!taken.is_target) continue;
    moves.push_back(
        publication.move_to(current_ref(taken.options->profile.name), taken.side->target.commit));
  }
  try {
    publication.publish(
        occasion != nullptr ? occasion_event(captures, *occasion) : snapshot_event(kept, name),
        std::move(moves), started);
  } catch (const Error& error) {
    if (untold == Untold::Refused) throw;
    keep_untold(parts, writer, kept, error);
    return verify_written(writer, parts.config());
  }
  std::vector<std::string> profiles;
  for (const Capture* taken : kept) profiles.push_back(taken->options->profile.name);
  try {
    remember_snapshots(parts, publication.refs(), profiles);
  } catch (const Error& error) {
    parts.remark(error.what());  // it was only a cache
  }
  verify_written(writer, parts.config());
}

/// @returns what was added to the store; nothing when no snapshot was needed
ObjectWriter::Totals store_captures(Store& store, std::vector<Capture>& captures,
                                    const Occasion* occasion, Progress& progress, Timestamp started,
                                    Untold untold) {
  Store::Parts& parts = store.parts();
  const fs::Lock objects(parts.own("lock.objects"), fs::Lock::Mode::Shared,
                         parts.options.lock_wait);
  ObjectWriter writer(*parts.database, parts.tmp_dir(), compression_of(parts.config()));
  std::vector<Capture*> kept;
  for (Capture& taken : captures) {
    store_capture(taken, store, writer, progress);
    if (!taken.skipped) kept.push_back(&taken);
  }
  if (kept.empty() && occasion == nullptr) return {};
  for (Capture* taken : kept) taken->facts = facts_of(*taken, store, progress);
  if (progress.cancelled()) throw Error(Errc::Cancelled, "cannot finish", "it was interrupted");
  if (writer.totals().bytes > kSyncEarly) writer.sync();
  publish_captures(parts, writer, captures, kept, occasion, started, untold);
  return kept.empty() ? ObjectWriter::Totals() : writer.totals();
}

void save_projections(Store::Parts& parts, const Capture& taken) {
  if (taken.is_untold) return;  // they are of what is current
  try {
    write_projections(parts, taken);
  } catch (const Error& error) {
    parts.remark(fmt::format("{}; the next snapshot writes it again", error.what()));
  }
}

}  // namespace

void require_words(const CreateOptions& options) {
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
                                                  Progress& progress, Untold untold) {
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
  ObjectWriter::Totals added;
  if (dry_run) {
    for (Capture& taken : captures) {
      RememberingSink sink;
      capture_into(taken, store, sink, progress);
    }
  } else {
    added = store_captures(store, captures, occasion, progress, started, untold);
    for (const Capture& taken : captures) save_projections(parts, taken);
    if (caches != nullptr) {
      for (Capture& taken : captures) caches->push_back(std::move(taken.cache));
    }
    std::vector<std::string>& warnings = captures.front().scan.warnings;
    warnings.insert(warnings.end(), parts.remarks.begin(), parts.remarks.end());
    parts.remarks.clear();
  }
  std::vector<CreateReport> reports;
  for (Capture& taken : captures) reports.push_back(report_of(taken));
  reports.front().bytes_added = added.bytes;
  reports.front().objects_added = added.objects;
  for (CreateReport& report : reports) report.duration = parts.now() - started;
  return reports;
}

CreateReport create_snapshot(Store& store, const CreateOptions& options, Progress& progress) {
  return std::move(create_snapshots(store, {options}, progress).front());
}

}  // namespace stravinsky
