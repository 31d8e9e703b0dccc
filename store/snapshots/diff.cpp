#include "stravinsky/diff.hpp"

#include <algorithm>

#include "snapshots/compare.hpp"
#include "snapshots/path.hpp"
#include "snapshots/read_ahead.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

class Comparison {
 public:
  Comparison(const ComparedTree& a, const ComparedTree& b, const DiffOptions& options)
      : a_(a), b_(b), options_(options), ahead_(a, b) {
    for (const std::string& path : options.paths) {
      std::string clean;
      for (const std::string& name : split_path(path)) clean = join_path(clean, name);
      paths_.push_back(std::move(clean));
    }
  }

  std::vector<Change> run() {
    push("", a_.top, b_.top);
    while (!pending_.empty()) {
      const std::shared_ptr<ReadAhead::Pair> pair = std::move(pending_.back());
      pending_.pop_back();
      ahead_.take(*pair);
      if (pair->stored_a() && pair->stored_b()) compare_own(*pair);
      compare(pair->path(), pair->a(), pair->b());
    }
    std::sort(changes_.begin(), changes_.end(),
              [](const Change& x, const Change& y) { return x.path < y.path; });
    return std::move(changes_);
  }

 private:
  /// Directories that are equal need not be looked at.
  void push(const std::string& path, const std::optional<StoredDirectory>& a,
            const std::optional<StoredDirectory>& b) {
    if (a && b && a->digest == b->digest) return;
    pending_.push_back(std::make_shared<ReadAhead::Pair>(path, a, b));
    ahead_.expect(pending_.back());
  }

  bool is_wanted(const std::string& path) const {
    return paths_.empty() ||
           std::any_of(paths_.begin(), paths_.end(),
                       [&](const std::string& wanted) { return is_at_or_below(path, wanted); });
  }
  /// Whether something below a directory may be wanted.
  bool leads_to_wanted(const std::string& path) const {
    return is_wanted(path) ||
           std::any_of(paths_.begin(), paths_.end(),
                       [&](const std::string& wanted) { return is_at_or_below(wanted, path); });
  }

  void compare_own(const ReadAhead::Pair& pair) {
    const bool is_top = pair.path().empty();
    if (!is_wanted(pair.path()) || (is_top && !pair.a().self.has_attributes)) return;
    // A directory does not hold its own digest: whoever names it does.
    Entry before = pair.a().self, after = pair.b().self;
    before.digest = pair.stored_a()->digest;
    after.digest = pair.stored_b()->digest;
    add_if_different(is_top ? "." : pair.path(), before, after);
  }

  void compare(const std::string& path, const Directory& a, const Directory& b) {
    auto x = a.nodes.begin();
    auto y = b.nodes.begin();
    while (x != a.nodes.end() || y != b.nodes.end()) {
      const int order = x == a.nodes.end()   ? 1
                        : y == b.nodes.end() ? -1
                                             : x->entry.name.compare(y->entry.name);
      const Node* before = order <= 0 ? &*x++ : nullptr;
      const Node* after = order >= 0 ? &*y++ : nullptr;
      compare_nodes(join_path(path, (before != nullptr ? before : after)->entry.name), before,
                    after);
    }
  }

  void compare_nodes(const std::string& path, const Node* before, const Node* after) {
    const auto directory_of = [](const Node* node) -> std::optional<StoredDirectory> {
      if (node == nullptr || node->entry.type != EntryType::Directory) return std::nullopt;
      return node->directory;
    };
    const auto below_a = directory_of(before), below_b = directory_of(after);
    if ((below_a || below_b) && leads_to_wanted(path)) push(path, below_a, below_b);
    if (!is_wanted(path)) return;
    if (before != nullptr && after != nullptr) {
      // Two directories: their own attributes are compared once both have been read.
      if (!(below_a && below_b)) add_if_different(path, before->entry, after->entry);
      return;
    }
    Change change;
    change.path = path;
    change.code = before != nullptr ? 'D' : 'A';
    if (before != nullptr) change.before = before->entry;
    if (after != nullptr) change.after = after->entry;
    changes_.push_back(std::move(change));
  }

  void add_if_different(const std::string& path, const Entry& before, const Entry& after) {
    Change change = compare_entries(before, after);
    if (options_.content_only) change.mode = change.owner = change.time = change.xattrs = false;
    if (change.letters().empty()) return;
    change.path = path;
    changes_.push_back(std::move(change));
  }

  const ComparedTree& a_;
  const ComparedTree& b_;
  const DiffOptions& options_;
  std::vector<std::string> paths_;
  std::vector<std::shared_ptr<ReadAhead::Pair>> pending_;
  std::vector<Change> changes_;
  ReadAhead ahead_;
};

}  // namespace

std::string Change::letters() const {
  std::string text;
  if (code != '-') text += code;
  if (mode) text += 'p';
  if (owner) text += 'o';
  if (time) text += 't';
  if (xattrs) text += 'x';
  return text;
}

Change compare_entries(const Entry& before, const Entry& after) {
  Change change;
  change.before = before;
  change.after = after;
  if (before.type != after.type) {
    change.code = 'T';
    return change;
  }
  const bool content = before.type == EntryType::File
                           ? before.size != after.size || before.digest != after.digest
                           : before.link != after.link ||
                                 before.device_major != after.device_major ||
                                 before.device_minor != after.device_minor;
  if (content) change.code = 'M';
  change.mode = before.mode != after.mode;
  change.owner = before.uid != after.uid || before.gid != after.gid;
  // A time that one side did not record cannot differ.
  change.time = before.mtime && after.mtime && *before.mtime != *after.mtime;
  change.xattrs = before.xattrs != after.xattrs || before.flags != after.flags ||
                  before.hardlink != after.hardlink;
  return change;
}

ComparedTree stored_tree(DirectoryMemo& directories, const StoredDirectory& top) {
  return {top, [&directories](const StoredDirectory& stored, const std::string& path) {
            return directories.read(stored, path);
          }};
}

ComparedTree passing_tree(DirectoryMemo& directories, const StoredDirectory& top) {
  return {top, [&directories](const StoredDirectory& stored, const std::string& path) {
            return directories.read_once(stored, path);
          }};
}

std::vector<Change> compare_trees(const ComparedTree& a, const ComparedTree& b,
                                  const DiffOptions& options) {
  return Comparison(a, b, options).run();
}

std::vector<Change> diff(const Store& store, const Snapshot& a, const Snapshot& b,
                         const DiffOptions& options) {
  DirectoryMemo& directories = *store.parts().directories;
  const auto tree_of = [&](const Snapshot& snapshot) {
    return stored_tree(directories, read_snapshot_roots(directories.database(), snapshot).top);
  };
  return compare_trees(tree_of(a), tree_of(b), options);
}

}  // namespace stravinsky
