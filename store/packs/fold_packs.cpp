// The order is the guarantee. What a crash after each step leaves behind:
//   1  an unfinished pack               the next writer removes it
//   2  every object twice               the next fold keeps one of each
//   3  some of the old packs unindexed  git and we pass them over; gc drops them
//   4  nothing
#include "packs/fold_packs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_set>

#include "core/scratch_buffer.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "objects/zlib.hpp"
#include "packs/pack_builder.hpp"
#include "packs/pack_file.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// Fewer packs than this are not worth a copy and three fsyncs.
constexpr std::size_t kFewest = 8;

/// Every pack with nothing beside it but its index: git's `.keep` and its like say "leave it".
std::vector<PackSize> list_packs(const std::string& pack_dir) {
  std::vector<std::string> names;
  for (const fs::DirectoryEntry& entry : fs::list_directory(pack_dir)) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  std::vector<PackSize> packs;
  for (std::size_t i = 0; i < names.size();) {
    const std::string stem = names[i].substr(0, names[i].rfind('.'));
    std::size_t end = i;
    while (end < names.size() && names[end].starts_with(stem + ".")) ++end;
    const bool alone = end == i + 2 && names[i] == stem + ".idx" && names[i + 1] == stem + ".pack";
    if (alone && stem.starts_with("pack-")) {
      const auto status = fs::find_stat(pack_dir + "/" + names[i + 1]);
      if (status) {
        packs.push_back({pack_dir + "/" + stem, static_cast<std::uint64_t>(status->st_size)});
      }
    }
    i = std::max(end, i + 1);
  }
  return packs;
}

/// Copies the objects of packs into a new one, each once.
class Copier {
 public:
  explicit Copier(PackBuilder& target) : target_(target) {}

  /// @returns false when the pack has a delta, whose base could come to lie elsewhere
  bool copy(const PackFile& pack) {
    const PackIndex& index = pack.index();
    const std::vector<std::size_t> order = index.by_offset();
    const fs::RegularFile file = fs::open_regular_file(pack.path());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint64_t start = index.offset_at(order[i]);
      const std::uint64_t end =
          i + 1 < order.size() ? index.offset_at(order[i + 1]) : pack.size() - ObjectId::kSize;
      const ByteView entry = read(file, pack.path(), start, end - start);
      const ObjectId id = index.id_at(order[i]);
      const std::optional<EntryHead> head = parse_entry_head(entry);
      if (crc32(entry) != index.crc_at(order[i]) || !head) {
        throw Error(Errc::Corrupt, fmt::format("cannot fold pack {}", quoted(pack.path())),
                    fmt::format("object '{}' is damaged", id.hex()),
                    "stravinsky verify --read-data");
      }
      if (head->type == kOffsetDelta || head->type == kIdDelta) return false;
      if (copied_.insert(id).second) target_.copy(id, index.crc_at(order[i]), entry);
    }
    return true;
  }

 private:
  ByteView read(const fs::RegularFile& file, const std::string& path, std::uint64_t offset,
                std::uint64_t size) {
    const std::span<std::byte> room = buffer_.room(size);
    const ssize_t count = fs::read_at(file.fd.get(), room.data(), size, offset);
    if (count < 0) fs::throw_errno("read", path);
    return room.first(static_cast<std::size_t>(count));
  }

  PackBuilder& target_;
  ScratchBuffer buffer_;
  std::unordered_set<ObjectId> copied_;
};

/// @returns the pack that cannot be folded, if there is one
std::optional<std::string> copy_all(const std::vector<PackSize>& packs, PackBuilder& target) {
  OpenPacks open;
  Copier copier(target);
  for (const PackSize& pack : packs) {
    if (!copier.copy(PackFile(pack.stem, open))) return pack.stem;
  }
  return std::nullopt;
}

void remove_packs(const std::vector<PackSize>& packs, const std::string& made,
                  const std::string& pack_dir) {
  // Index first, and durably: one that came back without its pack would look like damage.
  for (const char* suffix : {".idx", ".pack"}) {
    for (const PackSize& pack : packs) {
      if (pack.stem != made) fs::remove_file(pack.stem + suffix);
    }
    if (suffix == std::string_view(".idx")) fs::sync_directory(pack_dir);  // 3
  }
}

}  // namespace

std::vector<PackSize> choose_packs_to_fold(std::vector<PackSize> packs, std::uint64_t most_bytes) {
  std::sort(packs.begin(), packs.end(), [](const PackSize& a, const PackSize& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.stem < b.stem;
  });
  std::uint64_t smaller = 0;
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < packs.size() && smaller + packs[i].bytes <= most_bytes; ++i) {
    if (packs[i].bytes < 2 * smaller) chosen = i + 1;
    smaller += packs[i].bytes;
  }
  packs.resize(chosen < kFewest ? 0 : chosen);
  return packs;
}

std::size_t fold_packs(const std::string& objects_dir, const std::string& tmp_dir,
                       std::uint64_t most_bytes) {
  const std::string pack_dir = objects_dir + "/pack";
  if (!fs::exists(pack_dir)) return 0;
  std::vector<PackSize> packs = list_packs(pack_dir);
  for (;;) {
    const std::vector<PackSize> chosen = choose_packs_to_fold(packs, most_bytes);
    if (chosen.empty()) return 0;
    PackBuilder target(tmp_dir, 0);
    if (const auto unfit = copy_all(chosen, target)) {
      std::erase_if(packs, [&](const PackSize& pack) { return pack.stem == *unfit; });
      continue;
    }
    const std::string made = pack_dir + "/" + target.publish(objects_dir);  // 1, 2
    remove_packs(chosen, made, pack_dir);                                   // 3, 4
    return chosen.size();
  }
}

}  // namespace stravinsky
