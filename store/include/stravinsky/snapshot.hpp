#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stravinsky/entry.hpp"
#include "stravinsky/object_id.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/ref_name.hpp"
#include "stravinsky/store.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

enum class SnapshotClass : std::uint8_t { Named, Safety, Routine };
std::string_view name_of(SnapshotClass snapshot_class) noexcept;  ///< `named`, `safety`, `routine`

/// A tag of a snapshot: `key` or `key=value`.
using Tag = std::pair<std::string, std::string>;

/// What is known about a snapshot without reading its tree.
struct Snapshot {
  std::string profile, name, version;
  ObjectId commit;
  SnapshotClass snapshot_class = SnapshotClass::Named;
  std::string ref;  ///< `refs/tags/<profile>/<escaped name>`
  Timestamp time;   ///< whole seconds
  std::string description, category;
  std::vector<Tag> tags;
  bool pinned = false, quarantined = false;
  std::vector<std::string> renamed_from;
  Sha256 content, manifest;
  std::uint64_t entries = 0, bytes = 0, losses = 0;
  std::optional<ObjectId> derived_from, restores;
  std::string tool;
};

/// Something that could not be captured.
struct Loss {
  enum class Kind : std::uint8_t {
    Unreadable,  ///< no permission
    Vanished,    ///< gone between listing and opening
    Changing,    ///< changed each time it was read
    Failed,      ///< the system reported another error
  };
  std::string path;  ///< from the top of the snapshot, raw bytes
  Kind kind = Kind::Failed;
  std::string reason;
};
std::string_view name_of(Loss::Kind kind) noexcept;

/// What a snapshot leaves out.
struct ExcludeOptions {
  std::vector<std::string> patterns;         ///< gitignore patterns, relative to each root
  bool caches = false;                       ///< directories with a valid CACHEDIR.TAG
  std::vector<std::string> if_present;       ///< directories that hold a file of such a name
  std::optional<std::uint64_t> larger_than;  ///< bytes; larger files are left out
  bool one_file_system = false;              ///< do not enter other filesystems
  bool gitignore = false;                    ///< obey .gitignore files too
};

/// A stream taken as the one file of a snapshot, instead of live roots.
struct StreamSource {
  std::string name;  ///< of the file
  int fd = -1;       ///< read to its end; not closed
  /// Called after the end of the stream; false: the snapshot is given up with Error Io.
  std::function<bool()> ended_well;
};

struct CreateOptions {
  Profile profile;  ///< with its roots; without any when `stream` is set
  std::string description, category, version_label;
  std::string name;  ///< empty: the time
  std::vector<Tag> tags;
  bool pin = false;
  SnapshotClass snapshot_class = SnapshotClass::Named;
  bool skip_if_unchanged = false;  ///< no commit when the content equals `current`
  bool dry_run = false;            ///< read and count, store nothing
  ExcludeOptions exclude;
  std::optional<StreamSource> stream;
  std::vector<std::string> never;  ///< existing paths that are never captured besides our own
};

/// Judges the words alone: name, description, category, version and tags. For whoever wants to know
/// before there is a store; `create_snapshot` asks it too. @throws Error Invalid
void require_words(const CreateOptions& options);

struct CreateReport {
  std::optional<Snapshot>
      snapshot;                     ///< empty: dry run, or skipped; then `current` says where it is
  std::optional<Snapshot> current;  ///< the snapshot before this one
  bool unchanged = false;           ///< the content equals that of `current`
  /// Files are all that is no directory, as when they are restored: links and devices too.
  std::uint64_t files_new = 0, files_changed = 0, files_unmodified = 0, directories = 0;
  std::uint64_t entries = 0, bytes = 0;
  std::uint64_t bytes_read = 0, bytes_added = 0, objects_added = 0;
  std::vector<Loss> losses;
  std::vector<std::string> left_out;  ///< live paths of our own that were not captured, and why
  std::vector<std::string> warnings;
  std::chrono::nanoseconds duration{0};
};

/// Captures the roots of a profile as one signed snapshot and publishes it.
/// @throws Error NotFound (no root exists), Invalid, Exists (the name was used), Locked, NoSpace,
///               Denied, Key, Cancelled, Io. Losses are no error: they stand in the report
CreateReport create_snapshot(Store& store, const CreateOptions& options,
                             Progress& progress = no_progress());
/// Several profiles at once, as a project and `claude` are: one name, one transaction, one event.
/// @param options  at least one, no profile twice; `name` of the first counts for all
/// @returns a report for each, in the same order
std::vector<CreateReport> create_snapshots(Store& store, const std::vector<CreateOptions>& options,
                                           Progress& progress = no_progress());

struct ListFilter {
  std::optional<std::string> profile;  ///< empty: all
  std::optional<std::string> category;
  std::vector<Tag> tags;            ///< all must match; an empty value matches any
  std::optional<std::string> path;  ///< only snapshots that hold this path
  std::optional<Timestamp> since, until;
  std::size_t limit = SIZE_MAX;
};

/// Newest first, in the order of creation, which clocks that went backwards do not change; those of
/// several profiles are merged by time.
std::vector<Snapshot> list_snapshots(const Store& store, const ListFilter& filter = {});
/// Lists of one profile each as one: the newer of their heads comes first, the order within each
/// stays.
std::vector<Snapshot> merge_by_time(std::vector<std::vector<Snapshot>> lists);
/// Profiles that have snapshots, sorted, with how many.
std::vector<std::pair<std::string, std::size_t>> list_profiles(const Store& store);

/// A snapshot found by words, and by which of them.
struct Resolved {
  Snapshot snapshot;
  std::string taken_as;  ///< such as `name`, `version v0.3.8, the newest of 3`, `latest~2`
};

/// Finds the snapshot that `ref` names: a name, a version, at least 7 hex digits of the commit, a
/// word with `~N`, `@` and a time, `PROFILE/NAME`, or a full ref name. cli.md has the grammar.
/// @param profiles  where names are looked for, in this order
/// @throws Error NotFound (with the nearest names, and other profiles that have it), Invalid
Resolved resolve(const Store& store, std::string_view ref,
                 const std::vector<std::string>& profiles);
/// The snapshot that `refs/stravinsky/current/<profile>` points at.
std::optional<Snapshot> find_current(const Store& store, const std::string& profile);

/// The roots that a profile's current snapshot was taken of, else its newest; empty when it has
/// none.
std::optional<Profile> find_recorded_profile(const Store& store, const std::string& profile);

/// `snapshot.json` as it is stored. @throws Error Corrupt
std::string read_manifest(const Store& store, const Snapshot& snapshot);
/// The losses that it lists.
std::vector<Loss> read_losses(const Store& store, const Snapshot& snapshot);

/// What may change about a snapshot; empty members stay as they are. The commit stays.
struct Annotation {
  std::optional<std::string> description;
  std::vector<Tag> add_tags;
  std::vector<std::string> remove_tags;  ///< keys
  std::optional<bool> pinned;
};
/// The type of the event that an annotation is.
std::string event_type_of(const Annotation& annotation);
/// Changes the notes of a snapshot by one audited operation. @throws Error Locked, Invalid, …
Snapshot annotate(Store& store, const Snapshot& snapshot, const Annotation& annotation);
/// Gives it another name; the old one is never used again. @throws Error Exists, Invalid, …
Snapshot rename(Store& store, const Snapshot& snapshot, const std::string& new_name);

}  // namespace stravinsky
