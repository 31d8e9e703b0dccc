#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "core/hash.hpp"
#include "metadata/mtree.hpp"
#include "objects/tree_object.hpp"
#include "tree/directory.hpp"
#include "tree/in_context.hpp"
#include "tree/layout.hpp"

namespace stravinsky {
namespace {

/// As much text as one object could hold: parts that name one blob again and again end here.
constexpr std::uint64_t kLargestText = std::uint64_t{2} << 30;

/// Entries of a git tree by name, each taken once; what nobody takes is one too many. The metadata
/// asks in nearly the order of the tree (git sorts a directory as if `/` ended its name), so the
/// next one is looked at first.
class Names {
 public:
  explicit Names(std::vector<TreeEntry> entries)
      : entries_(std::move(entries)), taken_(entries_.size()) {}

  const TreeEntry* take(std::string_view name) {
    while (next_ < entries_.size() && taken_[next_]) ++next_;
    const std::size_t found =
        next_ < entries_.size() && entries_[next_].name == name ? next_ : search(name);
    if (found == entries_.size()) return nullptr;
    taken_[found] = true;
    next_ = found + 1;
    return &entries_[found];
  }

  const TreeEntry* first_left() const {
    const auto left = std::find(taken_.begin(), taken_.end(), false);
    return left == taken_.end() ? nullptr
                                : &entries_[static_cast<std::size_t>(left - taken_.begin())];
  }

 private:
  /// Its index, or one past the last.
  std::size_t search(std::string_view name) {
    if (by_name_.empty()) {
      by_name_.resize(entries_.size());
      std::iota(by_name_.begin(), by_name_.end(), std::uint32_t{0});
      std::sort(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
        return entries_[a].name < entries_[b].name;
      });
    }
    const auto found =
        std::lower_bound(by_name_.begin(), by_name_.end(), name,
                         [&](std::uint32_t a, std::string_view b) { return entries_[a].name < b; });
    return found == by_name_.end() || entries_[*found].name != name ? entries_.size() : *found;
  }

  std::vector<TreeEntry> entries_;
  std::vector<bool> taken_;
  std::size_t next_ = 0;                ///< what is probably asked for next
  std::vector<std::uint32_t> by_name_;  ///< indices by name; empty: not needed yet
};

class DirectoryReader {
 public:
  DirectoryReader(const ObjectDatabase& database, const StoredDirectory& stored, Position position)
      : database_(database),
        stored_(stored),
        position_(position),
        meta_(read_tree(stored.meta)),
        content_(stored.tree == kEmptyTree ? std::vector<TreeEntry>() : read_tree(stored.tree)) {}

  Directory read() {
    DirectoryMetadata metadata = parse_text(read_text());
    if (parts_ != (metadata.entries.size() > kMaxEntriesInOnePart)) {
      hostile(stored_.meta, "metadata in parts for few entries, or whole for many");
    }
    Directory directory;
    directory.self = std::move(metadata.self);
    directory.nodes.reserve(metadata.entries.size());
    for (Entry& entry : metadata.entries) directory.nodes.push_back(read_node(std::move(entry)));
    if (position_ == Position::Top) pass_over_reserved();
    require_all_taken(content_, stored_.tree);
    require_all_taken(meta_, stored_.meta);
    return directory;
  }

 private:
  std::vector<TreeEntry> read_tree(const ObjectId& id) const {
    return parse_tree(database_.read(id, ObjectType::Tree).bytes, id);
  }

  /// The whole `%mtree` text, which has the digest that the parent's line or the snapshot tells.
  std::string read_text() {
    const TreeEntry* entry = meta_.take(kMtreeName);
    if (entry == nullptr) hostile(stored_.meta, "no metadata");
    text_ = entry->id;
    parts_ = entry->mode == GitMode::Tree;
    std::string text;
    if (parts_) {
      text = read_parts(entry->id);
    } else if (entry->mode == GitMode::File) {
      text = database_.read_unchecked(entry->id, ObjectType::Blob).bytes;
    } else {
      hostile(stored_.meta, "metadata of another mode than 100644");
    }
    if (sha256(text) != stored_.digest) {
      throw Error(Errc::Corrupt, "cannot use the metadata",
                  fmt::format("object '{}' does not have the SHA-256 '{}'", entry->id.hex(),
                              stored_.digest.hex()));
    }
    if (parts_ && mtree_parts(text) != starts_) hostile(entry->id, "metadata cut at other lines");
    return text;
  }

  /// A line number alone would not tell of which text.
  DirectoryMetadata parse_text(const std::string& text) const {
    try {
      return parse_mtree(text);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("cannot use object '{}'", text_.hex()), error.what(),
                  error.remedy());
    }
  }

  std::string read_parts(const ObjectId& id) {
    const std::vector<TreeEntry> parts = read_tree(id);
    if (parts.empty() || parts.size() > kMaxParts) hostile(id, "no metadata, or too many parts");
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].mode != GitMode::File || parts[i].name != part_name(i)) {
        hostile(id,
                fmt::format("{} in the place of part '{}'", quoted(parts[i].name), part_name(i)));
      }
      if (database_.header(parts[i].id).second > kLargestText - text.size()) {
        hostile(id, "more than 2 GiB of metadata");
      }
      starts_.push_back(text.size());
      text += database_.read_unchecked(parts[i].id, ObjectType::Blob).bytes;
    }
    return text;
  }

  Node read_node(Entry entry) {
    Node node;
    if (const std::optional<GitMode> mode = content_mode(entry)) {
      const std::string name = escape_name(entry.name, kind_of(entry), position_ == Position::Top);
      const TreeEntry* content = content_.take(name);
      if (content != nullptr && content->mode != *mode) {
        hostile(stored_.tree,
                fmt::format("{} of another type or mode than the metadata tells", quoted(name)));
      }
      if (entry.type == EntryType::Directory) {
        node.directory = read_place(entry, name, content);
      } else {
        if (content == nullptr) hostile(stored_.tree, "no content for " + quoted(name));
        node.content = content->id;
      }
    }
    node.entry = std::move(entry);
    return node;
  }

  /// Where a sub-directory is. Whether its text has the digest is seen when it is read itself.
  StoredDirectory read_place(const Entry& entry, const std::string& name,
                             const TreeEntry* content) {
    const TreeEntry* meta = meta_.take(name);
    if (meta == nullptr) hostile(stored_.meta, "no metadata for " + quoted(name));
    if (meta->mode != GitMode::Tree) hostile(stored_.meta, quoted(name) + ", which is no tree");
    StoredDirectory place;
    place.meta = meta->id;
    place.digest = entry.digest;
    if (content != nullptr) {
      if (content->id == kEmptyTree) hostile(stored_.tree, "the empty tree as " + quoted(name));
      place.tree = content->id;
    }
    return place;
  }

  void pass_over_reserved() {
    const TreeEntry* reserved = content_.take(kReservedName);
    if (reserved != nullptr && reserved->mode != GitMode::Tree) {
      hostile(stored_.tree, "'.stravinsky', which is no tree");
    }
  }

  void require_all_taken(const Names& names, const ObjectId& tree) const {
    if (const TreeEntry* left = names.first_left()) {
      hostile(tree, fmt::format("{}, of which the metadata knows nothing", quoted(left->name)));
    }
  }

  [[noreturn]] static void hostile(const ObjectId& object, const std::string& cause) {
    throw Error(Errc::Hostile, fmt::format("cannot use object '{}'", object.hex()),
                "it holds " + cause);
  }

  const ObjectDatabase& database_;
  const StoredDirectory& stored_;
  Position position_;
  Names meta_, content_;
  ObjectId text_;  ///< of the `%mtree` text: a blob, or the tree of its parts
  bool parts_ = false;
  std::vector<std::size_t> starts_;  ///< of the parts in the text
};

}  // namespace

Directory read_directory(const ObjectDatabase& database, const StoredDirectory& stored,
                         const std::string& path, Position position) {
  return in_context(path, [&] { return DirectoryReader(database, stored, position).read(); });
}

}  // namespace stravinsky
