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

namespace {

/// git's header of an object.
class Head {
 public:
  Head(ObjectType type, std::uint64_t size) {
    const std::string_view name = name_of(type);
    std::memcpy(text_.data(), name.data(), name.size());
    char* end = text_.data() + name.size();
    *end++ = ' ';
    end = std::to_chars(end, text_.data() + text_.size(), size).ptr;
    *end++ = '\0';
    size_ = static_cast<std::size_t>(end - text_.data());
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 32> text_;  // "commit ", 20 digits at most, NUL
  std::size_t size_;
};

}  // namespace

ObjectId id_of(ObjectType type, ByteView content) {
  thread_local Sha1Hasher hasher;
  return hasher.update(Head(type, content.size()).text()).update(content).finish();
}

HashedContent hash_content(ObjectType type, ByteView content) {
  const ShaPair pair = sha1_and_sha256(Head(type, content.size()).text(), content);
  return {content, pair.sha1, pair.sha256};
}

}  // namespace stravinsky
