#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fs/unfinished_file.hpp"
#include "objects/object.hpp"
#include "packs/pack_index.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

/// How the temporary names of unfinished packs and indexes begin.
inline constexpr std::string_view kUnfinishedPack = "pack-";

/// One pack while it is written.
///
/// A thread compresses on its own and copies the result into a shared piece under the lock; a full
/// piece is written outside it, at the place reserved for it, so writes need no order. Memory: a
/// piece for each thread and 32 bytes for each object. The first failure is final.
/// Threads: `add` from any; the rest from one, with no `add` running.
class PackBuilder {
 public:
  /// Creates nothing yet. @param level  as in zlib.hpp
  PackBuilder(std::string tmp_dir, int level);

  /// @throws Error of the errno, NoSpace
  void add(ObjectType type, const ObjectId& id, ByteView content);
  /// Adds an entry of another pack as it lies there: head and zlib stream of an object that is no
  /// delta. @param crc  of these bytes; the caller has checked it
  void copy(const ObjectId& id, std::uint32_t crc, ByteView entry);
  std::uint64_t objects() const;
  std::uint64_t bytes() const;  ///< of the pack so far

  void sync();
  /// See ObjectWriter::publish. At least one object was added. @returns `pack-<40 hex>`
  std::string publish(const std::string& objects_dir);

 private:
  struct Piece {
    std::unique_ptr<std::byte[]> bytes;
    std::uint64_t offset = 0;  ///< in the pack
    std::size_t used = 0;
  };

  fs::UnfinishedFile& file();
  void append(PackedObject object, ByteView entry);
  void write(const Piece& piece);
  void flush();
  /// Carries out `step`; its failure is that of the pack.
  template <typename Step>
  auto attempt(const Step& step);
  void fail(const Error& error);
  void require_sound() const;
  ObjectId write_head_and_trailer();
  void check_published(const std::string& stem, const ObjectId& trailer);

  const std::string tmp_dir_;
  const int level_;
  mutable std::mutex mutex_;  ///< of all that follows
  std::optional<fs::UnfinishedFile> file_;
  Piece piece_;  ///< the last bytes of the pack
  std::vector<std::unique_ptr<std::byte[]>> spare_;
  std::uint64_t end_;
  std::vector<PackedObject> objects_;
  std::optional<Error> failure_;  ///< the first: its reason is that of all that follow
};

}  // namespace stravinsky
