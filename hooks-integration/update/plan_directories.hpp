#pragma once

#include <string>
#include <vector>

#include "update/plan_update.hpp"

namespace stravinsky::hooks {

/// What a plan is made from; as the parameters of `plan_update`.
struct UpdateInput {
  Strategy strategy;
  const Profile& profile;
  const FileTree& release;
  const FileTree& live;
  const FileTree* base;
  const std::vector<Loss>& lost;
};

/// Reads an ignore file as it will be. Valid as long as the input is.
ReadIgnore ignore_reader(const UpdateInput& input);

/// Directories that the release has without a file, and that the profile takes; sorted.
std::vector<std::string> empty_directories(const UpdateInput& input);

/// Once every file is decided, adds what becomes of directories: empty ones that come or go, and
/// files that take the place of a directory, or a directory that of a file, where nothing of the
/// user's is in the way. Edits are sorted by path then; of nested removals the highest is left.
/// @param empty  what `empty_directories` found
void plan_directories(const UpdateInput& input, const std::vector<std::string>& empty,
                      UpdatePlan& plan);

bool is_below(const std::string& path, const std::string& directory);

}  // namespace stravinsky::hooks
