#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// git's object types, numbered as in a pack.
enum class ObjectType : std::uint8_t { Commit = 1, Tree = 2, Blob = 3, AnnotatedTag = 4 };

/// `commit`, `tree`, `blob` or `tag`.
std::string_view name_of(ObjectType type) noexcept;

/// An object's type and its content without git's header.
struct Object {
  ObjectType type = ObjectType::Blob;
  std::string bytes;
};

/// The SHA-1 of git's header `<type> <size>\0` and the content.
ObjectId id_of(ObjectType type, ByteView content);

/// An object's content, with both hashes it is known by.
struct HashedContent {
  ByteView bytes;
  ObjectId id;
  Sha256 digest;  ///< of `bytes` alone
};
/// Both hashes in one pass. What it returns looks at `content`.
HashedContent hash_content(ObjectType type, ByteView content);

/// The tree without entries, which git knows without storing it.
inline const ObjectId kEmptyTree = *ObjectId::from_hex("4b825dc642cb6eb9a060e54bf8d69288fbee4904");

}  // namespace stravinsky
