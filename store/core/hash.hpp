#pragma once

#include <memory>

#include "core/bytes.hpp"
#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// One running SHA-1 or SHA-256 by OpenSSL, reusable: `finish` starts it anew.
/// A context costs an allocation, so hot loops keep one per thread. Threads: one at a time.
template <typename Result>
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept = default;
  Hasher& operator=(Hasher&&) noexcept = default;

  Hasher& update(ByteView bytes);
  Hasher& update(std::string_view text) { return update(as_bytes(text)); }
  Result finish();

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  std::unique_ptr<void, Free> context_;
};

using Sha1Hasher = Hasher<ObjectId>;
using Sha256Hasher = Hasher<Sha256>;

/// These use contexts kept per thread.
Sha256 sha256(ByteView bytes);
inline Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }
ObjectId sha1(ByteView bytes);

struct ShaPair {
  ObjectId sha1;
  Sha256 sha256;
};
/// SHA-1 of `head` and `content` in a row, and SHA-256 of `content`, in one pass where the
/// processor can: it takes little longer than one of them. Threads: any.
/// @param head  64 bytes at most
ShaPair sha1_and_sha256(std::string_view head, ByteView content);

}  // namespace stravinsky
