#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/hash.hpp"
#include "fs/limits.hpp"
#include "index/stat_cache.hpp"
#include "metadata/mtree.hpp"
#include "scan/scan.hpp"

namespace stravinsky::test {

/// Keeps all that a scan hands over. The ids are hashes of the content, no objects.
class MemorySink final : public ScanSink {
 public:
  std::function<void(std::string_view content)> on_content;  ///< while the file is being read
  std::function<void()> on_piece;                            ///< while a large one is
  bool reuse = true;
  std::map<std::string, Directory> directories;
  std::map<ObjectId, std::string> contents;
  std::vector<std::string> put;  ///< paths of directories, in order
  std::uint64_t zeros = 0;       ///< bytes that came as holes

  StoredContent put_content(const HashedContent& content) override {
    if (sha256(content.bytes) != content.digest ||
        id_of(ObjectType::Blob, content.bytes) != content.id) {
      throw std::logic_error("the hashes are not of the content");
    }
    if (on_content) on_content(as_text(content.bytes));
    const std::lock_guard lock(mutex_);
    contents[content.id] = as_text(content.bytes);
    return {content.id, 0, false};
  }

  std::unique_ptr<Large> begin_large() override { return std::make_unique<Pieces>(*this); }

  StoredDirectory put_directory(const std::string& path, const Directory& directory,
                                Position position) override {
    const std::lock_guard lock(mutex_);
    if ((position == Position::Top) != path.empty()) throw std::logic_error("not the top");
    std::vector<const Entry*> entries;
    std::string tree;
    for (const Node& node : directory.nodes) {
      if (!entries.empty() && !(entries.back()->name < node.entry.name)) {
        throw std::logic_error("not sorted");
      }
      entries.push_back(&node.entry);
      tree += node.entry.name + '\0' + node.content.hex() + node.directory.tree.hex();
      if (node.entry.digest != node.directory.digest && node.entry.type == EntryType::Directory) {
        throw std::logic_error("two digests");
      }
    }
    std::string text;
    encode_mtree(directory.self, entries, text);
    put.push_back(path);
    directories[path] = directory;
    return {sha1(as_bytes(tree)), sha1(as_bytes(text)), sha256(text)};
  }

  bool may_reuse_directories() const override { return reuse; }

  /// The entry at a path; null when there is none.
  const Node* find(const std::string& path) const {
    const std::size_t slash = path.rfind('/');
    const auto directory =
        directories.find(slash == std::string::npos ? "" : path.substr(0, slash));
    if (directory == directories.end()) return nullptr;
    for (const Node& node : directory->second.nodes) {
      if (node.entry.name == path.substr(slash + 1)) return &node;
    }
    return nullptr;
  }
  const Entry& entry(const std::string& path) const {
    const Node* node = find(path);
    if (node == nullptr) throw std::logic_error("no entry " + path);
    return node->entry;
  }
  std::string content(const std::string& path) const {
    const Node* node = find(path);
    if (node == nullptr) throw std::logic_error("no entry " + path);
    return contents.at(node->content);
  }
  /// The names in a directory, with spaces between.
  std::string names(const std::string& path) const {
    std::string all;
    for (const Node& node : directories.at(path).nodes) {
      all += (all.empty() ? "" : " ") + node.entry.name;
    }
    return all;
  }

 private:
  class Pieces final : public Large {
   public:
    explicit Pieces(MemorySink& sink) : sink_(sink) {}
    void append(ByteView bytes) override {
      if (sink_.on_piece) sink_.on_piece();
      hasher_.update(bytes);
    }
    void append_zeros(std::uint64_t count) override {
      sink_.zeros += count;
      hasher_.update("zeros" + std::to_string(count));
    }
    StoredContent finish() override { return {hasher_.finish(), 7, false}; }

   private:
    MemorySink& sink_;
    Sha1Hasher hasher_;
  };
  std::mutex mutex_;
};

/// Later than any file of a test was written, so that nothing is too young to be believed.
class LaterClock final : public Clock {
 public:
  Timestamp now() const override { return fs::FileClock().now() + std::chrono::seconds(100); }
};

/// Does something at one of the calls that a scan makes.
class Meddler final : public Progress {
 public:
  std::function<void()> at_expect;        ///< a directory's files were looked at
  std::function<bool(int)> at_cancelled;  ///< before a directory is listed or a file is opened
  bool is_complete = false;               ///< nothing more may be expected
  std::uint64_t files_expected = 0, bytes_expected = 0, files_done = 0, bytes_done = 0;

  void expect(std::uint64_t files, std::uint64_t bytes) override {
    const std::lock_guard lock(mutex_);
    files_expected += files;
    bytes_expected += bytes;
    CHECK_FALSE(is_complete);
    if (at_expect) at_expect();
  }
  void all_expected() override {
    const std::lock_guard lock(mutex_);
    is_complete = true;
  }
  void advance(std::uint64_t files, std::uint64_t bytes) override {
    const std::lock_guard lock(mutex_);
    files_done += files;
    bytes_done += bytes;
  }
  bool cancelled() override {
    const std::lock_guard lock(mutex_);
    return at_cancelled && at_cancelled(++calls_);
  }

 private:
  std::mutex mutex_;
  int calls_ = 0;
};

/// One root, or what a test adds, with its cache and what was stored so far.
struct Scans {
  LaterClock later;
  ScanOptions options;
  StatCache cache;
  MemorySink sink;
  Meddler progress;

  explicit Scans(const std::string& root) {
    options.roots.push_back({root, "", {}});
    options.threads = 2;
    options.file_clock = &later;
  }
  ScanResult operator()() {
    sink.put.clear();
    progress.is_complete = false;
    return scan(options, cache, sink, progress);
  }
};

}  // namespace stravinsky::test
