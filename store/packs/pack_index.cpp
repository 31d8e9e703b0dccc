#include "packs/pack_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/regular_file.hpp"
#include "packs/big_endian.hpp"
#include "packs/pack_entry.hpp"
#include "stravinsky/error.hpp"

// Layout: head 8, fan-out 256 x 4, ids n x 20, CRCs n x 4, offsets n x 4, 64-bit offsets m x 8,
// the pack's trailer 20, SHA-1 of all before 20.

namespace stravinsky {
namespace {

constexpr std::string_view kMagic("\377tOc\0\0\0\2", 8);
constexpr std::size_t kFanOut = 8, kIds = kFanOut + 256 * 4, kTrailers = 2 * ObjectId::kSize;
constexpr std::size_t kPerObject = ObjectId::kSize + 4 + 4;
constexpr std::uint32_t kIsLarge = 0x80000000;
/// An index is held in memory: 38 million objects are more than a store is made for.
constexpr std::uint64_t kLargestIndex = std::uint64_t{1} << 30;
/// So much is read at once: that takes less time than some small reads.
constexpr std::uint64_t kReadAtOnce = std::uint64_t{256} << 10;
/// A file that gets this descriptor or a higher one is not kept open: a store may have thousands of
/// packs, and a process 64 descriptors.
constexpr int kHighDescriptor = 32;

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw Error(Errc::Corrupt, fmt::format("cannot use pack index {}", quoted(path)),
              std::string(why));
}

}  // namespace

std::string encode_pack_index(std::vector<PackedObject>& objects, const ObjectId& pack) {
  std::sort(objects.begin(), objects.end(),
            [](const PackedObject& a, const PackedObject& b) { return a.id < b.id; });
  std::string bytes(kMagic);
  bytes.reserve(kIds + objects.size() * (kPerObject + 8) + kTrailers);
  std::size_t below = 0;
  for (unsigned first = 0; first < 256; ++first) {
    while (below < objects.size() && objects[below].id.data()[0] <= first) ++below;
    append_be32(bytes, static_cast<std::uint32_t>(below));
  }
  for (const PackedObject& object : objects) bytes += object.id.raw();
  for (const PackedObject& object : objects) append_be32(bytes, object.crc);
  std::string large;
  for (const PackedObject& object : objects) {
    if (object.offset < kIsLarge) {
      append_be32(bytes, static_cast<std::uint32_t>(object.offset));
    } else {
      append_be32(bytes, kIsLarge | static_cast<std::uint32_t>(large.size() / 8));
      append_be64(large, object.offset);
    }
  }
  bytes += large;
  bytes += pack.raw();
  bytes += sha1(as_bytes(bytes)).raw();
  return bytes;
}

PackIndex::PackIndex(const std::string& path, std::uint64_t pack_size)
    : path_(path), pack_size_(pack_size) {
  read();
}

void PackIndex::read() {
  fs::RegularFile file = fs::open_regular_file(path_);
  if (file.size < kIds + kTrailers) refuse(path_, "it is cut short");
  if (file.size > kLargestIndex) {
    refuse(path_, fmt::format("it is larger than {} bytes", kLargestIndex));
  }
  fd_ = std::move(file.fd);

  // The sizes first: they must fit each other before memory is taken for the whole.
  bytes_ = std::make_unique_for_overwrite<char[]>(kIds);
  read_part(0, kIds);
  if (!std::string_view(bytes_.get(), kIds).starts_with(kMagic)) {
    refuse(path_, "it is no pack index of version 2");
  }
  for (std::size_t first = 1; first < 256; ++first) {
    if (fan_out(first) < fan_out(first - 1)) refuse(path_, "its fan-out table descends");
  }
  count_ = fan_out(255);
  const std::uint64_t small = kIds + std::uint64_t{count_} * kPerObject + kTrailers;
  if (file.size < small || (file.size - small) % 8 != 0 || (file.size - small) / 8 > count_ ||
      count_ > pack_size_ / kSmallestPackEntry) {
    refuse(path_, "its size does not fit the number of objects");
  }
  large_ = static_cast<std::size_t>((file.size - small) / 8);
  size_ = static_cast<std::size_t>(file.size);

  // Memory that is never written to is never given: the parts that nobody asks for cost nothing.
  auto whole = std::make_unique_for_overwrite<char[]>(size_);
  std::memcpy(whole.get(), bytes_.get(), kIds);
  bytes_ = std::move(whole);
  if (size_ <= kReadAtOnce || fd_.get() >= kHighDescriptor) {
    read_part(kIds, size_ - kIds);
    group_is_read_.fill(true);
    fd_.reset();
  } else {
    const std::size_t end_of_offsets = offsets_begin() + count_ * 4;
    read_part(end_of_offsets, size_ - end_of_offsets);
  }
}

void PackIndex::read_part(std::size_t from, std::size_t size) const {
  const ssize_t count = fs::read_at(fd_.get(), bytes_.get() + from, size, from);
  if (count < 0) fs::throw_errno("read", path_);
  if (static_cast<std::size_t>(count) != size) refuse(path_, "it is cut short");
}

void PackIndex::read_groups(std::size_t first, std::size_t end) const {
  while (first < end) {
    std::size_t next = first;
    while (next < end && !group_is_read_[next]) ++next;
    const std::size_t from = group_begin(first), count = group_begin(next) - from;
    if (count > 0) {
      read_part(kIds + from * ObjectId::kSize, count * ObjectId::kSize);
      read_part(offsets_begin() + from * 4, count * 4);
    }
    std::fill(group_is_read_.begin() + first, group_is_read_.begin() + next, true);
    first = next + 1;  // `next` was read before
  }
}

void PackIndex::check() const {
  const std::lock_guard lock(mutex_);
  if (!is_checked_) {
    try {
      check_all();
    } catch (const Error& error) {
      damage_ = error;
    }
    is_checked_ = true;
  }
  if (damage_) throw Error(*damage_);
}

void PackIndex::check_all() const {
  if (fd_) {
    read_groups(0, 256);
    read_part(crcs_begin(), count_ * 4);
    fd_.reset();
  }
  const std::string_view all(bytes_.get(), size_);
  const std::size_t end = all.size() - ObjectId::kSize;
  if (sha1(as_bytes(all.substr(0, end))).raw() != all.substr(end)) {
    refuse(path_, "its checksum is wrong");
  }
  for (std::size_t first = 0; first < 256; ++first) check_group(first);
}

void PackIndex::require_group(std::size_t first) const {
  if (group_is_good_[first].load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  read_groups(first, first + 1);
  check_group(first);
}

// What is good is never written to again: others are reading it.
void PackIndex::check_group(std::size_t first) const {
  if (group_is_good_[first].load(std::memory_order_relaxed)) return;
  const char* offsets = bytes_.get() + offsets_begin();
  for (std::size_t position = group_begin(first); position < fan_out(first); ++position) {
    if (static_cast<unsigned char>(*id_bytes(position)) != first) {
      refuse(path_, "its fan-out table does not fit its ids");
    }
    if (position > group_begin(first) &&
        std::memcmp(id_bytes(position - 1), id_bytes(position), ObjectId::kSize) >= 0) {
      refuse(path_, "its ids are out of order");
    }
    const std::uint32_t raw = load_be32(offsets + position * 4);
    if ((raw & kIsLarge) != 0 && (raw ^ kIsLarge) >= large_) {
      refuse(path_, "an offset lies outside its table");
    }
    const std::uint64_t offset = offset_at(position);
    if (offset < kPackHeadSize || offset >= pack_size_ - ObjectId::kSize) {
      refuse(path_, "an offset lies outside the pack");
    }
  }
  group_is_good_[first].store(true, std::memory_order_release);
}

ObjectId PackIndex::pack_trailer() const noexcept {
  return ObjectId::from_raw(bytes_.get() + size_ - kTrailers);
}

std::optional<std::size_t> PackIndex::find(const ObjectId& id) const {
  const std::size_t first = id.data()[0];
  require_group(first);
  const std::size_t position = lower_bound(id);
  if (position == fan_out(first) || id_at(position) != id) return std::nullopt;
  return position;
}

std::pair<std::size_t, std::size_t> PackIndex::range(const ObjectId& low,
                                                     const ObjectId& high) const {
  const std::size_t last = high.data()[0];
  for (std::size_t first = low.data()[0]; first <= last; ++first) require_group(first);
  std::size_t end = lower_bound(high);
  if (end < fan_out(last) && id_at(end) == high) ++end;
  return {lower_bound(low), end};
}

ObjectId PackIndex::id_at(std::size_t position) const noexcept {
  return ObjectId::from_raw(id_bytes(position));
}

std::uint64_t PackIndex::offset_at(std::size_t position) const noexcept {
  const char* offsets = bytes_.get() + offsets_begin();
  const std::uint32_t raw = load_be32(offsets + position * 4);
  if ((raw & kIsLarge) == 0) return raw;
  return load_be64(offsets + count_ * 4 + std::size_t{raw ^ kIsLarge} * 8);
}

std::uint32_t PackIndex::crc_at(std::size_t position) const noexcept {
  return load_be32(bytes_.get() + crcs_begin() + position * 4);
}

std::size_t PackIndex::crcs_begin() const noexcept { return kIds + count_ * ObjectId::kSize; }

std::size_t PackIndex::offsets_begin() const noexcept { return crcs_begin() + count_ * 4; }

const char* PackIndex::id_bytes(std::size_t position) const noexcept {
  return bytes_.get() + kIds + position * ObjectId::kSize;
}

std::size_t PackIndex::fan_out(std::size_t first_byte) const noexcept {
  return load_be32(bytes_.get() + kFanOut + first_byte * 4);
}

std::size_t PackIndex::group_begin(std::size_t first) const noexcept {
  return first == 0 ? 0 : fan_out(first - 1);
}

std::size_t PackIndex::lower_bound(const ObjectId& id) const noexcept {
  const std::size_t first = id.data()[0];
  std::size_t low = group_begin(first), high = fan_out(first);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (std::memcmp(id_bytes(middle), id.data(), ObjectId::kSize) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::vector<std::size_t> PackIndex::by_offset() const {
  check();
  std::vector<std::size_t> order(count_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return offset_at(a) < offset_at(b); });
  return order;
}

std::vector<std::uint64_t> PackIndex::sorted_offsets() const {
  std::vector<std::uint64_t> offsets;
  offsets.reserve(count_);
  for (std::size_t first = 0; first < 256; ++first) {
    try {
      require_group(first);
    } catch (const Error&) {
      continue;  // whoever looks for one of these objects hears of it
    }
    for (std::size_t position = group_begin(first); position < fan_out(first); ++position) {
      offsets.push_back(offset_at(position));
    }
  }
  std::sort(offsets.begin(), offsets.end());
  return offsets;
}

}  // namespace stravinsky
