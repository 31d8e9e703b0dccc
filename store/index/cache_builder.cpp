#include <malloc.h>

#include <utility>

#include "index/stat_cache_format.hpp"
#include "index/stat_cache_parts.hpp"

namespace stravinsky {
namespace {

/// The image grows as its pieces are freed. malloc would keep these to itself, and what it knows of
/// a million files be in memory twice.
constexpr std::size_t kWorthReturning = std::size_t{16} << 20;

}  // namespace

CacheBuilder::Node CacheBuilder::add(std::string record, std::vector<Node> directories) {
  const std::lock_guard lock(mutex_);
  pieces_.push_back({std::move(record), std::move(directories), {}, 0, 0});
  return static_cast<Node>(pieces_.size() - 1);
}

CacheBuilder::Node CacheBuilder::keep(const DirectoryRecord& record) {
  const std::lock_guard lock(mutex_);
  pieces_.push_back({{}, {}, record.subtree(), record.raw().size(), 0});
  return static_cast<Node>(pieces_.size() - 1);
}

void CacheBuilder::finish(Node top, std::vector<AccountName> accounts, StatCache::Parts& parts) {
  std::uint64_t size = kCacheHeaderSize;
  std::vector<Node> open{top};
  while (!open.empty()) {
    const Piece& piece = pieces_[open.back()];
    open.pop_back();
    size += piece.record.size() + piece.kept.size();
    for (const Node node : piece.directories) {
      if (node != kNone) open.push_back(node);
    }
  }
  const std::string names = encode_accounts(accounts);
  std::string image;
  image.reserve(size + names.size());
  image.assign(kCacheHeaderSize, '\0');

  struct Level {
    Node node;
    std::size_t next;
    std::uint64_t subtree_start;
  };
  std::vector<Level> levels{{top, 0, image.size()}};
  std::size_t returned = 0;  // how large the image was when memory was last given back
  while (!levels.empty()) {
    Level& level = levels.back();
    Piece& piece = pieces_[level.node];
    if (level.next < piece.directories.size()) {
      const Node below = piece.directories[level.next++];
      if (below != kNone) levels.push_back({below, 0, image.size()});
      continue;
    }
    if (piece.kept_size != 0) {
      image += piece.kept;
      piece.start = image.size() - piece.kept_size;
    } else {
      piece.start = image.size();
      image += std::exchange(piece.record, {});
      if (image.size() - returned >= kWorthReturning) {
        malloc_trim(0);
        returned = image.size();
      }
      std::vector<std::uint64_t> distances;
      for (const Node node : piece.directories) {
        distances.push_back(node == kNone ? 0 : piece.start - pieces_[node].start);
      }
      link_record(image.data() + piece.start, image.size() - level.subtree_start, distances);
    }
    levels.pop_back();
  }
  parts.top = pieces_[top].start;
  image += names;
  parts.own = std::move(image);
  parts.mapping = {};
  parts.accounts = std::move(accounts);
  parts.changed = true;
}

}  // namespace stravinsky
