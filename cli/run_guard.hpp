#pragma once

#include <string>
#include <vector>

#include "present/run.hpp"
#include "session.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::cli {

/// The snapshots around a command, and the way back to the first of them.
class RunGuard {
 public:
  /// @param profiles  with roots, be anything live at them yet or not
  /// @param line      the command, as it is described
  RunGuard(Session& session, Store& store, std::vector<Profile> profiles, std::string line);

  /// Captures what is live; of what is not, that it is not is remembered.
  /// @param rolls_back  what cannot be read could not be brought back: unless the settings allow
  ///                    that, nothing is run. @throws Error Denied, then
  void capture_before(RunReport& report, bool rolls_back);
  /// Roots that were there before and are not any more.
  std::vector<std::string> lost_roots() const;
  /// The profiles of which anything is live now.
  std::vector<Profile> live_profiles() const;

  /// Captures what is live now. Never throws: the status of the command is not lost by it.
  void capture_after(RunReport& report);
  /// Brings back what was live before, and takes away what came to be; all of it is captured first.
  /// Where that fails, or leaves what the profiles' checks complain of, the last good snapshots
  /// follow, if the settings allow that. Never throws, as above.
  void roll_back(RunReport& report);

 private:
  std::vector<CreateReport> capture(const std::vector<CreateOptions>& options, RunReport& report,
                                    Progress& progress);
  CreateOptions options_for(const Profile& profile, SnapshotClass kind,
                            const std::string& when) const;
  /// For a profile of which nothing was live: that, as a snapshot to go back to.
  std::vector<Snapshot> capture_nothing(RunReport& report);
  void remove_new_roots(RunReport& report) const;
  void fall_back(RunReport& report);

  Session& session_;
  Store& store_;
  std::vector<Profile> profiles_;
  std::string line_;
  std::vector<Profile> live_before_, absent_before_;
  std::vector<std::string> roots_before_;  ///< those that were there
};

}  // namespace stravinsky::cli
