#include "snapshots/stream_content.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "fs/fd.hpp"
#include "fs/file.hpp"
#include "fs/system_facts.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kPiece = 1u << 20;

/// Collects in memory until the threshold, from there on in pieces.
class StreamFile {
 public:
  StreamFile(ScanSink& sink, std::uint64_t threshold) : sink_(sink), threshold_(threshold) {}

  void append(ByteView bytes) {
    size_ += bytes.size();
    if (!large_ && size_ >= threshold_) {
      large_ = sink_.begin_large();
      append_large(as_bytes(small_));
      small_ = std::string();
    }
    if (large_) {
      append_large(bytes);
    } else {
      small_ += as_text(bytes);
    }
  }

  void finish(Node& node) {
    node.entry.size = size_;
    StoredContent stored;
    if (large_) {
      node.entry.digest = digest_.finish();
      stored = large_->finish();
    } else {
      const HashedContent content = hash_content(ObjectType::Blob, as_bytes(small_));
      node.entry.digest = content.digest;
      stored = sink_.put_content(content);
    }
    node.content = stored.id;
    node.entry.chunks = stored.chunks;
  }

 private:
  void append_large(ByteView bytes) {
    digest_.update(bytes);
    large_->append(bytes);
  }

  ScanSink& sink_;
  std::uint64_t threshold_, size_ = 0;
  std::string small_;
  std::unique_ptr<ScanSink::Large> large_;
  Sha256Hasher digest_;
};

void require_file_name(const std::string& name) {
  const bool bad = name.empty() || name == "." || name == ".." || name.size() > 255 ||
                   name.find('/') != std::string::npos || name.find('\0') != std::string::npos;
  if (!bad) return;
  throw Error(Errc::Invalid, fmt::format("cannot store the stream as {}", quoted(name)),
              "it is not a file name", "give a name without '/' with --stdin-name");
}

}  // namespace

ScanResult store_stream(const StreamSource& source, ScanSink& sink, Timestamp time,
                        std::uint64_t chunk_threshold, Progress& progress) {
  require_file_name(source.name);
  StreamFile file(sink, chunk_threshold);
  std::string buffer(kPiece, '\0');
  for (;;) {
    if (progress.cancelled()) throw Error(Errc::Cancelled, "cannot finish", "it was interrupted");
    const ssize_t count = fs::read_some(source.fd, buffer.data(), buffer.size());
    if (count < 0) fs::throw_errno("read the stream for", source.name);
    if (count == 0) break;
    file.append(as_bytes(std::string_view(buffer.data(), static_cast<std::size_t>(count))));
    progress.advance(0, static_cast<std::uint64_t>(count));
  }
  if (source.ended_well && !source.ended_well()) {
    throw Error(Errc::Io, fmt::format("cannot store {}", quoted(source.name)),
                "the command that writes it failed", "nothing was stored; run it alone to see why");
  }
  Node node;
  node.entry.name = source.name;
  node.entry.mode = 0600;
  const fs::SystemFacts facts = fs::system_facts();
  node.entry.uid = facts.uid;
  node.entry.gid = facts.gid;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  node.entry.mtime = FileTime{seconds.time_since_epoch().count(),
                              static_cast<std::uint32_t>((time - seconds).count())};
  file.finish(node);

  ScanResult result;
  result.files = result.files_new = result.files_read =
      1;  // a root is no entry: none else is there
  result.bytes = result.bytes_read = node.entry.size;
  Directory top;
  top.self.name = ".";
  top.self.type = EntryType::Directory;
  top.self.has_attributes = false;
  top.nodes.push_back(std::move(node));
  result.top = sink.put_directory("", top, Position::Top);
  return result;
}

}  // namespace stravinsky
