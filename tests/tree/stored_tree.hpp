#pragma once

#include <memory>
#include <random>
#include <string>

#include "core/hash.hpp"
#include "objects/tree_object.hpp"
#include "packs/git_store.hpp"
#include "tree/directory.hpp"
#include "tree/file_content.hpp"

namespace stravinsky::test {

/// A repository with our reader and writer on it.
struct TreeStore : GitStore {
  ObjectDatabase database{objects};
  std::unique_ptr<ObjectWriter> writer = new_writer();

  std::unique_ptr<ObjectWriter> new_writer() {
    return std::make_unique<ObjectWriter>(database, tmp, Compression::Fast);
  }
  /// What was written can be read from here on; what follows goes to another pack.
  void publish() {
    writer->publish();
    writer = new_writer();
  }

  ObjectId blob(std::string_view content) { return writer->put(ObjectType::Blob, content); }
  ObjectId tree(std::vector<TreeEntry> entries) {
    return writer->put(ObjectType::Tree, encode_tree(entries));
  }
};

inline Entry entry_of(std::string name, EntryType type, std::uint32_t mode = 0644) {
  Entry entry;
  entry.name = std::move(name);
  entry.type = type;
  entry.mode = mode;
  entry.mtime = FileTime{1700000000, 123456789};
  return entry;
}

inline Entry self_entry() { return entry_of(".", EntryType::Directory, 0755); }

inline Node file_node(TreeStore& store, std::string name, std::string_view content,
                      std::uint32_t mode = 0644) {
  Node node{entry_of(std::move(name), EntryType::File, mode), {}, {}};
  node.entry.size = content.size();
  const HashedContent hashed = hash_content(ObjectType::Blob, as_bytes(content));
  node.entry.digest = hashed.digest;
  const StoredContent stored = write_content(*store.writer, hashed);
  node.content = stored.id;
  node.entry.chunks = stored.chunks;
  return node;
}

inline Node link_node(TreeStore& store, std::string name, std::string target) {
  Node node{entry_of(std::move(name), EntryType::Symlink, 0777), store.blob(target), {}};
  node.entry.link = std::move(target);
  return node;
}

/// As it is read back: without attributes.
inline Node directory_node(std::string name, const StoredDirectory& stored) {
  Node node;
  node.entry.name = std::move(name);
  node.entry.type = EntryType::Directory;
  node.entry.has_attributes = false;
  node.entry.digest = stored.digest;
  node.directory = stored;
  return node;
}

inline std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = engine();
    bytes.replace(i, std::min<std::size_t>(8, size - i), reinterpret_cast<const char*>(&word),
                  std::min<std::size_t>(8, size - i));
  }
  return bytes;
}

inline std::string content_of(const TreeStore& store, const Entry& entry, const ObjectId& id) {
  std::string content;
  read_content(store.database, entry, id, entry.name,
               [&](ByteView piece) { content += as_text(piece); });
  return content;
}

}  // namespace stravinsky::test
