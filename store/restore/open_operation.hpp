#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fs/switch_names.hpp"
#include "restore/live_roots.hpp"
#include "transaction/file_journal.hpp"

namespace stravinsky {

/// An operation on live files with everything it works on open: what applying and recovering share.
/// A stage holds `new.<profile>/<path>`, which a switched entry changes places with, and `old/<n>`
/// for what the n-th entry removes. Threads: one.
class OpenOperation {
 public:
  /// Opens the live roots; stages that are there are opened, others stay closed.
  /// @throws Error as LiveRoots; Changed: another directory has the name of a stage
  explicit OpenOperation(FileJournal journal);
  /// @param live  for each profile of the journal
  OpenOperation(FileJournal journal, std::vector<LiveRoots> live);

  FileJournal journal;
  std::vector<LiveRoots> live;
  /// The live trees were captured by this process, for this operation.
  bool is_just_captured = false;

  /// Makes the stages, closed to others, and writes their inodes into the journal.
  void make_stages();
  int stage(std::size_t index) const { return stages_[index].get(); }
  /// False too while the stages are still being made.
  bool has_stage(std::size_t index) const { return index < stages_.size() && stages_[index]; }

  /// Where the entry is, or will be, in the live tree. @throws Error as LiveRoots::place_of
  LivePlace place_of(const JournalEntry& entry);
  /// Where the staged side of an entry is. An empty directory (-1): there is no such place.
  fs::NameAt new_slot(const JournalEntry& entry);
  fs::NameAt old_slot(const JournalEntry& entry);
  std::string live_path(const JournalEntry& entry) const;
  /// For the user: where a slot is.
  std::string slot_path(const JournalEntry& entry, const fs::NameAt& slot) const;

 private:
  void open_stages();
  std::vector<fs::Fd> stages_, old_;
  std::string last_path_;
  std::size_t last_stage_ = SIZE_MAX;
  fs::Fd last_;
};

/// `new.<profile>`, below which a profile's entries are staged.
std::string staged_top(std::size_t profile);

/// lstat of a name; empty: nothing has it, or there is no such directory. @throws Error of any
/// errno but ENOENT, naming `path`
std::optional<struct stat> find_status(const fs::NameAt& at, const std::string& path);

/// Lets the owner write to an open directory of his own; root needs no leave.
/// @returns whether the mode was changed
bool make_writable(int directory) noexcept;

}  // namespace stravinsky
