#pragma once

#include <cstdint>
#include <string>

namespace stravinsky::fs {

/// Who and where this process is.
struct SystemFacts {
  std::uint32_t uid = 0, gid = 0;  ///< effective
  std::string os, machine;         ///< as uname(2) says
};
SystemFacts system_facts();

}  // namespace stravinsky::fs
