#include "packs/open_packs.hpp"

#include <algorithm>

namespace stravinsky {
namespace {

constexpr std::size_t kMostOpen = 16;

}  // namespace

OpenPack::OpenPack(const std::string& path) : path_(path), file_(fs::open_regular_file(path)) {}

git::ObjectSource& OpenPack::deltas() {
  const std::lock_guard lock(mutex_);
  if (!deltas_) {
    const std::string stem = path_.substr(0, path_.size() - std::string_view(".pack").size());
    deltas_ = git::ObjectSource::pack(stem + ".idx");
  }
  return *deltas_;
}

std::shared_ptr<OpenPack> OpenPacks::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.path == path; });
  if (found != kept_.end()) {
    std::rotate(kept_.begin(), found, found + 1);
  } else {
    auto pack = std::make_shared<OpenPack>(path);
    if (kept_.size() == kMostOpen) kept_.pop_back();
    kept_.insert(kept_.begin(), {path, std::move(pack)});
  }
  return kept_.front().pack;
}

void OpenPacks::forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](const Kept& kept) { return kept.path == path; });
}

}  // namespace stravinsky
