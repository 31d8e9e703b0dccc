#include "objects/object.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "core/hash.hpp"

namespace stravinsky {

std::string_view name_of(ObjectType type) noexcept {
  switch (type) {
    case ObjectType::Commit:
      return "commit";
    case ObjectType::Tree:
      return "tree";
    case ObjectType::Blob:
      return "blob";
    case ObjectType::AnnotatedTag:
      return "tag";
  }
  return "unknown";
}

ObjectId id_of(ObjectType type, ByteView content) {
  thread_local Sha1Hasher hasher;
  const std::string_view name = name_of(type);
  std::array<char, 32> head;  // "commit ", 20 digits at most, NUL
  std::memcpy(head.data(), name.data(), name.size());
  char* end = head.data() + name.size();
  *end++ = ' ';
  end = std::to_chars(end, head.data() + head.size(), content.size()).ptr;
  *end++ = '\0';
  hasher.update(std::string_view(head.data(), static_cast<std::size_t>(end - head.data())));
  return hasher.update(content).finish();
}

}  // namespace stravinsky
