#pragma once

#include <string>
#include <vector>

#include "restore/open_operation.hpp"
#include "restore/side_trees.hpp"
#include "stravinsky/restore.hpp"

namespace stravinsky {

/// What lies in a stage, displaced from the live tree or never put there.
struct Displaced {
  enum class State {
    Known,    ///< a snapshot holds it as it is, and nobody writes to it: it may go
    InUse,    ///< somebody has it open for writing
    Changed,  ///< it is not what a snapshot holds
  };
  std::size_t entry = 0;  ///< of the journal
  bool in_old = false;    ///< in `old/<n>`, not in `new.<profile>/<path>`
  State state = State::Known;
  std::string reason;
  bool is_proved = true;  ///< that nobody writes: the kernel said so, not only /proc
};

/// Looks at everything that lies in the stages of an operation and compares it with the snapshot
/// that it is of: what was live with `before`, what was to be live with the target.
std::vector<Displaced> look_at_displaced(OpenOperation& operation, const SideTrees& sides);

// What judging shares with the removal (clear_stages.hpp).

/// Without following links, waiting, or leaving a time of access where that can be helped.
fs::Fd open_for_reading(int directory, const std::string& name);
/// Sets `InUse` if somebody has an open file open for writing.
void judge_writers(int fd, Displaced& displaced);
/// The node of an entry; of the empty path: the top. @throws Error NotFound
Node find_stored(StoredTree& tree, const std::string& path);

}  // namespace stravinsky
