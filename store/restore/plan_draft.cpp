#include "restore/plan_draft.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace stravinsky {
namespace {

constexpr const char* kImmutable = "it is immutable or append-only";

}  // namespace

PlanDraft::PlanDraft(const PlanSource& source) : source_(source) {
  for (const std::string& glob : source.wanted.profile.switch_last) last_.emplace_back(glob);
}

void PlanDraft::note(const std::string& path, PlanItem::Action action, EntryType type,
                     std::string reason) {
  plan.shown.items.push_back({path, action, type, std::move(reason)});
}

void PlanDraft::skip(const std::string& path, EntryType type, const std::string& reason) {
  note(path, PlanItem::Action::Skip, type, reason);
  ++plan.shown.skipped;
  plan.shown.issues.push_back({path, reason, true, false});
}

void PlanDraft::require_mutable(const std::string& path, const Entry& live) {
  if ((live.flags & kSealingFlags) != 0) {
    plan.shown.blockers.push_back({path, kImmutable, true, false});
  }
}

void PlanDraft::foresee(const std::string& path, const Entry& entry) {
  static const uid_t user = geteuid();
  if (user == 0 || !source_.owners.sets_owner() || source_.owners.user_of(entry) == user) return;
  plan.shown.issues.push_back(
      {path, fmt::format("its owner {} can be set by root only", source_.owners.user_of(entry)),
       false, false});
}

void PlanDraft::fail(const std::string& path, const Error& error) {
  note(path, PlanItem::Action::Skip, EntryType::Directory, error.what());
  ++plan.shown.skipped;
  plan.shown.issues.push_back({path, error.what(), true, true});
}

void PlanDraft::push(SwitchKind kind, const std::string& path) {
  const auto names = [&](const Wildmatch& glob) { return glob.matches(path); };
  const bool last = kind != SwitchKind::Remove && std::any_of(last_.begin(), last_.end(), names);
  plan.entries.push_back({kind, path, last});
}

void PlanDraft::finish() {
  RestorePlan& shown = plan.shown;
  std::sort(shown.items.begin(), shown.items.end(),
            [](const PlanItem& a, const PlanItem& b) { return a.path < b.path; });
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(shown.issues.begin(), shown.issues.end(), by_path);
  std::sort(plan.directories.begin(), plan.directories.end(), by_path);
  std::sort(plan.entries.begin(), plan.entries.end(),
            [](const PlannedEntry& a, const PlannedEntry& b) {
              return a.rank() != b.rank() ? a.rank() < b.rank() : a.path < b.path;
            });
  shown.changes_anything = shown.changes_anything || !plan.entries.empty();
}

}  // namespace stravinsky
