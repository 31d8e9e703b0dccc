#pragma once

#include <optional>
#include <string>
#include <vector>

#include "restore/left_out.hpp"
#include "restore/plan_draft.hpp"

namespace stravinsky {

/// What happens to live entries that the snapshot does not have, or has something else for. What of
/// them was not captured is not ours to remove, so a directory goes as a whole only where all of it
/// was. Threads: one.
class RemovalPlanner {
 public:
  RemovalPlanner(const PlanSource& source, PlanDraft& draft)
      : source_(source), draft_(draft), left_out_(source) {}

  /// Whether everything in a live directory was captured and is selected.
  /// @param[out] inside  what it holds, itself included
  bool goes_whole(const std::string& path, const Node& present, const Selected& selected,
                  std::vector<PlanItem>& inside);
  void delete_all(const std::vector<PlanItem>& inside);
  /// Live entries that the snapshot does not have, and that stay.
  void count_kept(const std::string& top, const Node& present);
  /// Removes a live entry that the snapshot does not have, as far as all of it was captured.
  void remove(const std::string& top, const Node& present, const Selected& selected);

 private:
  std::optional<Selected> choose(const Selected& above, const std::string& directory,
                                 const Node& node) const;
  void require_mutable(const std::string& path, const Entry& live) {
    draft_.require_mutable(path, live);
  }

  const PlanSource& source_;
  PlanDraft& draft_;
  LeftOut left_out_;
};

bool is_directory(const Node* node) noexcept;

}  // namespace stravinsky
