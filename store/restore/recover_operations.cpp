// Whoever holds the locks of a journal's profiles owns it: its process is dead, or it is this one.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "refs/snapshot_name.hpp"
#include "restore/clear_stages.hpp"
#include "restore/finish_operation.hpp"
#include "restore/recovery_attempt.hpp"
#include "restore/switch_entries.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky {
namespace {

std::vector<std::string> profiles_of(const FileJournal& journal) {
  std::vector<std::string> names;
  for (const JournalProfile& profile : journal.profiles) names.push_back(profile.profile.name);
  return names;
}

std::string described(const FileJournal& journal) {
  std::string targets;
  for (const JournalProfile& profile : journal.profiles) {
    if (!targets.empty()) targets += " and ";
    const std::string& ref = profile.target_ref;
    targets += ref.substr(ref.starts_with("refs/tags/") ? 10 : 0);
  }
  return targets;
}

/// How long a reader that asks whether somebody is at work may keep the locks from a writer.
constexpr std::chrono::milliseconds kReaderLooks{200};

/// Held by a process that lives. Free locks are held for a moment, so nobody waits for this.
bool is_at_work(const Store::Parts& parts, const FileJournal& journal) {
  return !try_lock_profiles(parts, profiles_of(journal)).has_value();
}

struct FoundJournal {
  std::optional<FileJournal> journal;  ///< empty: the operation has ended
  bool is_at_work = false;
};

/// Whoever ends an operation removes its journal before letting go of the locks: where those are
/// free, it is looked for once more.
FoundJournal look_for_journal(const Store::Parts& parts, const std::string& name) {
  FoundJournal found;
  found.journal = find_journal(parts, name);
  if (!found.journal) return found;
  found.is_at_work = is_at_work(parts, *found.journal);
  if (!found.is_at_work) found.journal = find_journal(parts, name);
  return found;
}

/// What `staging` leaves: nothing live was touched.
void drop_stages(Store& store, const FileJournal& journal) {
  FileJournal stages = journal;
  for (JournalProfile& profile : stages.profiles) profile.roots.clear();
  OpenOperation operation(std::move(stages));
  remove_stages(operation);
  for (const JournalStage& stage : journal.stages) {
    if (!stage.inside) continue;
    const std::string holder = fs::parent_of(stage.path);
    const fs::Fd fd = fs::open_directory(holder);
    fs::AttributeSetter(fd.get(), fs::AttributeSetter::Kind::Open).set_mtime(stage.mtime);
  }
  remove_journal(store.parts(), journal.operation);
}

/// Ends one operation whose locks are held. @returns what to say; empty: nothing new
std::string recover(Store& store, const FileJournal& journal, Recovery how, Progress& progress) {
  const std::string what =
      fmt::format("the interrupted {} of {}", fold_case(journal.event_type), described(journal));
  if (journal.state == FileJournal::State::Staging) {
    drop_stages(store, journal);
    return fmt::format("cleared up {}: nothing live had been touched", what);
  }
  OpenOperation operation(journal);
  const SideTrees sides{.store = store};
  if (const auto outcome = find_outcome(store, journal)) {
    // Done and told before: only what is still written to may have to stay.
    clear_operation(store, operation, sides, *outcome);
    return {};
  }
  std::string line;
  // What an automatic rollback took away is live no more, whoever is asked: it is never put back.
  const bool is_wanted = how == Recovery::Finish || journal.event_type.starts_with(kAutoRollback);
  if (is_wanted && journal.state != FileJournal::State::Reverting) {
    try {
      const Finished finished = finish_operation(store, operation, sides, progress);
      line = fmt::format("finished {}", what);
      const auto tell = [&](const auto& issue) {
        line += fmt::format("; {}: {}", quoted(issue.path), issue.reason);
      };
      std::for_each(journal.issues.begin(), journal.issues.end(), tell);
      std::for_each(finished.issues.begin(), finished.issues.end(), tell);
      std::for_each(finished.in_use.begin(), finished.in_use.end(), tell);
      return line;
    } catch (const Error& error) {
      if (error.code() != Errc::Changed || find_outcome(store, journal)) throw;
      line = fmt::format(" since it cannot be finished ({})", error.what());
    }
  }
  std::string left;
  for (const RestoreIssue& issue :
       revert_operation(store, operation, sides, "interrupted, then reverted")) {
    left += fmt::format("; {}: {}", quoted(issue.path), issue.reason);
  }
  return fmt::format("reverted {}{}{}", what, line, left);
}

}  // namespace

std::vector<std::string> recover_operations(Store& store, Recovery how, Progress& progress,
                                            AtWork others) {
  Store::Parts& parts = store.parts();
  const auto wait = others == AtWork::WaitFor ? parts.options.lock_wait : kReaderLooks;
  std::vector<std::string> lines;
  std::vector<std::string> names = list_journals(parts);
  if (names.empty()) return lines;
  parts.require_writable();
  for (const std::string& name : names) {
    try {
      const auto seen = find_journal(parts, name);
      if (!seen) continue;
      const auto locks = try_lock_profiles(parts, profiles_of(*seen), wait);
      if (!locks) continue;
      // Under the locks it may be gone, or further than before.
      const auto journal = find_journal(parts, name);
      if (!journal) continue;
      std::string line = recover(store, *journal, how, progress);
      if (!line.empty()) lines.push_back(std::move(line));
    } catch (const Error& error) {
      if (error.code() == Errc::Cancelled) throw;
      lines.push_back(
          fmt::format("cannot end the operation {}: {}; {}", name, error.what(),
                      error.remedy().empty() ? "see `stravinsky operations`" : error.remedy()));
      record_recovery_attempt(store, name, error);
    }
  }
  return lines;
}

std::vector<std::string> list_interrupted(const Store& store) {
  Store::Parts& parts = store.parts();
  std::vector<std::string> names = list_journals(parts);
  std::erase_if(names, [&](const std::string& name) {
    try {
      const FoundJournal found = look_for_journal(parts, name);
      return !found.journal || found.is_at_work || find_outcome(store, *found.journal);
    } catch (const Error&) {
      return false;  // whatever it was, it is not at work and not done
    }
  });
  return names;
}

std::vector<OperationInfo> list_operations(const Store& store) {
  Store::Parts& parts = store.parts();
  std::vector<OperationInfo> all;
  for (const std::string& name : list_journals(parts)) {
    OperationInfo info;
    info.id = name;
    try {
      const FoundJournal found = look_for_journal(parts, name);
      const std::optional<FileJournal>& journal = found.journal;
      if (!journal) continue;
      info.event_type = journal->event_type;
      info.started = journal->started;
      info.profiles = profiles_of(*journal);
      for (const JournalProfile& profile : journal->profiles) {
        info.targets.push_back(profile.target_ref);
      }
      info.entries = journal->entries.size();
      info.is_running = found.is_at_work;
      info.is_published = find_outcome(store, *journal).has_value();
      if (journal->state != FileJournal::State::Staging && !info.is_running) {
        OpenOperation operation(*journal);
        for (const JournalEntry& entry : operation.journal.entries) {
          info.switched += look_at_entry(operation, entry) == Switched::Yes;
        }
        if (info.is_published) info.left = list_gone(operation);
        for (const Displaced& one : look_at_displaced(operation, SideTrees{.store = store})) {
          if (!info.is_published || one.state == Displaced::State::Known) continue;
          const JournalEntry& entry = operation.journal.entries[one.entry];
          const fs::NameAt slot =
              one.in_old ? operation.old_slot(entry) : operation.new_slot(entry);
          info.left.push_back(
              {operation.live_path(entry),
               fmt::format("{}; kept as {}", one.reason, operation.slot_path(entry, slot)), true,
               false});
        }
      }
    } catch (const Error& error) {
      info.damage = error.what();
    }
    all.push_back(std::move(info));
  }
  return all;
}

}  // namespace stravinsky
