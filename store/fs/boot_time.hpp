#pragma once

#include "stravinsky/time.hpp"

namespace stravinsky::fs {

/// When this machine started, by the system's clock as it is set now.
Timestamp boot_time();

}  // namespace stravinsky::fs
