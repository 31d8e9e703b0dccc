#include "index/stat_cache.hpp"

#include <libdeflate.h>

#include <cstring>

#include "fs/durable.hpp"
#include "index/stat_cache_format.hpp"
#include "index/stat_cache_parts.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kChecksummedFrom = offsetof(CacheHeader, size);

std::uint32_t checksum_of(std::string_view image) {
  const std::string_view covered = image.substr(kChecksummedFrom);
  return libdeflate_crc32(0, covered.data(), covered.size());
}

template <typename T>
bool take(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return true;
}

template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

std::string encode_accounts(const std::vector<AccountName>& accounts) {
  std::string bytes;
  for (const AccountName& account : accounts) {
    append(bytes, static_cast<std::uint32_t>(account.is_group));
    append(bytes, account.id);
    append(bytes, static_cast<std::uint32_t>(account.name.size()));
    bytes += account.name;
  }
  return bytes;
}

std::optional<std::vector<AccountName>> decode_accounts(std::string_view bytes) {
  std::vector<AccountName> accounts;
  while (!bytes.empty()) {
    std::uint32_t is_group = 0, id = 0, size = 0;
    if (!take(bytes, is_group) || !take(bytes, id) || !take(bytes, size) || size > bytes.size()) {
      return std::nullopt;
    }
    accounts.push_back({is_group != 0, id, std::string(bytes.substr(0, size))});
    bytes.remove_prefix(size);
  }
  return accounts;
}

StatCache::StatCache() : parts_(std::make_unique<Parts>()) {}
StatCache::~StatCache() = default;
StatCache::StatCache(StatCache&&) noexcept = default;
StatCache& StatCache::operator=(StatCache&&) noexcept = default;

std::optional<DirectoryRecord> StatCache::Parts::find_top() const {
  if (top == 0) return std::nullopt;
  return DirectoryRecord::find(image(), top);
}

StatCache StatCache::load(const std::string& path, const ObjectId& basis) {
  StatCache cache;
  std::optional<fs::Mapping> mapping = fs::Mapping::find(path);
  if (!mapping) return cache;
  const std::string_view image = as_text(mapping->bytes());
  CacheHeader header;
  if (image.size() < sizeof header) return cache;
  std::memcpy(static_cast<void*>(&header), image.data(), sizeof header);
  const CacheHeader ours;
  if (header.magic != ours.magic || header.version != ours.version || header.basis != basis ||
      header.size != image.size() || header.accounts < sizeof header ||
      header.accounts > image.size() || header.checksum != checksum_of(image)) {
    return cache;
  }
  std::optional<std::vector<AccountName>> accounts = decode_accounts(image.substr(header.accounts));
  if (!accounts) return cache;
  cache.parts_->mapping = std::move(*mapping);
  cache.parts_->basis = basis;
  cache.parts_->top = header.top;
  cache.parts_->accounts = std::move(*accounts);
  return cache;
}

void StatCache::save(const std::string& path, const std::string& temporary,
                     const ObjectId& basis) const {
  if (!changed() && parts_->basis == basis) return;
  // A scan leaves its image with room for the header, so the usual case copies nothing.
  std::string copy;
  std::string& image = parts_->own.empty() ? copy : parts_->own;
  if (image.empty()) image = as_text(parts_->mapping.bytes());
  if (image.empty()) image.resize(kCacheHeaderSize);
  CacheHeader header;
  header.size = image.size();
  header.top = parts_->top;
  header.accounts = image.size() - encode_accounts(parts_->accounts).size();
  header.basis = basis;
  std::memcpy(image.data(), &header, sizeof header);
  header.checksum = checksum_of(image);
  std::memcpy(image.data(), &header, sizeof header);
  fs::write_atomically(path, temporary, as_bytes(image));
}

bool StatCache::changed() const { return parts_->changed; }

}  // namespace stravinsky
