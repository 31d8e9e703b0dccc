#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "objects/object.hpp"
#include "packs/open_packs.hpp"
#include "packs/pack_entry.hpp"
#include "packs/pack_index.hpp"

namespace stravinsky {

/// One pack with its index, both checked against each other when it is made. What is read is not
/// checked against its id: that is for the caller. Threads: any.
class PackFile {
 public:
  /// @param stem  path of the pack without `.pack`
  /// @param open  outlives the pack
  /// @throws Error Corrupt, or of the errno (NotFound when a file is missing)
  PackFile(const std::string& stem, OpenPacks& open);

  const std::string& path() const noexcept { return path_; }  ///< of the `.pack`
  const PackIndex& index() const noexcept { return index_; }
  std::uint64_t size() const noexcept { return size_; }

  /// @param limit  the most bytes an object may have
  /// @throws Error Corrupt, naming the object and the pack
  Object read(std::size_t position, std::uint64_t limit) const;
  std::pair<ObjectType, std::uint64_t> header(std::size_t position, std::uint64_t limit) const;

 private:
  struct Entry;
  Entry entry_at(OpenPack& pack, std::size_t position, std::uint64_t offset) const;
  int base_type(OpenPack& pack, std::size_t position, Entry entry, std::uint64_t limit) const;
  Object read_delta(OpenPack& pack, std::size_t position, const Entry& entry,
                    std::uint64_t limit) const;
  Object read_whole(OpenPack& pack, std::size_t position, const Entry& entry,
                    std::uint64_t limit) const;
  /// Where the stream of an entry at `offset` ends at the latest.
  std::uint64_t end_of(std::uint64_t offset) const;
  std::shared_ptr<OpenPack> open() const;
  void check_size(std::size_t position, std::uint64_t size, std::uint64_t limit) const;
  [[noreturn]] void refuse(std::size_t position, const std::string& why) const;

  std::string path_;
  OpenPacks& packs_;
  std::uint64_t size_;
  PackIndex index_;
  mutable std::atomic<std::size_t> asked_ends_{0};
  mutable std::once_flag ordered_;
  mutable std::vector<std::uint64_t> offsets_;  ///< of all entries, in order
};

}  // namespace stravinsky
