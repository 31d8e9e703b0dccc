#pragma once

#include <cstdint>

namespace stravinsky {

/// 64 bits from OpenSSL's generator, for names that must differ. @throws Error Io
std::uint64_t random_number();

}  // namespace stravinsky
