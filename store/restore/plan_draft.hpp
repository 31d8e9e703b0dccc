#pragma once

#include <string>
#include <vector>

#include "restore/switch_plan.hpp"
#include "scan/wildmatch.hpp"

namespace stravinsky {

/// A plan while it is made. Threads: one.
class PlanDraft {
 public:
  explicit PlanDraft(const PlanSource& source);

  SwitchPlan plan;

  void note(const std::string& path, PlanItem::Action action, EntryType type,
            std::string reason = {});
  void skip(const std::string& path, EntryType type, const std::string& reason);
  /// What the store cannot read any more stays as it is.
  void fail(const std::string& path, const Error& error);
  /// An immutable live entry keeps the whole plan from being done.
  void require_mutable(const std::string& path, const Entry& live);
  /// What is known beforehand not to come out as recorded.
  void foresee(const std::string& path, const Entry& entry);
  /// A name to be switched.
  void push(SwitchKind kind, const std::string& path);
  /// Puts everything in order.
  void finish();

 private:
  const PlanSource& source_;
  std::vector<Wildmatch> last_;
};

}  // namespace stravinsky
