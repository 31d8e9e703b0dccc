#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "refs/ref_store.hpp"

namespace stravinsky {

/// git's own locks on several refs, taken together: `<ref>.lock` for each, the first of `moves`
/// first and the others in bytewise order. Each lock file appears complete and holds what its ref
/// will hold (40 zeros: the ref goes), so that after a crash anyone can tell whose it was.
/// Destruction gives up what was not moved, in reverse order. Keeps out git and other writers of
/// git's kind.
class HeldRefs {
 public:
  /// @param moves    at least one, no name twice
  /// @param tmp_dir  on the same filesystem, where lock files are written before they appear
  /// @param wait     how long to wait for somebody else's lock
  /// @throws Error Locked naming the lock file; Io, NoSpace, Denied
  HeldRefs(const RefStore& refs, std::string tmp_dir, std::vector<RefMove> moves,
           std::chrono::milliseconds wait);
  ~HeldRefs();
  HeldRefs(const HeldRefs&) = delete;
  HeldRefs& operator=(const HeldRefs&) = delete;

  /// @throws Error Conflict: a ref is no longer at `expected`
  void require_expected() const;
  /// Moves the first ref and makes that durable: fsync of the lock file was done when it was
  /// written, here follow rename and fsync of its directory.
  void move_first_durably();
  /// Moves the others. Not durable: see docs/format.md 11, line 5.
  void move_rest();

 private:
  std::string lock_path(const RefMove& move) const;
  void move(const RefMove& move);
  void remove_packed(const std::vector<std::string>& names);

  const RefStore& refs_;
  std::string tmp_dir_;
  std::vector<RefMove> moves_;
  std::chrono::milliseconds wait_;
  std::size_t held_ = 0;   ///< locks 0 to held_-1 were taken
  std::size_t moved_ = 0;  ///< of which 0 to moved_-1 are gone again
};

/// Makes one file appear complete: written as `temporary`, then linked to `path` if that name is
/// free. @returns false when it is taken
bool create_complete(const std::string& path, const std::string& temporary,
                     std::string_view content, bool durable);

/// What a lock file holds for a target: the id, or 40 zeros, and a newline.
std::string lock_content(const std::optional<ObjectId>& target);

}  // namespace stravinsky
