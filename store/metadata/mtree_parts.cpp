#include <algorithm>

#include "core/hash.hpp"
#include "metadata/mtree.hpp"
#include "metadata/vis.hpp"

namespace stravinsky {
namespace {

/// Whether a part ends after the line of this entry: its SHA-256, the first 8 bytes big-endian, is
/// 0 mod 1,024. It hangs on the name alone, so an entry more or less moves no other cut.
bool ends_part(std::string_view line) {
  // The text may be any bytes when a reader asks: what is no name's spelling ends no part.
  const auto name = decode_vis(line.substr(0, line.find(' ')));
  if (!name) return false;
  const Sha256 hash = sha256(*name);
  return (hash.data()[6] & 3) == 0 && hash.data()[7] == 0;
}

}  // namespace

std::vector<std::size_t> mtree_parts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines <= kMaxEntriesInOnePart + 1) return starts;  // the first line is the directory's own
  std::size_t position = text.find('\n') + 1;
  while (starts.size() < kMaxParts) {
    const std::size_t end = text.find('\n', position);
    // Nothing follows the last line: a part never is empty.
    if (end == std::string_view::npos || end + 1 == text.size()) break;
    if (ends_part(text.substr(position, end - position))) starts.push_back(end + 1);
    position = end + 1;
  }
  return starts;
}

}  // namespace stravinsky
