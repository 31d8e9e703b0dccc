#include <sys/sysmacros.h>

#include <algorithm>

#include "scan/scanner.hpp"

namespace stravinsky {
namespace {

Entry attributes_of(const fs::FileStatus& status, AccountCache& accounts) {
  Entry entry;
  entry.type = status.type();
  entry.mode = status.mode & 07777U;
  entry.uid = status.uid;
  entry.gid = status.gid;
  entry.uname = accounts.user(status.uid);
  entry.gname = accounts.group(status.gid);
  entry.mtime = status.mtime();
  return entry;
}

Node node_of(std::string_view name, FileRecord record, std::string hardlink,
             AccountCache& accounts) {
  Node node;
  Entry& entry = node.entry;
  entry = attributes_of(record.status, accounts);
  entry.name = name;
  if (entry.type == EntryType::File) {
    entry.size = record.status.size;
    entry.digest = record.digest;
    entry.chunks = record.chunks;
    entry.sparse = record.sparse;
  } else if (entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice) {
    entry.device_major = major(record.status.special_device);
    entry.device_minor = minor(record.status.special_device);
  }
  entry.link = std::move(record.link);
  entry.xattrs = std::move(record.xattrs);
  entry.hardlink = std::move(hardlink);
  entry.flags = record.flags;
  node.content = record.content;
  return node;
}

}  // namespace

void Scanner::release(const SharedDirectory& directory, bool on_walk) {
  if (directory->pending.fetch_sub(1) != 1) return;
  if (on_walk && !can_reuse(*directory)) {
    pool_.submit([this, directory] { put_upwards(directory); });
  } else {
    put_upwards(directory);
  }
}

/// A loop and no recursion: trees may be deeper than the stack is long.
void Scanner::put_upwards(SharedDirectory directory) {
  for (;;) {
    put(*directory);
    SharedDirectory parent = directory->parent;
    if (!parent || parent->pending.fetch_sub(1) != 1) return;
    directory = std::move(parent);
  }
}

/// What the cache says of it holds, with all below.
bool Scanner::can_reuse(const PendingDirectory& directory) const {
  return may_reuse_ && directory.trusted && !directory.has_hardlinks && !directory.stored_differs &&
         directory.incomplete == directory.record->head().incomplete;
}

void Scanner::put(PendingDirectory& directory) {
  DirectoryHead& head = directory.head;
  std::optional<StoredDirectory> old;
  if (directory.record) {
    const DirectoryHead& was = directory.record->head();
    old = StoredDirectory{was.tree, was.meta, was.digest};
  }
  const Position position = directory.parent ? Position::Below : Position::Top;
  const StoredDirectory stored =
      can_reuse(directory) ? *old
                           : sink.put_directory(path_of(directory), build(directory), position);
  head.tree = stored.tree;
  head.meta = stored.meta;
  head.digest = stored.digest;
  head.incomplete = directory.incomplete;
  head.list_again = directory.list_again;
  bool kept = false;
  const CacheBuilder::Node node = remember(directory, kept);
  directory.children = std::vector<Child>();
  directory.names = std::vector<fs::DirectoryEntry>();

  if (directory.is_root) roots[directory.root]->digest = stored.digest;
  if (directory.parent) {
    PendingDirectory& parent = *directory.parent;
    Child& child = parent.children[directory.index];
    child.stored = std::make_unique<StoredDirectory>(stored);
    child.node = node;
    if (old != stored) parent.stored_differs = true;
    if (!kept) parent.below_moved = true;
  } else {
    top_ = stored;
    top_node_ = node;
    top_kept_ = kept;
  }
}

Directory Scanner::build(const PendingDirectory& directory) {
  Directory built;
  if (directory.root == PendingDirectory::kMadeUp) {
    built.self.type = EntryType::Directory;
    built.self.has_attributes = false;
  } else {
    built.self = attributes_of(directory.head.status, accounts_);
    if (directory.incomplete) built.self.mtime.reset();
    built.self.flags = directory.head.flags;
    built.self.xattrs = directory.head.xattrs;
  }
  built.self.name = ".";
  built.nodes.reserve(directory.children.size());
  for (const Child& child : directory.children) {
    if (child.state == Child::State::Gone) continue;
    if (child.state != Child::State::Below) {
      built.nodes.push_back(
          child.found ? node_of(child.name, child.found->record, child.found->hardlink, accounts_)
                      : node_of(child.name, child.cached.read(), {}, accounts_));
      continue;
    }
    Node& node = built.nodes.emplace_back();
    node.entry.name = child.name;
    node.entry.type = EntryType::Directory;
    node.entry.has_attributes = false;
    node.entry.digest = child.stored->digest;
    node.directory = *child.stored;
  }
  return built;
}

CacheBuilder::Node Scanner::remember(PendingDirectory& directory, bool& kept) {
  if (!directory.remembered) return CacheBuilder::kNone;
  const std::optional<DirectoryRecord>& old = directory.record;
  const bool same = old && !directory.entries_differ && directory.head == old->head();
  if (same && !directory.below_moved) {
    kept = true;
    return builder_.keep(*old);
  }
  std::vector<CacheBuilder::Node> directories;
  for (const Child& child : directory.children) {
    if (child.state == Child::State::Below) directories.push_back(child.node);
  }
  if (same) return builder_.add(std::string(old->raw()), std::move(directories));
  RecordWriter writer(directory.head, static_cast<std::uint32_t>(directories.size()));
  for (const Child& child : directory.children) {
    switch (child.state) {
      case Child::State::Known:
        writer.add(child.cached);
        break;
      case Child::State::Found:
        writer.add(child.name, child.type, child.found->record);
        break;
      case Child::State::Below:
        writer.add_directory(child.name);
        break;
      case Child::State::Gone:
        break;
    }
  }
  return builder_.add(writer.take(), std::move(directories));
}

void Scanner::finish() {
  pool_.wait();
  result_.top = top_;
  for (const auto& root : roots) {
    result_.roots.push_back({root->path, root->real_path, root->mount, root->is_file, root->digest,
                             root->entries, root->bytes});
    result_.entries += root->entries;
    result_.files += root->files;
    result_.directories += root->directories;
    result_.bytes += root->bytes;
  }
  result_.files_new = files_new_;
  result_.files_changed = files_changed_;
  result_.files_unmodified = files_unmodified_;
  result_.files_read = files_read_;
  result_.bytes_read = bytes_read_;
  // Threads end in any order; what they said is told in one.
  std::sort(result_.losses.begin(), result_.losses.end(),
            [](const Loss& a, const Loss& b) { return a.path < b.path; });
  std::sort(result_.left_out.begin(), result_.left_out.end());
  std::sort(result_.warnings.begin(), result_.warnings.end());
  std::vector<AccountName> accounts = accounts_.list();
  if (top_node_ != CacheBuilder::kNone && (!top_kept_ || accounts != cache.accounts)) {
    builder_.finish(top_node_, std::move(accounts), cache);
  }
}

}  // namespace stravinsky
