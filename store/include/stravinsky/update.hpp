#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stravinsky/in_place.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky {

// What the events of an update are called; docs/format.md 10 says what each tells.
inline constexpr const char* kUpdateBlocked = "UPDATE_BLOCKED";
inline constexpr const char* kUpdateStart = "UPDATE_START";
inline constexpr const char* kUpdateSwitch = "UPDATE_SWITCH";
inline constexpr const char* kUpdateSuccess = "UPDATE_SUCCESS";
inline constexpr const char* kUpdateFailed = "UPDATE_FAILED";
inline constexpr const char* kVerificationFailure = "VERIFICATION_FAILURE";
inline constexpr const char* kAutoRollback = "AUTO_ROLLBACK";
inline constexpr const char* kAutoRollbackSuccess = "AUTO_ROLLBACK_SUCCESS";
inline constexpr const char* kAutoRollbackFailed = "AUTO_ROLLBACK_FAILED";

/// One path of a tree that is made out of another tree.
struct TreeEdit {
  enum class Kind : std::uint8_t {
    File,
    Symlink,
    Directory,  ///< is there, and may be empty; one that is there stays as it is
    Remove,     ///< whatever it is, with all below it
  };
  std::string path;  ///< from the top of the snapshot
  Kind kind = Kind::File;
  std::string content;  ///< File: its bytes; Symlink: its target
  std::string source;   ///< File: absolute path of the file whose bytes it gets; empty: `content`
  /// File: who may read it may execute it, or nobody may. Empty: as it is; a new one: nobody.
  std::optional<bool> executable = {};
};

/// What an update makes of a profile.
struct UpdateContent {
  Snapshot before;                ///< what is live
  std::vector<TreeEdit> edits;    ///< what is to be other than in `before`; no path twice
  std::vector<TreeEdit> release;  ///< what was delivered, all of it
  std::string description;        ///< of the snapshot it becomes
  std::string source;             ///< where it came from, for the events
  bool verify = true;             ///< there are checks to pass before it counts
  bool roll_back = true;          ///< when they do not pass, or never ran
};

/// A fact for an event, as text.
using UpdateFacts = std::vector<std::pair<std::string, std::string>>;

/// How an automatic rollback ended.
struct AutoRollback {
  bool success = false;
  std::string rolled_back_to;  ///< name of the snapshot
  std::string version;
  std::string reason;  ///< why it failed; empty: it did not
  std::vector<InPlaceReport> reports;
};

/// One update of one profile, from its first look at the live tree to its last event.
///
/// docs/format.md 16 says what a crash leaves of it. While the object lives no other process
/// updates the profile, and nobody takes this update for interrupted; when it goes without an end
/// the update counts as interrupted. Not copyable, not movable. Threads: one.
class Update {
 public:
  /// @throws Error Locked: another process updates the profile. Conflict: an interrupted update of
  ///               it waits. Invalid: no version
  Update(Store& store, Profile profile, std::string version);
  ~Update();
  Update(const Update&) = delete;
  Update& operator=(const Update&) = delete;

  const std::string& id() const;  ///< `upd_` and 16 hex
  /// What `start` added to the store: the release, and what is to be live.
  std::uint64_t bytes_added() const;

  /// It was refused before anything was changed: UPDATE_BLOCKED.
  /// @param before  what is live, if that is known
  /// @param names   such as {"failed_checks", …}: lists of words
  void block(const std::optional<Snapshot>& before, const std::string& reason,
             const std::vector<std::pair<std::string, std::vector<std::string>>>& names);
  /// Makes what is to be live a snapshot and the release a commit on `refs/heads/upstream`, by
  /// UPDATE_START. Nothing live is touched, and nothing of it is read: what `edits` leaves alone
  /// keeps its trees, its metadata and its digests.
  /// @returns what is to be live. @throws Error Locked, NoSpace, Io, Corrupt, Changed
  Snapshot start(const UpdateContent& content);
  /// Makes it live. Without edits it is: then there is nothing to report.
  /// @throws Error as `apply`: everything is as it was, and UPDATE_FAILED says so
  InPlaceReport switch_over(Progress& progress = no_progress());
  /// What is live did not pass its checks: VERIFICATION_FAILURE, before whatever follows from that.
  /// Where the chain cannot be written that is a remark: what is live is not to wait for it.
  void fail_verification(const std::string& reason);
  /// The end of an update that passed: UPDATE_SUCCESS. @param good  it is the last good one now
  void succeed(bool good, const UpdateFacts& facts = {});
  /// The end of one that did not pass and stays live: UPDATE_FAILED.
  void keep_failed(const std::string& reason, const UpdateFacts& facts = {});
  /// Brings back what was live: UPDATE_FAILED, AUTO_ROLLBACK, then AUTO_ROLLBACK_SUCCESS or
  /// AUTO_ROLLBACK_FAILED. Failures are in the result; only the store's own are thrown.
  AutoRollback roll_back(const std::string& reason, Progress& progress = no_progress());

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// An update that was switched, or begun, and never ended: its process died.
struct UnsettledUpdate {
  std::string id, profile, from_version, to_version, before;  ///< before: name of the snapshot
  bool is_switched = false;  ///< it is live, and nothing has verified it
  bool is_running = false;   ///< its process lives
};
/// Writes nothing.
std::vector<UnsettledUpdate> list_unsettled_updates(const Store& store);

enum class Settling : std::uint8_t {
  RollBack,  ///< what was switched and never verified goes; unless its update was told to keep it
  Keep,      ///< it stays, not marked good
};
/// Ends updates that dead processes left. Call `recover_operations` first: it ends their switch.
/// May itself be killed anywhere. @returns a line for each. @throws Error as `apply`
std::vector<std::string> settle_updates(Store& store, Settling how,
                                        Progress& progress = no_progress());

/// The newest release of a version that `update` installed; empty: none did.
std::optional<Snapshot> find_release(const Store& store, const std::string& profile,
                                     const std::string& version);
/// The newest one of all.
std::optional<Snapshot> find_newest_release(const Store& store, const std::string& profile);

/// The text of the ignore file with a path; empty: there is to be none.
using ReadIgnore = std::function<std::optional<std::string>(const std::string& path)>;

/// Of paths that a release would bring into a live tree, those that no snapshot of the profile
/// would take in: outside its roots, not included, excluded, or ignored by a `.stravinskyignore`.
/// @param paths  from the top; of files and links, or, with a `/` at the end, of directories
/// @returns each with the reason, in their order
std::vector<std::pair<std::string, std::string>> find_unmanaged(
    const Profile& profile, const std::vector<std::string>& paths, const ReadIgnore& ignore);

/// Marks a snapshot as good: `last-good` is this one from now on. @throws Error as an operation
void mark_good(Store& store, const Snapshot& snapshot);

}  // namespace stravinsky
