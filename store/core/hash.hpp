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

/// Both use a context kept per thread.
Sha256 sha256(ByteView bytes);
inline Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }
ObjectId sha1(ByteView bytes);

}  // namespace stravinsky
