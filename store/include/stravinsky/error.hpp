#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace stravinsky {

/// What kind of failure an `Error` is. `docs/errors.md` gives each its exit status and JSON name.
enum class Errc : std::uint8_t {
  NotFound,   ///< a snapshot, version, ref or path that does not exist
  NoStore,    ///< the store itself does not exist
  Exists,     ///< something is in the way
  Conflict,   ///< another writer moved what we compared with
  Changed,    ///< the live tree changed underneath
  Locked,     ///< another process holds a lock for longer than we wait
  Busy,       ///< a file is in use
  Corrupt,    ///< stored bytes are damaged
  Hostile,    ///< stored names or structures that must not be followed
  Invalid,    ///< the caller's words or settings are wrong
  Denied,     ///< no permission, a read-only medium, or a store others can reach
  NoSpace,    ///< the disk, the quota or the inodes are used up
  Key,        ///< the signing key is missing, unusable or readable by others
  Signature,  ///< a signature or the audit chain does not hold
  Cancelled,  ///< stopped at a safe point because the caller asked for it
  Io,         ///< any other failure of the system
};

/// The one exception the library throws. It reads as three sentences: what could not be done,
/// why, and what to type next.
class Error : public std::exception {
 public:
  Error(Errc code, std::string context, const std::string& cause, std::string remedy = {})
      : code_(code), remedy_(std::move(remedy)), line_(std::move(context) + ": " + cause) {}

  Errc code() const noexcept { return code_; }
  const std::string& remedy() const noexcept { return remedy_; }  ///< may be empty, never a guess
  const char* what() const noexcept override { return line_.c_str(); }

 private:
  Errc code_;
  std::string remedy_;
  std::string line_;
};

}  // namespace stravinsky
