#include "update/staging.hpp"

#include <filesystem>

#include "update/staged_release.hpp"

namespace stravinsky::hooks {

std::unique_ptr<FileTree> Staging::fill(const Store& store, const UpdateRequest& request) const {
  if (request.snapshot) {
    stage_snapshot(store, *request.snapshot, path_);
  } else if (std::filesystem::is_directory(request.source)) {
    stage_directory(request.source, path_);
  } else {
    stage_archive(request.source, path_);
  }
  return read_staged_tree(path_);
}

void Staging::clear() const noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace stravinsky::hooks
