#include "core/random.hpp"

#include <openssl/rand.h>

#include "stravinsky/error.hpp"

namespace stravinsky {

std::uint64_t random_number() {
  std::uint64_t value = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) != 1) {
    throw Error(Errc::Io, "cannot draw a random number", "the system's generator failed");
  }
  return value;
}

}  // namespace stravinsky
