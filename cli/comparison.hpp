#pragma once

#include <string>
#include <vector>

#include "exit_status.hpp"
#include "present/changes.hpp"
#include "session.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky::cli {

/// Two sides to compare, of one profile each.
struct Comparison {
  Snapshot from;
  std::optional<Snapshot> to;  ///< empty: the live tree
};

/// Compares each pair.
///
/// Of several profiles one whose roots are all missing is reported as a loss, so that the others
/// are still compared; a single one is an error.
/// @param comparisons  at least one
/// @param words  PATHs to keep to; one that means nothing in a pair leaves that pair out
/// @throws Error NotFound: a word means nothing in any pair, or no root exists. Invalid: `-z`, and
///               the paths of two profiles
std::vector<ChangeReport> compare_all(Session& session, const Store& store,
                                      const std::vector<Comparison>& comparisons,
                                      const std::vector<std::string>& words, bool content_only);

/// The current snapshots of the active profiles against the live tree; says which has none.
/// @throws Error NotFound: none has one
std::vector<Comparison> current_against_live(Session& session, const Store& store);

/// Says what could not be read and gives the exit status of `diff` and `status`.
/// @param exit_code  `--exit-code` was given: 1 for differences, 128 when there are none in what
///                   could be read but something could not
Exit end_comparison(Session& session, const std::vector<ChangeReport>& reports, bool exit_code);

}  // namespace stravinsky::cli
