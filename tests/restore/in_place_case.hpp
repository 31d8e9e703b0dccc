#pragma once

#include "restore/store_case.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky::test {

/// A store, and a live tree that is brought back in place.
class InPlaceCase : public StoreCase {
 public:
  InPlaceCase() { std::filesystem::create_directory(live()); }

  std::string live() const { return dir / "live"; }
  Profile profile() const {
    Profile result;
    result.name = "tree";
    result.roots = {{.path = live(), .mount = {}, .include = {}, .switch_directory = false}};
    return result;
  }
  InPlaceTarget target(const Snapshot& snapshot, std::vector<std::string> paths = {}) const {
    return {
        .snapshot = snapshot, .profile = profile(), .paths = std::move(paths), .expected_live = {}};
  }
  static InPlaceOptions exact() {
    InPlaceOptions options;
    options.surplus = Surplus::Remove;
    return options;
  }
  InPlaceReport bring_back(const Snapshot& snapshot, const InPlaceOptions& options = exact()) {
    return std::move(apply(store, {target(snapshot)}, options).front());
  }
  Snapshot take_live() { return take(live()); }
  /// What an operation must not leave: stages and journals.
  std::string debris() const {
    return output_of(
        fmt::format("find {} -name '.stravinsky-*' -o -path '*/stravinsky/journal/*' -o -path "
                    "'*/stravinsky/tmp/*'",
                    dir.path()));
  }
};

inline std::string issues_of(const InPlaceReport& report) {
  std::string text;
  for (const RestoreIssue& issue : report.issues) text += issue.path + ": " + issue.reason + "\n";
  for (const RestoreIssue& issue : report.in_use) text += issue.path + ": " + issue.reason + "\n";
  return text;
}

}  // namespace stravinsky::test
