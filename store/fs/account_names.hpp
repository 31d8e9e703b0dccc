#pragma once

#include <cstdint>
#include <string>

namespace stravinsky::fs {

/// The name of a user or group; empty when the system knows none. Threads: any.
std::string user_name(std::uint32_t uid);
std::string group_name(std::uint32_t gid);

}  // namespace stravinsky::fs
