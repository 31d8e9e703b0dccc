#include "update/release_tree.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/live_tree.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"
#include "update/file_errors.hpp"
#include "update/staged_release.hpp"

namespace stravinsky::hooks {
namespace {

namespace files = std::filesystem;

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) {
    throw Error(Errc::Io, fmt::format("cannot read {}", quoted(path)), "it cannot be opened");
  }
  return text;
}

TreeFile tree_file(const Entry& entry) {
  return {entry.type, entry.mode, entry.size, entry.link, entry.digest};
}

class StagedTree final : public FileTree {
 public:
  explicit StagedTree(const std::string& directory) : directory_(directory) {
    try {
      find_files();
    } catch (const files::filesystem_error& error) {
      throw cannot_read(quoted(directory), error);
    }
  }

  std::string read(const std::string& path) const override {
    const TreeFile& file = files_.at(path);
    return file.type == EntryType::Symlink ? file.link : read_whole(place(path));
  }
  std::string place(const std::string& path) const override { return directory_ + "/" + path; }

 private:
  void find_files() {
    for (const auto& entry : files::recursive_directory_iterator(directory_)) {
      const std::string path = entry.path().lexically_relative(directory_).string();
      const files::file_status status = entry.symlink_status();
      if (status.type() == files::file_type::directory) {
        directories_.insert(path);
        continue;
      }
      TreeFile& file = files_[path];
      if (status.type() == files::file_type::symlink) {
        file.type = EntryType::Symlink;
        file.link = files::read_symlink(entry.path()).string();
      } else {
        file.mode = static_cast<std::uint32_t>(status.permissions()) & 07777;
        file.size = entry.file_size();
      }
    }
  }

  std::string directory_;
};

class StoredFiles final : public FileTree {
 public:
  StoredFiles(const Store& store, const Snapshot& snapshot) : tree_(store, snapshot) {
    tree_.walk("", [this](const std::string& path, const Entry& entry) {
      if (entry.type == EntryType::Directory) {
        directories_.insert(path);
      } else {
        files_.emplace(path, tree_file(entry));
      }
      return true;
    });
  }

  std::string read(const std::string& path) const override {
    std::string text;
    tree_.read(path, [&text](std::span<const std::byte> bytes) {
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    return text;
  }

 private:
  SnapshotTree tree_;
};

class LiveFiles final : public FileTree {
 public:
  LiveFiles(const Store& store, const Profile& profile, Progress& progress) : profile_(profile) {
    for (const LiveEntry& one : read_live_tree(store, profile, {}, progress).entries) {
      if (one.entry.type == EntryType::Directory) {
        directories_.insert(one.path);
      } else {
        files_.emplace(one.path, tree_file(one.entry));
      }
    }
    for (const ProfileRoot& root : profile.roots) {
      if (!root.mount.empty()) directories_.insert(root.mount);
    }
  }

  std::string read(const std::string& path) const override {
    const TreeFile& file = files_.at(path);
    return file.type == EntryType::Symlink ? file.link : read_whole(place(path));
  }
  std::string place(const std::string& path) const override {
    return live_path(profile_, path).value_or(path);
  }

 private:
  Profile profile_;
};

}  // namespace

const TreeFile* FileTree::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

std::unique_ptr<FileTree> read_staged_tree(const std::string& directory) {
  return std::make_unique<StagedTree>(directory);
}

std::unique_ptr<FileTree> read_stored_tree(const Store& store, const Snapshot& snapshot) {
  return std::make_unique<StoredFiles>(store, snapshot);
}

std::unique_ptr<FileTree> read_live_files(const Store& store, const Profile& profile,
                                          Progress& progress) {
  return std::make_unique<LiveFiles>(store, profile, progress);
}

std::uint64_t stage_snapshot(const Store& store, const Snapshot& snapshot,
                             const std::string& staging) {
  const StoredFiles tree(store, snapshot);
  StagedRelease staged(staging, {});
  for (const std::string& path : tree.directories()) staged.add_directory(path);
  for (const auto& [path, file] : tree.files()) {
    if (file.type == EntryType::Symlink) {
      staged.add_symlink(path, file.link);
    } else if (file.type == EntryType::File) {
      bool done = false;
      const std::string text = tree.read(path);
      staged.add_file(path, file.mode, [&]() -> std::string_view {
        if (done) return {};
        done = true;
        return text;
      });
    } else {
      throw Error(Errc::Hostile, fmt::format("cannot take {} from the release", quoted(path)),
                  "it is neither file, directory nor link", "name another release");
    }
  }
  return staged.files();
}

}  // namespace stravinsky::hooks
