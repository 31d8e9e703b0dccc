// A record: magic, length of what follows the CRC, CRC-32 of it, three ids of 20 bytes (story, its
// parent or zeros, snapshot), the commit. A crash leaves the last record cut short, or, after a
// power cut, any of them damaged: the magic tells where the next one begins.
#include "snapshots/catalog_cache.hpp"

#include <cstring>

#include "fs/file.hpp"
#include "objects/object.hpp"
#include "objects/zlib.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kMagic = "snaprec1";
constexpr std::size_t kHead = 16, kIds = 3 * ObjectId::kSize;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;

std::uint32_t load_u32(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void append_u32(std::string& text, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
}

ObjectId id_at(std::string_view body, std::size_t n) {
  return ObjectId::from_raw(as_bytes(body).data() + n * ObjectId::kSize);
}

/// The body of the record at `at`; empty when there is none, or a damaged one.
std::string_view body_at(std::string_view bytes, std::size_t at) {
  const std::string_view rest = bytes.substr(at);
  if (rest.size() < kHead + kIds || !rest.starts_with(kMagic)) return {};
  const std::size_t size = load_u32(rest.data() + 8);
  if (size < kIds || size > rest.size() - kHead) return {};
  const std::string_view body = rest.substr(kHead, size);
  return crc32(as_bytes(body)) == load_u32(rest.data() + 12) ? body : std::string_view();
}

}  // namespace

CatalogCache::CatalogCache(const std::string& path) {
  try {
    bytes_ = fs::find_file(path, kLargest).value_or("");
  } catch (const Error&) {
    return;
  }
  const std::string_view bytes = bytes_;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view body = body_at(bytes, at);
    if (body.empty()) {
      at = bytes.find(kMagic, at + 1);  // npos ends it
      continue;
    }
    CatalogRecord record{id_at(body, 0), id_at(body, 1), id_at(body, 2), body.substr(kIds)};
    if (*record.story_parent == ObjectId()) record.story_parent.reset();
    by_story_.insert_or_assign(record.story, records_.size());
    by_snapshot_.insert_or_assign(record.snapshot, records_.size());
    records_.push_back(record);
    at += kHead + body.size();
  }
}

std::optional<std::string_view> CatalogCache::find_commit(const ObjectId& snapshot) const {
  const auto found = by_snapshot_.find(snapshot);
  if (found == by_snapshot_.end()) return std::nullopt;
  const std::string_view commit = records_[found->second].commit;
  if (id_of(ObjectType::Commit, as_bytes(commit)) != snapshot) return std::nullopt;
  return commit;
}

const CatalogRecord* CatalogCache::find_story(const ObjectId& story) const {
  const auto found = by_story_.find(story);
  return found == by_story_.end() ? nullptr : &records_[found->second];
}

std::string encode_record(const CatalogRecord& record) {
  std::string body(record.story.raw());
  body += record.story_parent.value_or(ObjectId()).raw();
  body += record.snapshot.raw();
  body += record.commit;
  std::string text(kMagic);
  append_u32(text, static_cast<std::uint32_t>(body.size()));
  append_u32(text, crc32(as_bytes(body)));
  return text + body;
}

}  // namespace stravinsky
