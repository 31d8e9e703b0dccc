#pragma once

#include <string>
#include <vector>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "stravinsky/in_place.hpp"

namespace stravinsky::cli {

/// One version to choose from.
struct VersionChoice {
  Snapshot snapshot;
  Entry entry;
  bool is_live = false;
  std::string fault;  ///< `damaged`, or what its validator found; empty: none
};
/// @param command  that brings one of them back, but for the snapshot's name
void show_versions(const View& view, const std::vector<VersionChoice>& versions,
                   const std::string& command);

void show_recovered(const View& view, const std::vector<InPlaceReport>& reports, Exit exit);

/// The decision tree of docs/recovery.md.
void show_guide(const View& view);

}  // namespace stravinsky::cli
