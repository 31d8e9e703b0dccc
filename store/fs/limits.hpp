#pragma once

#include <cstddef>

#include "stravinsky/time.hpp"

namespace stravinsky::fs {

/// How many descriptors this process may have open.
std::size_t descriptor_limit() noexcept;

/// The clock that the kernel stamps files with: that of the last tick, up to some milliseconds
/// behind the system's.
class FileClock final : public Clock {
 public:
  Timestamp now() const override;
};

}  // namespace stravinsky::fs
