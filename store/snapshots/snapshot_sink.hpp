#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "scan/scan.hpp"
#include "snapshots/compare.hpp"
#include "tree/chunk_queue.hpp"

namespace stravinsky {

/// Stores everything that a scan reads.
class StoringSink final : public ScanSink {
 public:
  /// @param threads  how many may work on one large file; 0: one per processor
  explicit StoringSink(ObjectWriter& writer, std::size_t threads = 0)
      : writer_(writer), workers_(threads) {}

  StoredContent put_content(const HashedContent& content) override;
  std::unique_ptr<Large> begin_large() override;
  StoredDirectory put_directory(const std::string& path, const Directory& directory,
                                Position position) override;

  /// What is in the top's tree, unless the scan knew it to be unchanged.
  std::optional<std::vector<TreeEntry>> take_top_entries() { return std::move(top_entries_); }
  /// Contents (their SHA-256) that share a SHA-1 with other content and were stored in pieces.
  std::vector<Sha256> collisions() const;

 private:
  ObjectWriter& writer_;
  HelperThreads workers_;
  std::optional<std::vector<TreeEntry>> top_entries_;
  mutable std::mutex mutex_;
  std::vector<Sha256> collisions_;
};

/// Stores nothing and keeps the directories that the stat cache does not know to be unchanged: for
/// `status` and for rehearsals. Their StoredDirectory has a digest and no ids.
class RememberingSink final : public ScanSink {
 public:
  StoredContent put_content(const HashedContent& content) override;
  std::unique_ptr<Large> begin_large() override;
  StoredDirectory put_directory(const std::string& path, const Directory& directory,
                                Position position) override;

  /// By path from the top; null when the stat cache had it.
  std::shared_ptr<const Directory> find(const std::string& path) const;

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Directory>> directories_;
};

/// The tree that a scan into `sink` found. What the stat cache knew to be unchanged is in the
/// store. Keeps both by reference.
ComparedTree scanned_tree(DirectoryMemo& directories, const StoredDirectory& top,
                          const RememberingSink& sink);

}  // namespace stravinsky
