#include "packs/pack_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/scratch_buffer.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "objects/zlib.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// One read of this much holds most objects whole.
constexpr std::size_t kFirstRead = 8 * 1024;
/// git's own limit of a chain is 4,095; a chain of ids may also run in a circle.
constexpr int kLongestChain = 4096;
/// Whoever reads more than such a part of a pack's objects is told where each ends.
constexpr std::size_t kWorthSorting = 32;

[[noreturn]] void refuse_pack(const std::string& path, std::string_view why) {
  throw Error(Errc::Corrupt, fmt::format("cannot use pack {}", quoted(path)), std::string(why));
}

std::uint64_t checked_size(const std::string& path, OpenPacks& packs) {
  const std::uint64_t size = packs.open(path)->size();
  if (size < kPackHeadSize + ObjectId::kSize) refuse_pack(path, "it is cut short");
  return size;
}

/// `size` bytes from `offset` on, fewer where the file ends, in a buffer that each thread keeps:
/// valid until its next call.
ByteView window(int fd, const std::string& path, std::uint64_t offset, std::size_t size) {
  thread_local ScratchBuffer buffer;
  const std::span<std::byte> room = buffer.room(size);
  const ssize_t count = fs::read_at(fd, room.data(), size, offset);
  if (count < 0) fs::throw_errno("read", path);
  return room.first(static_cast<std::size_t>(count));
}

}  // namespace

/// One entry as its head describes it.
struct PackFile::Entry {
  std::uint64_t offset = 0;
  EntryHead head;
  std::uint64_t base = 0;  ///< offset of a delta's base
  std::size_t stream = 0;  ///< where the zlib stream begins, from `offset`
  ByteView bytes;          ///< from `offset` on, until the window moves

  bool is_delta() const { return head.type == kOffsetDelta || head.type == kIdDelta; }
};

PackFile::PackFile(const std::string& stem, OpenPacks& open)
    : path_(stem + ".pack"),
      packs_(open),
      size_(checked_size(path_, packs_)),
      index_(stem + ".idx", size_) {
  const std::shared_ptr<OpenPack> pack = packs_.open(path_);
  const std::string_view head = as_text(window(pack->fd(), path_, 0, kPackHeadSize));
  const std::optional<std::uint32_t> count = parse_pack_head(head);
  if (!count) refuse_pack(path_, "it is no pack of version 2");
  if (*count != index_.size()) {
    refuse_pack(path_, fmt::format("it holds {} objects, its index {}", *count, index_.size()));
  }
  const std::string_view trailer =
      as_text(window(pack->fd(), path_, size_ - ObjectId::kSize, ObjectId::kSize));
  if (trailer != index_.pack_trailer().raw()) {
    refuse_pack(path_, "its checksum is not the one in its index");
  }
}

std::shared_ptr<OpenPack> PackFile::open() const {
  std::shared_ptr<OpenPack> pack = packs_.open(path_);
  // Offsets were checked against the size.
  if (pack->size() != size_) refuse_pack(path_, "its size has changed");
  return pack;
}

void PackFile::refuse(std::size_t position, const std::string& why) const {
  throw Error(
      Errc::Corrupt,
      fmt::format("cannot read object '{}' in {}", index_.id_at(position).hex(), quoted(path_)),
      why);
}

void PackFile::check_size(std::size_t position, std::uint64_t size, std::uint64_t limit) const {
  if (size > limit) {
    refuse(position, fmt::format("its header says {} bytes, more than {}", size, limit));
  }
}

PackFile::Entry PackFile::entry_at(OpenPack& pack, std::size_t position,
                                   std::uint64_t offset) const {
  const std::uint64_t left = size_ - ObjectId::kSize - offset;
  const ByteView bytes =
      window(pack.fd(), path_, offset, std::min<std::uint64_t>(left, kFirstRead));
  const std::optional<EntryHead> head = parse_entry_head(bytes);
  if (!head) refuse(position, "its entry has no valid head");
  Entry entry{offset, *head, 0, head->length, bytes};
  if (head->type == kOffsetDelta) {
    const std::optional<BaseDistance> base = parse_base_distance(bytes.subspan(head->length));
    if (!base || base->distance == 0 || base->distance > offset - kPackHeadSize) {
      refuse(position, "the base of a delta lies outside the pack");
    }
    entry.base = offset - base->distance;
    entry.stream += base->length;
  } else if (head->type == kIdDelta) {
    if (bytes.size() - head->length < ObjectId::kSize) refuse(position, "it is cut short");
    const std::optional<std::size_t> base =
        index_.find(ObjectId::from_raw(bytes.data() + head->length));
    if (!base) refuse(position, "the base of a delta is not in the pack");
    entry.base = index_.offset_at(*base);
    entry.stream += ObjectId::kSize;
  }
  if (!can_inflate_to(left - std::min<std::uint64_t>(left, entry.stream), head->size)) {
    refuse(position, fmt::format("its header says {} bytes, more than it can hold", head->size));
  }
  return entry;
}

int PackFile::base_type(OpenPack& pack, std::size_t position, Entry entry,
                        std::uint64_t limit) const {
  for (int depth = 0; entry.is_delta(); ++depth) {
    if (depth == kLongestChain) refuse(position, "its chain of deltas has no end");
    entry = entry_at(pack, position, entry.base);
    check_size(position, entry.head.size, limit);
  }
  return entry.head.type;
}

Object PackFile::read_delta(OpenPack& pack, std::size_t position, const Entry& entry,
                            std::uint64_t limit) const {
  // Sizes and ends of the whole chain are looked at before libgit2 follows it.
  base_type(pack, position, entry, limit);
  index_.check();  // libgit2 trusts it
  auto [type, bytes] = pack.deltas().read(index_.id_at(position), limit);
  return {static_cast<ObjectType>(type), std::move(bytes)};
}

Object PackFile::read_whole(OpenPack& pack, std::size_t position, const Entry& entry,
                            std::uint64_t limit) const {
  check_size(position, entry.head.size, limit);
  const std::uint64_t wanted = entry.stream + largest_stream(entry.head.size);
  const std::uint64_t most = std::min(size_ - ObjectId::kSize, entry.offset + wanted);
  Object object{static_cast<ObjectType>(entry.head.type), std::string(entry.head.size, '\0')};
  const auto inflate_to = [&](std::uint64_t end) {
    const std::size_t size = end - entry.offset;
    const ByteView bytes =
        entry.bytes.size() >= size ? entry.bytes : window(pack.fd(), path_, entry.offset, size);
    return bytes.size() >= entry.stream &&
           inflate_exactly(bytes.subspan(entry.stream),
                           std::as_writable_bytes(std::span(object.bytes)));
  };
  const bool is_long = most - entry.offset > entry.bytes.size();
  const std::uint64_t end = is_long ? std::min(most, end_of(entry.offset)) : most;
  // A damaged index may have the next entry begin within this one.
  if (!inflate_to(end) && (end == most || !inflate_to(most))) {
    refuse(position, "its bytes are damaged");
  }
  return object;
}

std::uint64_t PackFile::end_of(std::uint64_t offset) const {
  const std::uint64_t last = size_ - ObjectId::kSize;
  // Sorting takes as long as reading too far some times does; few objects are not worth it.
  if (asked_ends_.fetch_add(1, std::memory_order_relaxed) < index_.size() / kWorthSorting) {
    return last;
  }
  std::call_once(ordered_, [this] { offsets_ = index_.sorted_offsets(); });
  const auto next = std::upper_bound(offsets_.begin(), offsets_.end(), offset);
  return next == offsets_.end() ? last : std::min(*next, last);
}

Object PackFile::read(std::size_t position, std::uint64_t limit) const {
  const std::shared_ptr<OpenPack> pack = open();
  const Entry entry = entry_at(*pack, position, index_.offset_at(position));
  return entry.is_delta() ? read_delta(*pack, position, entry, limit)
                          : read_whole(*pack, position, entry, limit);
}

std::pair<ObjectType, std::uint64_t> PackFile::header(std::size_t position,
                                                      std::uint64_t limit) const {
  const std::shared_ptr<OpenPack> pack = open();
  const Entry entry = entry_at(*pack, position, index_.offset_at(position));
  const int type = base_type(*pack, position, entry, limit);
  if (entry.is_delta()) index_.check();  // libgit2 trusts it
  const std::uint64_t size =
      entry.is_delta() ? pack->deltas().header(index_.id_at(position)).second : entry.head.size;
  check_size(position, size, limit);
  return {static_cast<ObjectType>(type), size};
}

}  // namespace stravinsky
