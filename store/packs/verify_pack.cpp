#include "packs/verify_pack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/regular_file.hpp"
#include "objects/zlib.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kBatch = 256;  // objects a job looks at

using Order = std::vector<std::size_t>;  // see PackIndex::by_offset

/// Reads a pack from front to end in pieces.
class Pass {
 public:
  explicit Pass(const PackFile& pack)
      : path_(pack.path()),
        file_(fs::open_regular_file(path_)),
        piece_(std::make_unique_for_overwrite<std::byte[]>(kPiece)) {}

  /// The CRC of the bytes from here to `end`, all of which the SHA-1 takes in too.
  std::uint32_t crc_to(std::uint64_t end) {
    std::uint32_t crc = 0;
    while (at_ < end) {
      const ByteView bytes = next(end - at_);
      crc = crc32(bytes, crc);
      hasher_.update(bytes);
    }
    return crc;
  }
  bool trailer_fits() {
    std::string trailer;
    while (trailer.size() < ObjectId::kSize) {
      trailer += as_text(next(ObjectId::kSize - trailer.size()));
    }
    return trailer == hasher_.finish().raw();
  }

 private:
  /// What is next in the piece, `most` bytes of it; at its end another piece is read.
  ByteView next(std::uint64_t most) {
    if (rest_.empty()) {
      const ssize_t count = fs::read_at(file_.fd.get(), piece_.get(), kPiece, at_);
      if (count < 0) fs::throw_errno("read", path_);
      if (count == 0) {
        throw Error(Errc::Corrupt, fmt::format("cannot read pack {}", quoted(path_)),
                    "it became shorter");
      }
      rest_ = {piece_.get(), static_cast<std::size_t>(count)};
    }
    const ByteView bytes = rest_.first(std::min<std::uint64_t>(most, rest_.size()));
    rest_ = rest_.subspan(bytes.size());
    at_ += bytes.size();
    return bytes;
  }

  std::string path_;
  fs::RegularFile file_;
  std::unique_ptr<std::byte[]> piece_;
  ByteView rest_;         ///< of the piece
  std::uint64_t at_ = 0;  ///< of the pack
  Sha1Hasher hasher_;
};

void verify_bytes(const PackFile& pack, const Order& order, const ReportDamage& report) {
  const PackIndex& index = pack.index();
  Pass pass(pack);
  pass.crc_to(order.empty() ? pack.size() - ObjectId::kSize : index.offset_at(order.front()));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint64_t end =
        i + 1 < order.size() ? index.offset_at(order[i + 1]) : pack.size() - ObjectId::kSize;
    if (pass.crc_to(end) != index.crc_at(order[i])) {
      report(index.id_at(order[i]), "its bytes in the pack do not have the CRC in the index");
    }
  }
  if (!pass.trailer_fits()) report(std::nullopt, "the pack's checksum is wrong");
}

void verify_object(const PackFile& pack, std::size_t position, std::uint64_t limit,
                   const TakeBlob& take, const ReportDamage& report) {
  const ObjectId id = pack.index().id_at(position);
  try {
    if (!is_sound(pack.read(position, limit), id, take)) {
      report(id, "its content does not hash to its id");
    }
  } catch (const Error& error) {
    report(id, error.what());
  }
}

}  // namespace

bool is_sound(const Object& object, const ObjectId& id, const TakeBlob& take) {
  const ByteView bytes = as_bytes(object.bytes);
  if (!take || object.type != ObjectType::Blob) return id_of(object.type, bytes) == id;
  const HashedContent hashed = hash_content(object.type, bytes);
  if (hashed.id != id) return false;
  take(hashed);
  return true;
}

void verify_pack(const PackFile& pack, std::uint64_t limit, WorkerPool& pool,
                 const std::function<void(std::uint64_t)>& progress, const TakeBlob& take,
                 const ReportDamage& report) {
  Order order;
  try {
    order = pack.index().by_offset();
    verify_bytes(pack, order, report);
  } catch (const Error& error) {
    report(std::nullopt, error.what());
  }
  std::mutex mutex;
  const ReportDamage report_one = [&](const std::optional<ObjectId>& id, const std::string& what) {
    const std::lock_guard lock(mutex);
    report(id, what);
  };
  for (std::size_t from = 0; from < order.size(); from += kBatch) {
    const std::size_t to = std::min(from + kBatch, order.size());
    pool.submit([&, from, to] {
      for (std::size_t i = from; i < to; ++i) {
        verify_object(pack, order[i], limit, take, report_one);
      }
      const std::uint64_t end = to < order.size() ? pack.index().offset_at(order[to]) : pack.size();
      const std::lock_guard lock(mutex);
      progress(end - pack.index().offset_at(order[from]));
    });
  }
  pool.wait();
}

}  // namespace stravinsky
