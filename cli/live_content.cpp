#include "live_content.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <span>

#include "files.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::size_t kMaxCompared = 8 * 1024 * 1024;

std::optional<std::string> stored(const SnapshotTree& tree, const Change& change, bool after) {
  const auto& entry = after ? change.after : change.before;
  if (entry && entry->type == EntryType::File && entry->size > kMaxCompared) return std::nullopt;
  std::string content;
  try {
    tree.read(change.path, [&content](std::span<const std::byte> piece) {
      content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    });
  } catch (const Error& error) {
    // Damage is named by `verify`; a comparison shows the rest.
    if (error.code() != Errc::Corrupt && error.code() != Errc::NotFound) throw;
    return std::nullopt;
  }
  return content;
}

std::optional<std::string> live(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return std::nullopt;
  if (S_ISLNK(status.st_mode)) {
    std::string target(4096, '\0');
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    if (length < 0 || static_cast<std::size_t>(length) == target.size()) return std::nullopt;
    target.resize(static_cast<std::size_t>(length));
    return target;
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  try {
    return read_file(path, kMaxCompared);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

ContentOf stored_contents(const Store& store, const Snapshot& before, const Snapshot& after) {
  auto first = std::make_shared<SnapshotTree>(store, before);
  auto second = std::make_shared<SnapshotTree>(store, after);
  return [first, second](const Change& change, bool is_after) {
    return stored(is_after ? *second : *first, change, is_after);
  };
}

ContentOf live_contents(const Store& store, const Snapshot& before, const Profile& profile) {
  auto tree = std::make_shared<SnapshotTree>(store, before);
  return [tree, profile](const Change& change, bool is_after) -> std::optional<std::string> {
    if (!is_after) return stored(*tree, change, false);
    const auto path = live_path(profile, change.path);
    return path ? live(*path) : std::nullopt;
  };
}

}  // namespace stravinsky::cli
