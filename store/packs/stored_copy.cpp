#include "packs/stored_copy.hpp"

#include "stravinsky/error.hpp"

namespace stravinsky {

StoredCopy compare_with_stored(const std::function<std::optional<Object>()>& find, ObjectType type,
                               ByteView content) {
  try {
    const std::optional<Object> stored = find();
    if (!stored) return StoredCopy::None;
    const bool same = stored->type == type && stored->bytes == as_text(content);
    return same ? StoredCopy::Same : StoredCopy::Collides;
  } catch (const Error& error) {
    if (error.code() != Errc::Corrupt) throw;
    return StoredCopy::None;
  }
}

}  // namespace stravinsky
