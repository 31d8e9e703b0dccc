#include "checks/judge_version.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checks/check_parts.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

/// One file of a snapshot; all around it is what is live.
class VersionTree final : public CheckedTree {
 public:
  VersionTree(const Store& store, const Snapshot& snapshot, const Profile& profile,
              const std::string& path)
      : CheckedTree(profile), tree_(store, snapshot) {
    const auto entry = tree_.find(path);
    if (!entry) {
      throw Error(Errc::NotFound, fmt::format("cannot judge {}", quoted(path)),
                  fmt::format("{} has no such path", quoted(snapshot.name)));
    }
    files_.push_back({path, entry->type, entry->mode, entry->size, true});
  }

  std::string read(const std::string& path, std::size_t limit) const override {
    std::string content;
    tree_.read(path, [&](std::span<const std::byte> piece) {
      const std::size_t wanted = std::min(piece.size(), limit - content.size());
      content.append(reinterpret_cast<const char*>(piece.data()), wanted);
    });
    return content;
  }

  /// Entries that later versions gained are not lost by whoever wants an older one.
  std::optional<std::string> read_previous(const std::string&) const override {
    return std::nullopt;
  }

  std::optional<TreeContext::Script> find_script(const std::string& path) const override {
    if (path != live_path(files_.front().path)) return state_of_script(path);
    return (files_.front().mode & 0111) != 0 ? TreeContext::Script::Executable
                                             : TreeContext::Script::NotExecutable;
  }

 private:
  SnapshotTree tree_;
};

}  // namespace

std::vector<Finding> judge_version(const Store& store, const Snapshot& snapshot,
                                   const Profile& profile, const std::string& path,
                                   const ChecksOptions& options) {
  Trees trees;
  trees.push_back(std::make_unique<VersionTree>(store, snapshot, profile, path));
  std::vector<Finding> findings;
  for (ReportedFinding& one : judge_files(trees, options)) {
    findings.push_back(std::move(one.finding));
  }
  return findings;
}

}  // namespace stravinsky::hooks
