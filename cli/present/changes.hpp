#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "present/view.hpp"
#include "stravinsky/diff.hpp"

namespace stravinsky::cli {

/// The differences between a snapshot and a later one, or the live tree.
struct ChangeReport {
  Snapshot from;
  std::optional<Snapshot> to;  ///< empty: the live tree
  std::vector<Change> changes;
  std::vector<Loss> losses;  ///< of the live tree
  /// The content of a path on one side; empty when it cannot be read or is too large to compare.
  std::function<std::optional<std::string>(const Change& change, bool after)> content;
};

enum class ChangeForm {
  Letters,  ///< `M    path`
  Stat,     ///< lines per file and in total
  Patch,    ///< unified diffs that `git apply` takes
};
void show_changes(const View& view, const std::vector<ChangeReport>& reports, ChangeForm form);

/// One file's patch, with git's headers; empty where there is nothing a patch could say.
std::string patch_of(const View& view, const ChangeReport& report, const Change& change);
/// The changes as items of `changes[]`: with Stat also `lines_added` and `lines_removed`, or
/// `binary`, and with Patch `patch`, which is the text that `git apply` takes.
nlohmann::ordered_json changes_json(const View& view, const ChangeReport& report, ChangeForm form);

}  // namespace stravinsky::cli
