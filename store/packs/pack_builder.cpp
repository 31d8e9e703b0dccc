#include "packs/pack_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/hash.hpp"
#include "core/scratch_buffer.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "objects/zlib.hpp"
#include "packs/open_packs.hpp"
#include "packs/pack_entry.hpp"
#include "packs/pack_file.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kPieceSize = 1024 * 1024;
constexpr mode_t kFinalMode = 0444;  // git's own: nobody writes to a pack

/// The SHA-1 of the first `size` bytes, which lie in the page cache.
ObjectId hash_file(int fd, const std::string& path, std::uint64_t size) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kPieceSize);
  Sha1Hasher hasher;
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceSize, size - at));
    const ssize_t count = fs::read_at(fd, buffer.get(), wanted, at);
    if (count < 0) fs::throw_errno("read", path);
    if (static_cast<std::size_t>(count) != wanted) {
      throw Error(Errc::Changed, fmt::format("cannot finish {}", quoted(path)),
                  "somebody else made it shorter", "run the command again");
    }
    hasher.update(ByteView(buffer.get(), wanted));
    at += wanted;
  }
  return hasher.finish();
}

}  // namespace

PackBuilder::PackBuilder(std::string tmp_dir, int level)
    : tmp_dir_(std::move(tmp_dir)), level_(level), end_(kPackHeadSize) {
  piece_.offset = end_;
}

std::uint64_t PackBuilder::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_.size();
}

std::uint64_t PackBuilder::bytes() const {
  const std::lock_guard lock(mutex_);
  return objects_.empty() ? 0 : end_ + ObjectId::kSize;
}

fs::UnfinishedFile& PackBuilder::file() {
  if (!file_) {
    fs::make_directory(tmp_dir_);
    file_.emplace(tmp_dir_, kUnfinishedPack);
  }
  return *file_;
}

template <typename Step>
auto PackBuilder::attempt(const Step& step) {
  try {
    return step();
  } catch (const Error& error) {
    fail(error);
    throw;
  } catch (const std::exception& error) {
    fail(
        Error(Errc::Io, fmt::format("cannot add to a pack in {}", quoted(tmp_dir_)), error.what()));
    throw;
  }
}

void PackBuilder::add(ObjectType type, const ObjectId& id, ByteView content) {
  thread_local ScratchBuffer buffer;
  attempt([&] {
    const std::span<std::byte> entry = buffer.room(kLargestEntryHead + zlib_room(content.size()));
    std::array<std::byte, kLargestEntryHead> head;
    const std::size_t length = encode_entry_head(head, static_cast<int>(type), content.size());
    std::memcpy(entry.data(), head.data(), length);
    const std::size_t size = length + write_zlib(entry.subspan(length), content, level_);
    const ByteView bytes = entry.first(size);
    append({id, 0, crc32(bytes)}, bytes);
  });
}

void PackBuilder::copy(const ObjectId& id, std::uint32_t crc, ByteView entry) {
  attempt([&] { append({id, 0, crc}, entry); });
}

void PackBuilder::append(PackedObject object, ByteView entry) {
  Piece full;
  const bool alone = entry.size() > kPieceSize / 2;  // worth a write of its own
  {
    const std::lock_guard lock(mutex_);
    require_sound();
    if (objects_.size() == std::numeric_limits<std::uint32_t>::max()) {
      throw Error(Errc::Invalid, "cannot add to a pack", "it has 4,294,967,295 objects already");
    }
    file();
    object.offset = end_;
    objects_.push_back(object);
    end_ += entry.size();
    if (alone || !piece_.bytes || piece_.used + entry.size() > kPieceSize) {
      full = std::move(piece_);
      piece_ = Piece{nullptr, alone ? end_ : object.offset, 0};
    }
    if (!alone) {
      if (!piece_.bytes && !spare_.empty()) {
        piece_.bytes = std::move(spare_.back());
        spare_.pop_back();
      }
      if (!piece_.bytes) piece_.bytes = std::make_unique_for_overwrite<std::byte[]>(kPieceSize);
      std::memcpy(piece_.bytes.get() + piece_.used, entry.data(), entry.size());
      piece_.used += entry.size();
    }
  }
  write(full);
  if (alone) file_->write_at(entry, object.offset);
  if (full.bytes) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(full.bytes));
  }
}

void PackBuilder::write(const Piece& piece) {
  if (piece.used != 0) file_->write_at({piece.bytes.get(), piece.used}, piece.offset);
}

void PackBuilder::flush() {
  require_sound();
  write(piece_);
  piece_ = Piece{nullptr, end_, 0};
}

void PackBuilder::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = error;
}

// Whoever comes after the first failure is told the same: a full disk stays a full disk, on
// whichever thread it is noticed and whichever chunk is asked for first.
void PackBuilder::require_sound() const {
  if (failure_) throw Error(*failure_);
}

void PackBuilder::sync() {
  if (objects() == 0) return;
  attempt([&] {
    flush();
    fs::sync_file(file_->fd(), file_->path());
  });
}

ObjectId PackBuilder::write_head_and_trailer() {
  const std::string head = encode_pack_head(static_cast<std::uint32_t>(objects_.size()));
  file_->write_at(as_bytes(head), 0);
  const ObjectId trailer = hash_file(file_->fd(), file_->path(), end_);
  file_->write_at(as_bytes(trailer.raw()), end_);
  return trailer;
}

// The order is the guarantee. What a crash after each step leaves behind:
//   1  files in the temporary directory     the next writer removes them
//   2  a pack without an index              nobody reads it; gc drops it
//   3  both names, perhaps not durable      as 1 or 2 after a power cut: no ref names it yet
//   4  the pack is there                    the caller moves refs only now
std::string PackBuilder::publish(const std::string& objects_dir) {
  return attempt([&] {
    flush();
    const ObjectId trailer = write_head_and_trailer();
    file_->finish(kFinalMode);
    fs::UnfinishedFile index(tmp_dir_, kUnfinishedPack);
    index.write_at(as_bytes(encode_pack_index(objects_, trailer)), 0);
    index.finish(kFinalMode);  // 1

    const std::string pack_dir = objects_dir + "/pack";
    std::string name = "pack-" + trailer.hex();
    const std::string stem = pack_dir + "/" + name;
    if (fs::make_directory(pack_dir)) fs::sync_directory(objects_dir);
    // A pack of that name would have these very bytes, or be damaged: ours may take its place.
    file_->publish(stem + ".pack");  // 2
    try {
      index.publish(stem + ".idx");  // 3
    } catch (...) {
      if (!fs::exists(stem + ".idx")) fs::remove_file(stem + ".pack");
      throw;
    }
    fs::sync_directory(pack_dir);  // 4
    check_published(stem, trailer);
    return name;
  });
}

void PackBuilder::check_published(const std::string& stem, const ObjectId& trailer) {
  OpenPacks open;
  const PackFile pack(stem, open);
  const PackIndex& index = pack.index();
  index.check();
  bool complete = index.size() == objects_.size() && index.pack_trailer() == trailer;
  for (const PackedObject& object : objects_) {
    const std::optional<std::size_t> position = index.find(object.id);
    complete = complete && position && index.offset_at(*position) == object.offset;
  }
  if (!complete) {
    throw Error(Errc::Corrupt, fmt::format("cannot publish pack {}", quoted(pack.path())),
                "what was written is not what is there", "check the disk and memory");
  }
}

}  // namespace stravinsky
