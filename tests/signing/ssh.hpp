#pragma once

#include <string>
#include <string_view>

#include "support/temp_dir.hpp"

namespace stravinsky::test {

/// An Ed25519 key that ssh-keygen makes, with options of its own. @returns its path
inline std::string ssh_key(const TempDir& dir, const std::string& name,
                           const std::string& options = "-t ed25519 -N '' -C alice@example.com") {
  std::string path = dir / name;
  output_of("ssh-keygen -q " + options + " -f " + path);
  return path;
}

/// What `ssh-keygen -Y sign` makes of a message: the armour with its final newline.
inline std::string ssh_sign(const TempDir& dir, const std::string& key, std::string_view message,
                            const std::string& options = "-n git") {
  write_file(dir / "to-sign", message);
  return output_of("ssh-keygen -q -Y sign -f " + key + " " + options + " <" + (dir / "to-sign"));
}

/// Whether `ssh-keygen -Y verify` accepts it for `principal` in namespace git.
inline bool ssh_verifies(const TempDir& dir, std::string_view allowed, const std::string& principal,
                         std::string_view message, std::string_view armour) {
  write_file(dir / "allowed", allowed);
  write_file(dir / "message", message);
  write_file(dir / "signature", armour);
  return run("ssh-keygen -Y verify -n git -f " + (dir / "allowed") + " -I '" + principal + "' -s " +
             (dir / "signature") + " <" + (dir / "message"))
             .status == 0;
}

}  // namespace stravinsky::test
