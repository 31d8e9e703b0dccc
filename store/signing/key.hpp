#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "stravinsky/object_id.hpp"

namespace stravinsky::signing {

/// The namespace of every signature we make: git's, so that `git verify-commit` accepts it.
inline constexpr std::string_view kNamespace = "git";

/// An Ed25519 public key, as in an authorized_keys line.
struct PublicKey {
  std::string raw;  ///< 32 bytes

  std::string blob() const;         ///< SSH wire form, 51 bytes
  std::string line() const;         ///< `ssh-ed25519 AAAA…`
  std::string fingerprint() const;  ///< `SHA256:…` without padding, as ssh-keygen prints it
  /// @throws Error Key for anything but `ssh-ed25519 BASE64 [comment]`
  static PublicKey parse(std::string_view line);
  static PublicKey from_blob(std::string_view blob);
  auto operator<=>(const PublicKey&) const = default;
};

/// An Ed25519 key that signs. The secret is cleansed from memory when it goes.
/// Threads: `sign` from any.
class SigningKey {
 public:
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  const PublicKey& public_key() const noexcept;
  /// Whom allowed_signers lists this key for: the key file's comment.
  const std::string& principal() const noexcept;
  /// The armoured SSHSIG over `message` in namespace `git` with SHA-512, without a final newline.
  std::string sign(std::string_view message) const;

 private:
  friend SigningKey generate_key(const std::string&);
  friend SigningKey read_key(const std::string&);
  friend void write_key(const std::string&, const SigningKey&);
  struct Parts;
  explicit SigningKey(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// A new key from OpenSSL's random generator. @param principal  such as `user@host`
SigningKey generate_key(const std::string& principal);

/// Reads an unencrypted openssh-key-v1 file.
/// @throws Error Key: missing, readable or writable by others, of another owner, encrypted (the
///         remedy points to the agent), of another type, or damaged
SigningKey read_key(const std::string& path);

/// Writes `path` (0600, O_EXCL, complete before its name appears) and `path`.pub (0644), both
/// durable; directories must exist. Two processes at once: one gets Error Exists.
void write_key(const std::string& path, const SigningKey& key);

}  // namespace stravinsky::signing
