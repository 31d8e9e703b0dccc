#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stravinsky {

/// A pack as the choice of what to fold sees it.
struct PackSize {
  std::string stem;  ///< path without `.pack`
  std::uint64_t bytes = 0;
};

/// The packs that should become one, smallest first; empty when there are few enough.
///
/// Above them each pack is at least twice as large as all smaller ones together, so that their
/// number grows with the logarithm of the store and each byte is copied that often at most. Up to
/// seven small packs stay as they are: not every snapshot pays for a copy.
/// @param most_bytes  larger sums are left alone: what one call may copy
std::vector<PackSize> choose_packs_to_fold(std::vector<PackSize> packs, std::uint64_t most_bytes);

/// Makes one pack of the small ones in `<objects_dir>/pack`. Compressed objects are copied as they
/// lie there, each checked against its CRC; an object in several packs is kept once. Packs with
/// deltas, and those that git was told to keep, stay.
///
/// The caller holds `lock.objects` exclusively: no writer of ours relies on a pack that goes.
/// Readers that opened one keep it, others find its objects when they list the packs again.
/// @param tmp_dir  for the unfinished pack
/// @returns how many packs became one; 0: nothing to do
/// @throws Error Corrupt: an object is damaged, nothing was changed; NoSpace, Io
std::size_t fold_packs(const std::string& objects_dir, const std::string& tmp_dir,
                       std::uint64_t most_bytes);

}  // namespace stravinsky
