#include "snapshots/edit_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/regular_file.hpp"
#include "snapshots/path.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kPiece = 1u << 20;

/// The edits as a tree: what happens to a name, and below it.
struct Plan {
  std::map<std::string, std::unique_ptr<Plan>> below;
  const TreeEdit* edit = nullptr;
  std::optional<std::string> hardlink;  ///< what the entry says of its group from now on

  /// Whether something comes into being here: only then are missing directories made.
  bool brings_anything() const {
    if (edit != nullptr && edit->kind != TreeEdit::Kind::Remove) return true;
    return std::any_of(below.begin(), below.end(),
                       [](const auto& one) { return one.second->brings_anything(); });
  }
};

Plan& plan_of(Plan& top, const std::string& path) {
  Plan* at = &top;
  for (const std::string& name : split_path(path)) {
    auto& next = at->below[name];
    if (!next) next = std::make_unique<Plan>();
    at = next.get();
  }
  return *at;
}

Plan make_plan(std::span<const TreeEdit> edits) {
  Plan top;
  for (const TreeEdit& edit : edits) {
    Plan& plan = plan_of(top, edit.path);
    if (&plan == &top || plan.edit != nullptr) {
      throw Error(Errc::Invalid, fmt::format("cannot edit {}", quoted(edit.path)),
                  "it is edited twice, or is the top");
    }
    plan.edit = &edit;
  }
  return top;
}

FileTime file_time(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  FileTime made;
  made.seconds = seconds.time_since_epoch().count();
  made.nanoseconds = static_cast<std::uint32_t>((time - seconds).count());
  return made;
}

class Editor {
 public:
  Editor(const ObjectDatabase& database, ScanSink& sink, const EditOptions& options)
      : database_(database), sink_(sink), options_(options), now_(file_time(options.now)) {}

  EditedTree run(const Directory& base, Plan& plan) {
    split_hardlinks(base, plan);
    EditedTree edited;
    edited.directory = base;
    edit(edited.directory, plan, "");
    edited.top = sink_.put_directory("", edited.directory, Position::Top);
    edited.growth = growth_;
    return edited;
  }

 private:
  /// A group whose first name is edited gets the next one as its first. To find groups all of the
  /// metadata is read, and no content.
  void split_hardlinks(const Directory& base, Plan& plan) {
    std::map<std::string, std::vector<std::string>> groups;  // by their first names
    visit(base, "", [&](const std::string& path, const Entry& entry) {
      if (!entry.hardlink.empty()) groups[entry.hardlink].push_back(path);
    });
    for (auto& [first, members] : groups) {
      std::erase_if(members, [&](const std::string& path) { return is_edited(plan, path); });
      if (members.empty() || !is_edited(plan, first)) continue;
      std::sort(members.begin(), members.end());
      for (const std::string& member : members) {
        plan_of(plan, member).hardlink = member == members.front() ? "" : members.front();
      }
    }
  }

  /// @param path  of a file, which gives way to a directory as well
  static bool is_edited(const Plan& top, const std::string& path) {
    const Plan* at = &top;
    for (const std::string& name : split_path(path)) {
      const auto next = at->below.find(name);
      if (next == at->below.end()) return false;
      at = next->second.get();
      if (at->edit != nullptr && at->edit->kind != TreeEdit::Kind::Directory) return true;
    }
    return at->edit != nullptr || at->brings_anything();
  }

  template <typename Visit>
  void visit(const Directory& directory, const std::string& path, const Visit& call) const {
    for (const Node& node : directory.nodes) {
      const std::string child = join_path(path, node.entry.name);
      call(child, node.entry);
      if (node.entry.type != EntryType::Directory) continue;
      visit(read_directory(database_, node.directory, child, Position::Below), child, call);
    }
  }

  /// @returns whether anything is other than it was
  bool edit(Directory& directory, const Plan& plan, const std::string& path) {
    bool changed = false;
    count(directory, path, -1);
    for (const auto& [name, below] : plan.below) {
      changed = edit_name(directory, *below, name, join_path(path, name)) || changed;
    }
    if (changed && directory.self.has_attributes && directory.self.mtime) {
      directory.self.mtime = now_;
    }
    count(directory, path, 1);
    return changed;
  }

  bool edit_name(Directory& directory, const Plan& plan, const std::string& name,
                 const std::string& path) {
    const auto place = std::lower_bound(
        directory.nodes.begin(), directory.nodes.end(), name,
        [](const Node& node, const std::string& wanted) { return node.entry.name < wanted; });
    const bool found = place != directory.nodes.end() && place->entry.name == name;
    const Node* old = found ? &*place : nullptr;
    std::optional<Node> made;
    if (plan.edit != nullptr && plan.edit->kind == TreeEdit::Kind::Remove && plan.below.empty()) {
      // It goes.
    } else if (plan.edit != nullptr && (plan.edit->kind == TreeEdit::Kind::File ||
                                        plan.edit->kind == TreeEdit::Kind::Symlink)) {
      if (!plan.below.empty()) {
        throw Error(Errc::Invalid, fmt::format("cannot edit {}", quoted(path)),
                    "it is to be a file, and to hold others");
      }
      made = plan.edit->kind == TreeEdit::Kind::File
                 ? edited_file(directory, old, *plan.edit, name)
                 : edited_symlink(directory, old, *plan.edit, name);
    } else if (plan.edit == nullptr && plan.below.empty()) {
      made = *old;
      made->entry.hardlink = plan.hardlink.value_or(old->entry.hardlink);
    } else {
      made = edited_directory(directory, old, plan, name, path);
    }
    if (found && made && made->entry == old->entry) return false;
    if (!found && !made) return false;
    const bool gives_way = found && old->entry.type == EntryType::Directory &&
                           (plan.edit != nullptr && plan.edit->kind != TreeEdit::Kind::Directory);
    if (gives_way) discount_below(*old, path);
    if (!made) {
      directory.nodes.erase(place);
    } else if (found) {
      *place = *std::move(made);
    } else {
      directory.nodes.insert(place, *std::move(made));
    }
    return true;
  }

  /// Empty: nothing is left of it, or it never was.
  std::optional<Node> edited_directory(const Directory& parent, const Node* old, const Plan& plan,
                                       const std::string& name, const std::string& path) {
    const bool is_gone = plan.edit != nullptr && plan.edit->kind == TreeEdit::Kind::Remove;
    const bool was_there = old != nullptr && old->entry.type == EntryType::Directory && !is_gone;
    if (!was_there && !plan.brings_anything()) {
      return old == nullptr || is_gone ? std::nullopt : std::optional(*old);
    }
    Directory directory;
    if (was_there) {
      directory = read_directory(database_, old->directory, path, Position::Below);
    } else {
      directory.self = new_entry(parent, ".", EntryType::Directory, 0755);
    }
    const bool was_empty = directory.nodes.empty();
    const bool changed = edit(directory, plan, path);
    if (was_there && !changed) return *old;
    const bool is_wanted = plan.edit != nullptr && plan.edit->kind == TreeEdit::Kind::Directory;
    if (was_there && directory.nodes.empty() && !was_empty && !is_wanted && !is_mount(path)) {
      return std::nullopt;
    }
    Node node;
    node.directory = sink_.put_directory(path, directory, Position::Below);
    node.entry.name = name;
    node.entry.type = EntryType::Directory;
    node.entry.has_attributes = false;
    node.entry.digest = node.directory.digest;
    return node;
  }

  Node edited_file(const Directory& parent, const Node* old, const TreeEdit& edit,
                   const std::string& name) {
    const bool was_there = old != nullptr && old->entry.type == EntryType::File;
    Node node;
    if (was_there) {
      node = *old;
    } else {
      node.entry = new_entry(parent, name, EntryType::File, 0644);
    }
    put_content(node, edit, was_there);
    if (edit.executable) {
      const std::uint32_t readers = node.entry.mode & 0444;
      node.entry.mode &= ~0111u;
      if (*edit.executable) node.entry.mode |= readers >> 2;
    }
    return node;
  }

  Node edited_symlink(const Directory& parent, const Node* old, const TreeEdit& edit,
                      const std::string& name) {
    Node node;
    if (old != nullptr && old->entry.type == EntryType::Symlink) {
      node = *old;
    } else {
      node.entry = new_entry(parent, name, EntryType::Symlink, 0777);
    }
    if (node.entry.link == edit.content) return node;
    node.entry.link = edit.content;
    node.entry.mtime = now_;
    node.entry.hardlink.clear();
    node.content = sink_.put_content(hash_content(ObjectType::Blob, as_bytes(edit.content))).id;
    return node;
  }

  Entry new_entry(const Directory& parent, const std::string& name, EntryType type,
                  std::uint32_t mode) const {
    Entry entry;
    entry.name = name;
    entry.type = type;
    entry.mode = mode;
    entry.uid = parent.self.uid;
    entry.gid = parent.self.gid;
    entry.uname = parent.self.uname;
    entry.gname = parent.self.gname;
    entry.mtime = now_;
    return entry;
  }

  void put_content(Node& node, const TreeEdit& edit, bool was_there) {
    Sha256 digest;
    StoredContent stored;
    std::uint64_t size = edit.content.size();
    std::optional<fs::RegularFile> file;
    if (!edit.source.empty()) {
      file = fs::open_regular_file(edit.source);
      size = file->size;
    }
    if (file && size >= options_.chunk_threshold) {
      const auto large = sink_.begin_large();
      Sha256Hasher hash;
      std::vector<std::byte> piece(kPiece);
      size = 0;
      for (;;) {
        const ssize_t count = fs::read_some(file->fd.get(), piece.data(), piece.size());
        if (count < 0) fs::throw_errno("read", edit.source);
        if (count == 0) break;
        const ByteView bytes(piece.data(), static_cast<std::size_t>(count));
        hash.update(bytes);
        large->append(bytes);
        size += bytes.size();
      }
      digest = hash.finish();
      stored = large->finish();
    } else {
      const std::string text = file ? fs::read_file(edit.source) : std::string();
      const HashedContent content =
          hash_content(ObjectType::Blob, as_bytes(file ? text : edit.content));
      size = content.bytes.size();
      digest = content.digest;
      if (was_there && digest == node.entry.digest) return;
      stored = sink_.put_content(content);
    }
    Entry& entry = node.entry;
    if (was_there && digest == entry.digest) return;
    entry.digest = digest;
    entry.size = size;
    entry.chunks = stored.chunks;
    entry.mtime = now_;
    entry.sparse = false;
    entry.hardlink.clear();
    entry.mode &= 01777;
    std::erase_if(entry.xattrs, [](const auto& one) { return one.first == "security.capability"; });
    node.content = stored.id;
  }

  bool is_mount(const std::string& path) const {
    const auto& mounts = options_.mounts;
    return std::find(mounts.begin(), mounts.end(), path) != mounts.end();
  }

  TreeGrowth& growth_of(const std::string& path) {
    return growth_[options_.mounts.empty() ? std::string() : path.substr(0, path.find('/'))];
  }

  void count(const Entry& entry, const std::string& path, std::int64_t sign) {
    TreeGrowth& growth = growth_of(path);
    if (!is_mount(path)) growth.entries += sign;
    if (entry.type != EntryType::File) return;
    growth.files += sign;
    growth.bytes += sign * static_cast<std::int64_t>(entry.size);
  }

  /// What lies in a directory itself.
  void count(const Directory& directory, const std::string& path, std::int64_t sign) {
    for (const Node& node : directory.nodes) {
      count(node.entry, join_path(path, node.entry.name), sign);
    }
  }

  /// Everything below a directory that goes without being edited.
  void discount_below(const Node& node, const std::string& path) {
    visit(read_directory(database_, node.directory, path, Position::Below), path,
          [&](const std::string& child, const Entry& entry) { count(entry, child, -1); });
  }

  const ObjectDatabase& database_;
  ScanSink& sink_;
  const EditOptions& options_;
  FileTime now_;
  std::map<std::string, TreeGrowth> growth_;
};

}  // namespace

EditedTree edit_tree(const ObjectDatabase& database, ScanSink& sink, const Directory& base,
                     std::span<const TreeEdit> edits, const EditOptions& options) {
  Plan plan = make_plan(edits);
  return Editor(database, sink, options).run(base, plan);
}

}  // namespace stravinsky
