// Line n may be the last one that runs; what is left then, and what recovery does:
//   1  a journal that says `staging`, and some stages   removes both: nothing live was touched
//   2  a journal that says `switching`                  as in finish_operation.cpp
#include "restore/stage_operation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fs/durable.hpp"
#include "restore/clear_stages.hpp"
#include "restore/note_identities.hpp"
#include "restore/whole_roots.hpp"
#include "stravinsky/update.hpp"
#include "transaction/free_chain.hpp"

namespace stravinsky {
namespace {

/// Directories that should have come and could not be staged.
void drop_directories(OpenOperation& operation) {
  for (std::uint32_t i = 0; i < operation.journal.profiles.size(); ++i) {
    std::erase_if(operation.journal.profiles[i].directories, [&](const JournalDirectory& one) {
      return one.is_new &&
             std::none_of(operation.journal.entries.begin(), operation.journal.entries.end(),
                          [&](const JournalEntry& entry) {
                            return entry.profile == i && entry.path == one.path;
                          });
    });
  }
}

void fill(Store& store, OpenOperation& operation, const Staging& staging, Progress& progress) {
  operation.make_stages();
  fill_stages(operation, staging.profiles, store, staging.options, staging.logs, progress);
  require_whole_roots(operation, staging.logs);
  drop_directories(operation);
  for (std::size_t i = 0; i < operation.journal.stages.size(); ++i) {
    fs::sync_filesystem(operation.stage(i), operation.journal.stages[i].path);
  }
  if (progress.cancelled()) {
    throw Error(Errc::Cancelled, "nothing was brought back", "it was asked to stop");
  }
  for (std::size_t i = 0; i < staging.profiles.size(); ++i) {
    for (RestoreIssue& issue : staging_issues(staging.profiles[i], staging.logs[i])) {
      operation.journal.issues.push_back(
          {operation.live[i].live_path(issue.path), std::move(issue.reason)});
    }
  }
  // Nothing live is touched while no event could tell of it; but what is wrong without an
  // automatic rollback does not wait for that.
  if (!staging.options.event_type.starts_with(kAutoRollback)) require_free_chain(store.parts());
}

/// @returns false where something stays; by the journal the next writer finds it
bool unstage(const Store& store, OpenOperation& operation) {
  try {
    remove_stages(operation);
    remove_journal(store.parts(), operation.journal.operation);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void stage_operation(Store& store, OpenOperation& operation, const Staging& staging,
                     Progress& progress) {
  place_stages(operation, staging.profiles);
  note_identities(operation, staging.profiles, staging.seen);
  write_journal(store.parts(), operation.journal);
  try {
    fill(store, operation, staging, progress);  // 1
    operation.journal.state = FileJournal::State::Switching;
    write_journal(store.parts(), operation.journal);  // 2
  } catch (const Error& error) {
    if (unstage(store, operation)) throw;
    throw Error(error.code(), error.what(), "nothing live was changed, but what was staged stays",
                fmt::format("{}{}the next command that writes ends the operation, or: stravinsky "
                            "operations revert",
                            error.remedy(), error.remedy().empty() ? "" : "; "));
  } catch (...) {
    unstage(store, operation);
    throw;
  }
}

std::vector<RestoreIssue> staging_issues(const StagedProfile& profile, RestoreLog& log) {
  std::vector<RestoreIssue> issues = log.report().issues;
  for (const RestoreIssue& issue : profile.plan.shown.issues) {
    if (issue.content) issues.push_back(issue);
  }
  return issues;
}

}  // namespace stravinsky
