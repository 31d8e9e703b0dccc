#include "update/candidate_tree.hpp"

#include <fstream>
#include <map>

#include "stravinsky/diff.hpp"

namespace stravinsky::hooks {
namespace {

using Kind = TreeEdit::Kind;
using Edits = std::map<std::string, const TreeEdit*>;

Edits by_path(const std::vector<TreeEdit>& edits) {
  Edits map;
  for (const TreeEdit& edit : edits) map.emplace(edit.path, &edit);
  return map;
}

/// Whether the file, or a directory above it, goes or gives way.
bool is_gone(const Edits& edits, const std::string& path) {
  for (std::size_t slash = path.size(); slash != std::string::npos && slash != 0;
       slash = path.rfind('/', slash - 1)) {
    const auto edit = edits.find(path.substr(0, slash));
    if (edit == edits.end()) continue;
    if (edit->second->kind != Kind::Directory || slash == path.size()) return true;
  }
  return false;
}

std::string content_of(const TreeEdit& edit, std::size_t limit) {
  if (edit.source.empty()) return edit.content.substr(0, limit);
  std::ifstream file(edit.source, std::ios::binary);
  std::string text(limit, '\0');
  file.read(text.data(), static_cast<std::streamsize>(limit));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::uint64_t size_of(const TreeEdit& edit) {
  if (edit.source.empty()) return edit.content.size();
  std::ifstream file(edit.source, std::ios::binary | std::ios::ate);
  return file ? static_cast<std::uint64_t>(file.tellg()) : 0;
}

std::optional<std::string> previous_content(const FileTree& before, const std::string& path) {
  const TreeFile* file = before.find(path);
  if (file == nullptr || file->type != EntryType::File) return std::nullopt;
  return before.read(path);
}

/// Whether a script of the tree before is gone, or cannot be run by itself any more.
bool is_taken(const CheckedTree& now, const FileTree& before, const std::string& path) {
  const auto inside = snapshot_path(now.profile(), path);
  const TreeFile* file = inside ? before.find(*inside) : nullptr;
  if (file == nullptr || file->type != EntryType::File) return false;
  const auto state = now.find_script(path);
  return state == TreeContext::Script::Missing ||
         (state == TreeContext::Script::NotExecutable && (file->mode & 0111) != 0);
}

class CandidateTree final : public CheckedTree {
 public:
  CandidateTree(const Profile& profile, const FileTree& live, const std::vector<TreeEdit>& edits)
      : CheckedTree(profile), live_(live), edits_(by_path(edits)) {
    std::map<std::string, CheckedFile> files;
    for (const auto& [path, file] : live.files()) {
      if (is_gone(edits_, path)) continue;
      files[path] = {path, file.type, file.mode, file.size, false};
    }
    for (const auto& [path, edit] : edits_) {
      if (edit->kind != Kind::File && edit->kind != Kind::Symlink) continue;
      CheckedFile& file = files[path];
      file = {path, EntryType::Symlink, 0777, edit->content.size(), true};
      if (edit->kind == Kind::Symlink) continue;
      const TreeFile* old = live.find(path);
      const bool stays_file = old != nullptr && old->type == EntryType::File;
      file.type = EntryType::File;
      file.size = size_of(*edit);
      file.mode = stays_file ? old->mode : 0644;
      if (edit->executable) {
        file.mode = (file.mode & ~0111u) | (*edit->executable ? (file.mode & 0444) >> 2 : 0);
      }
    }
    for (auto& [path, file] : files) files_.push_back(std::move(file));
  }

  std::string read(const std::string& path, std::size_t limit) const override {
    const auto edit = edits_.find(path);
    if (edit != edits_.end()) return content_of(*edit->second, limit);
    return live_.read(path).substr(0, limit);
  }

  std::optional<std::string> read_previous(const std::string& path) const override {
    return previous_content(live_, path);
  }

  std::optional<TreeContext::Script> find_script(const std::string& path) const override {
    const auto inside = snapshot_path(profile(), path);
    if (!inside) return state_of_script(path);
    for (const CheckedFile& file : files_) {
      if (file.path != *inside) continue;
      if (file.type == EntryType::Symlink) break;
      return (file.mode & 0111) != 0 ? TreeContext::Script::Executable
                                     : TreeContext::Script::NotExecutable;
    }
    if (is_gone(edits_, *inside)) return TreeContext::Script::Missing;
    return state_of_script(path);
  }

  bool is_script_taken(const std::string& path) const override {
    return is_taken(*this, live_, path);
  }

 private:
  const FileTree& live_;
  Edits edits_;
};

class SwitchedTree final : public CheckedTree {
 public:
  SwitchedTree(std::unique_ptr<CheckedTree> live, const FileTree& before,
               const std::vector<TreeEdit>& edits, const std::vector<Loss>& known)
      : CheckedTree(live->profile()), live_(std::move(live)), before_(before) {
    const Edits changed = by_path(edits);
    files_ = live_->files();
    losses_ = live_->losses();
    for (const Loss& old : known) {
      std::erase_if(losses_, [&](const Loss& loss) { return loss.path == old.path; });
    }
    for (CheckedFile& file : files_) {
      file.is_changed = changed.contains(file.path) || before.find(file.path) == nullptr;
    }
  }

  std::string read(const std::string& path, std::size_t limit) const override {
    return live_->read(path, limit);
  }
  std::optional<std::string> read_previous(const std::string& path) const override {
    return previous_content(before_, path);
  }
  std::optional<TreeContext::Script> find_script(const std::string& path) const override {
    return live_->find_script(path);
  }
  bool is_script_taken(const std::string& path) const override {
    return is_taken(*this, before_, path);
  }

 private:
  std::unique_ptr<CheckedTree> live_;
  const FileTree& before_;
};

}  // namespace

std::unique_ptr<CheckedTree> make_candidate_tree(const Profile& profile, const FileTree& live,
                                                 const std::vector<TreeEdit>& edits) {
  return std::make_unique<CandidateTree>(profile, live, edits);
}

std::unique_ptr<CheckedTree> read_switched_tree(const Store& store, const Profile& profile,
                                                const FileTree& before,
                                                const std::vector<TreeEdit>& edits,
                                                const std::vector<Loss>& known) {
  return std::make_unique<SwitchedTree>(read_checked_tree(store, profile), before, edits, known);
}

}  // namespace stravinsky::hooks
