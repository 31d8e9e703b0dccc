#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "stravinsky/object_id.hpp"

namespace stravinsky::signing {

/// The namespace of every signature we make: git's, so that `git verify-commit` accepts it.
inline constexpr std::string_view kNamespace = "git";

/// The one type of key we make and accept.
inline constexpr std::string_view kKeyType = "ssh-ed25519";

/// An Ed25519 public key, as in an authorized_keys line.
struct PublicKey {
  std::string raw;  ///< 32 bytes; not every value is a point of the curve

  std::string blob() const;         ///< SSH wire form, 51 bytes
  std::string line() const;         ///< `ssh-ed25519 AAAA…`
  std::string fingerprint() const;  ///< `SHA256:…` without padding, as ssh-keygen prints it
  /// @throws Error Key for anything but `ssh-ed25519 BASE64 [comment]`, one final newline allowed
  static PublicKey parse(std::string_view line);
  /// @throws Error Key
  static PublicKey from_blob(std::string_view blob);
  auto operator<=>(const PublicKey&) const = default;
};

/// An Ed25519 key that signs, by itself or through an agent or a program. A secret that we hold is
/// cleansed from memory when it goes. Threads: `sign` from any.
class SigningKey {
 public:
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  const PublicKey& public_key() const noexcept;
  /// Whom allowed_signers lists this key for: the key file's comment. A file from elsewhere may
  /// have any comment, an empty one too: ask `is_principal` (verify.hpp) before listing it.
  const std::string& principal() const noexcept;
  /// Names somebody else, as a list of signers does. @throws Error Invalid: `is_principal` refuses
  void set_principal(const std::string& principal);
  /// The armoured SSHSIG over `message` in namespace `git` with SHA-512, without a final newline.
  /// @throws Error Key: agent or program refused, or what they gave does not hold
  std::string sign(std::string_view message) const;
  /// The bare Ed25519 signature, 64 bytes, over text that no SSH signature is made over.
  /// @throws Error Key: as `sign`; a program makes SSH signatures only
  std::string sign_bytes(std::string_view text) const;

  struct Parts;  ///< for the files of this folder
  explicit SigningKey(std::unique_ptr<Parts> parts);

 private:
  friend struct KeyText;
  std::unique_ptr<Parts> parts_;
};

/// A new key from OpenSSL's random generator.
/// @param principal  such as `user@host`
/// @throws Error Invalid when `is_principal` (verify.hpp) refuses it
SigningKey generate_key(const std::string& principal);

/// Reads an unencrypted openssh-key-v1 file; a link to one is followed.
///
/// The owner must be us or root. So must the owner of its directory (of a link: both directories),
/// which only the owner may write: elsewhere others could put another key in its place.
/// @throws Error Key: missing, readable or writable by others, of another owner, encrypted (the
///         remedy points to the agent), of another type, or damaged
SigningKey read_key(const std::string& path);

/// Which key signs, and how to reach it.
struct KeySource {
  /// A private key's file; the file of a public key, or `key::ssh-ed25519 AAAA…`, whose secret the
  /// agent holds.
  std::string key;
  std::string program;       ///< called as git calls gpg.ssh.program; empty: none
  std::string agent_socket;  ///< what SSH_AUTH_SOCK says; empty: there is no agent
  std::string temp_dir;      ///< where the program is handed what it signs
};

/// Opens a key: a program if there is one, else the file itself, else the agent, which is asked for
/// public keys and for files that are encrypted.
/// @throws Error Key: as `read_key`; nobody holds the secret
SigningKey open_key(const KeySource& source);

/// Writes `path` (0600) and `path`.pub (0644 less the umask), each durable and complete before its
/// name appears.
///
/// A crash or an error may leave `path` without its .pub; a crash also leaves a temporary,
/// `path` or `path`.pub with .tmp- and 16 hex digits behind it.
/// @param path  its directory exists and passes the rules of `read_key`
/// @throws Error  Exists: one of the two is there. Of two processes at once one gets it: the key
///                is then there to be read, and ours is not the one. Key: the directory is unsafe
void write_key(const std::string& path, const SigningKey& key);

}  // namespace stravinsky::signing
