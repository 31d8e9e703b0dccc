#include "snapshots/snapshot_sink.hpp"

#include "core/hash.hpp"
#include "metadata/mtree.hpp"

namespace stravinsky {
namespace {

class StoringLarge final : public ScanSink::Large {
 public:
  StoringLarge(ObjectWriter& writer, HelperThreads& workers) : chunks_(writer, workers) {}
  void append(ByteView bytes) override { chunks_.append(bytes); }
  void append_zeros(std::uint64_t count) override { chunks_.append_zeros(count); }
  StoredContent finish() override { return chunks_.finish(); }

 private:
  ChunkedWriter chunks_;
};

/// The scan makes the digest itself: nothing is left to do.
class PassingLarge final : public ScanSink::Large {
 public:
  void append(ByteView) override {}
  void append_zeros(std::uint64_t) override {}
  StoredContent finish() override { return {}; }
};

}  // namespace

StoredContent StoringSink::put_content(const HashedContent& content) {
  const StoredContent stored = write_content(writer_, content);
  if (stored.collided) {
    const std::lock_guard lock(mutex_);
    collisions_.push_back(content.digest);
  }
  return stored;
}

std::vector<Sha256> StoringSink::collisions() const {
  const std::lock_guard lock(mutex_);
  return collisions_;
}

std::unique_ptr<ScanSink::Large> StoringSink::begin_large() {
  return std::make_unique<StoringLarge>(writer_, workers_);
}

StoredDirectory StoringSink::put_directory(const std::string&, const Directory& directory,
                                           Position position) {
  const StoredDirectory stored = write_directory(writer_, directory, position);
  // The top comes once, after all others.
  if (position == Position::Top) top_entries_ = content_entries(directory, position);
  return stored;
}

StoredContent RememberingSink::put_content(const HashedContent&) { return {}; }

std::unique_ptr<ScanSink::Large> RememberingSink::begin_large() {
  return std::make_unique<PassingLarge>();
}

StoredDirectory RememberingSink::put_directory(const std::string& path, const Directory& directory,
                                               Position) {
  std::vector<const Entry*> entries;
  entries.reserve(directory.nodes.size());
  for (const Node& node : directory.nodes) entries.push_back(&node.entry);
  thread_local std::string text;
  text.clear();
  encode_mtree(directory.self, entries, text);
  StoredDirectory stored;
  stored.digest = sha256(text);
  auto kept = std::make_shared<const Directory>(directory);
  const std::lock_guard lock(mutex_);
  directories_.insert_or_assign(path, std::move(kept));
  return stored;
}

std::shared_ptr<const Directory> RememberingSink::find(const std::string& path) const {
  const auto found = directories_.find(path);
  return found == directories_.end() ? nullptr : found->second;
}

ComparedTree scanned_tree(DirectoryMemo& directories, const StoredDirectory& top,
                          const RememberingSink& sink) {
  return {top, [&directories, &sink](const StoredDirectory& stored, const std::string& path) {
            auto scanned = sink.find(path);
            return scanned ? scanned : directories.read(stored, path);
          }};
}

}  // namespace stravinsky
