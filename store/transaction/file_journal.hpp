#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/lock.hpp"
#include "stravinsky/object_id.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/time.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// How a name of a live tree changes. The numbers' words stand on disk: never change them.
enum class SwitchKind : std::uint8_t { Add, Replace, Remove };

/// What the live file under a name was when it was captured.
struct LiveIdentity {
  std::uint64_t inode = 0;
  FileTime ctime, mtime;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< type and permissions
  std::uint32_t links = 0;
};

/// One name of a live tree to be switched.
struct JournalEntry {
  SwitchKind kind = SwitchKind::Add;
  std::uint32_t profile = 0, stage = 0;  ///< places in the journal's lists
  std::string path;                      ///< from the top of the snapshot
  std::uint64_t parent_inode = 0;        ///< of the live directory that holds the name
  LiveIdentity old;                      ///< not for Add
  std::uint64_t new_inode = 0;           ///< not for Remove
  FileTime new_ctime;                    ///< as it was staged: moving it changes that
};

/// A live directory whose attributes change, or would by what happens in it.
struct JournalDirectory {
  std::string path;
  bool is_new = false;  ///< it comes with an entry: nothing of it can be put back
  bool give = false;    ///< it gets the attributes of the target
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  ///< before: 07777
  FileTime mtime;          ///< before
};

struct JournalRoot {
  std::string mount;
  std::string path;  ///< real and absolute
  bool is_file = false;
};

struct JournalProfile {
  Profile profile;                 ///< as the live tree is scanned with
  std::optional<ObjectId> before;  ///< the safety snapshot, or the current one that equals it
  /// Of a safety snapshot that no event tells of: whoever ends the operation does that first.
  std::string untold_ref;
  ObjectId target;
  std::string target_ref;
  std::vector<JournalRoot> roots;
  std::vector<JournalDirectory> directories;
};

/// A directory `.stravinsky-stage-<id>`.
struct JournalStage {
  std::string path;
  std::uint64_t inode = 0;  ///< 0 as long as it is not made
  bool inside = false;      ///< in a root: removing it must not show there
  FileTime mtime;           ///< of the directory that holds it, before
};

/// What could not be staged, or not with everything.
struct JournalIssue {
  std::string path;  ///< in the live tree
  std::string reason;
};

/// What a switch of live files intends and where it keeps what it needs to finish or to go back.
/// docs/format.md 14.
struct FileJournal {
  enum class State : std::uint8_t {
    Staging,    ///< the stages are being filled; nothing live was touched
    Switching,  ///< they are complete and durable; any of the entries may be switched
    Reverting,  ///< any of them may be switched or switched back: it is never finished
  };
  std::string operation;     ///< `op_` and 16 hex digits
  std::string event_type;    ///< of the event that ends it
  std::uint64_t undoes = 0;  ///< as in that event; 0: nothing
  State state = State::Staging;
  std::uint64_t sequence = 0;  ///< of the newest event when it began
  Timestamp started;
  std::vector<JournalProfile> profiles;
  std::vector<JournalStage> stages;
  std::vector<JournalEntry> entries;  ///< in the order of switching
  /// Known once nothing is `Staging` any more: whoever ends the operation has to tell of it.
  std::vector<JournalIssue> issues;
};

/// A new name of an operation: `op_` and 16 hex digits.
std::string new_operation_id();
bool is_operation_id(std::string_view name);

std::string encode_journal(const FileJournal& journal);
/// @param name  of the file, for messages. @throws Error Corrupt (torn, or not as its digest says),
/// Invalid (of a newer format)
FileJournal parse_journal(std::string_view text, const std::string& name);

/// Replaces or creates the journal's file, durably. The caller holds the locks of its profiles.
void write_journal(const Store::Parts& parts, const FileJournal& journal);
/// The last step of an operation.
void remove_journal(const Store::Parts& parts, const std::string& operation);
/// Names of operations whose journals are there, sorted; none when there are no journals.
std::vector<std::string> list_journals(const Store::Parts& parts);
/// Empty when it is gone. @throws Error as parse_journal
std::optional<FileJournal> find_journal(const Store::Parts& parts, const std::string& operation);

/// Locks of profiles, in their order. @throws Error Locked
std::vector<fs::Lock> lock_profiles(const Store::Parts& parts, std::vector<std::string> names);
/// The same, for as long as is said; empty when one is held by another.
std::optional<std::vector<fs::Lock>> try_lock_profiles(const Store::Parts& parts,
                                                       std::vector<std::string> names,
                                                       std::chrono::milliseconds wait = {});

}  // namespace stravinsky
