#pragma once

#include <functional>
#include <optional>

#include "objects/object.hpp"

namespace stravinsky {

/// What is stored already under the id of new content.
enum class StoredCopy {
  None,      ///< nothing that could be used: absent, or damaged in every copy
  Same,      ///< the same bytes
  Collides,  ///< other bytes that hash to the same id
};

/// @param find  reads what is stored, checked against its id; empty when absent, throws when
/// damaged
/// @throws Error what `find` throws, but for Corrupt: then new content is stored beside the damage
StoredCopy compare_with_stored(const std::function<std::optional<Object>()>& find, ObjectType type,
                               ByteView content);

}  // namespace stravinsky
