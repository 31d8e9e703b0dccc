#pragma once

#include <cerrno>
#include <filesystem>
#include <string>

#include "stravinsky/error.hpp"

namespace stravinsky::hooks {

/// What the standard library says of a file, as an error that names it.
/// @param action  "read"
/// @param what    a path, or what else the user calls it
inline Error cannot_do(const std::string& action, const std::string& what,
                       const std::error_code& code) {
  const Errc kind = code == std::errc::permission_denied ? Errc::Denied
                    : code == std::errc::no_space_on_device ||
                            code == std::error_code(EDQUOT, std::generic_category())
                        ? Errc::NoSpace
                        : Errc::Io;
  return Error(kind, "cannot " + action + " " + what, code.message());
}

inline Error cannot_read(const std::string& what, const std::filesystem::filesystem_error& error) {
  return cannot_do("read", what, error.code());
}

}  // namespace stravinsky::hooks
