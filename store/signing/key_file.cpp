#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "signing/key.hpp"
#include "signing/key_parts.hpp"
#include "signing/key_text.hpp"
#include "signing/openssh_key.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/object_id.hpp"

namespace stravinsky::signing {
namespace {

constexpr std::size_t kLargestFile = 64 << 10;

[[noreturn]] void refuse(const std::string& path, const std::string& why, std::string remedy = {}) {
  throw Error(Errc::Key, fmt::format("cannot use the signing key {}", quoted(path)), why,
              std::move(remedy));
}

/// Ours or root's, who could read it anyway.
bool is_trusted_owner(const struct stat& status) {
  return status.st_uid == geteuid() || status.st_uid == 0;
}

/// Whoever may write the directory may put another key, or a stale one, in the place of ours.
void require_safe_directory(const std::string& path, const std::string& directory) {
  const fs::Fd fd = fs::open(directory, O_PATH | O_DIRECTORY);
  const struct stat status = fs::stat_of(fd.get(), directory);
  if (!is_trusted_owner(status)) {
    refuse(path, fmt::format("another user owns its directory {}", quoted(directory)),
           "keep the key in a directory of your own");
  }
  if ((status.st_mode & 022) != 0) {
    refuse(path, fmt::format("others may write to its directory {}", quoted(directory)),
           fmt::format("run `chmod go-w {}`", quoted(directory)));
  }
}

fs::Fd open_key_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in the key's place must not hold us.
  fs::Fd fd = fs::open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd) return fd;
  const int error = errno;
  const std::string cause = std::generic_category().message(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
      refuse(path, cause,
             fmt::format("make one with `ssh-keygen -t ed25519 -N '' -f {}`", quoted(path)));
    case EACCES:
      refuse(path, cause, "use a key of your own");
    default:
      throw fs::errno_error("open", path, error);
  }
}

void require_private_file(int fd, const std::string& path) {
  const struct stat status = fs::stat_of(fd, path);
  if (!S_ISREG(status.st_mode)) refuse(path, "it is not a regular file");
  if (!is_trusted_owner(status)) refuse(path, "another user owns it", "use a key of your own");
  // The limit of ssh-keygen, which would refuse the key as well.
  if ((status.st_mode & 077) != 0) {
    refuse(path, fmt::format("its mode is {:04o}: others may use it", status.st_mode & 07777),
           fmt::format("run `chmod 600 {}`", quoted(path)));
  }
}

SecretBytes read_secret(int fd, const std::string& path) {
  SecretBytes text(kLargestFile + 1);
  const ssize_t size = fs::read_some(fd, text.data(), text.size());
  if (size < 0) fs::throw_errno("read", path);
  text.resize(static_cast<std::size_t>(size));
  if (text.size() > kLargestFile) refuse(path, "it is too large for a key");
  return text;
}

/// A name beside `path` that no other thread or process takes.
std::string temporary_beside(const std::string& path) {
  HexBytes<8, struct TemporaryTag> random;
  if (RAND_bytes(random.data(), random.kSize) != 1) {
    throw Error(Errc::Key, fmt::format("cannot create {}", quoted(path)),
                "OpenSSL's random generator failed");
  }
  return path + ".tmp-" + random.hex();
}

void require_absent(const std::string& path) {
  if (fs::exists(path)) throw fs::errno_error("create", path, EEXIST);
}

}  // namespace

namespace {

void require_safe_place(int fd, const std::string& path) {
  require_private_file(fd, path);
  require_safe_directory(path, fs::parent_of(path));
  require_safe_directory(path, fs::parent_of(fs::real_path(path)));  // `path` may be a link
}

constexpr std::string_view kLiteral = "key::";

}  // namespace

SigningKey read_key(const std::string& path) {
  const fs::Fd fd = open_key_file(path);
  require_safe_place(fd.get(), path);
  OpensshKey key = decode_openssh_key(view_of(read_secret(fd.get(), path)), path);
  return key_of(std::move(key.secret), std::move(key.comment));
}

SigningKey open_key(const KeySource& source) {
  if (source.key.starts_with(kLiteral)) {
    const PublicKey key = PublicKey::parse(std::string_view(source.key).substr(kLiteral.size()));
    if (!source.program.empty()) return program_key(key, source, {});
    return agent_key(key, {}, source.agent_socket);
  }
  const fs::Fd fd = open_key_file(source.key);
  const SecretBytes text = read_secret(fd.get(), source.key);
  const bool is_public = view_of(text).starts_with("ssh-");
  if (!is_public) require_safe_place(fd.get(), source.key);
  const PublicHalf half = decode_public_half(view_of(text), source.key);
  if (!source.program.empty()) return program_key(half.key, source, source.key);
  if (half.is_usable) {
    OpensshKey key = decode_openssh_key(view_of(text), source.key);
    return key_of(std::move(key.secret), std::move(key.comment));
  }
  // Without an agent, what is wrong with the file is the better thing to say.
  if (!is_public && source.agent_socket.empty()) return read_key(source.key);
  return agent_key(half.key, {}, source.agent_socket);
}

KeyText::KeyText(const SigningKey& key, const std::string& path) {
  if (key.parts_->secret == nullptr) {
    refuse(path, "its secret is with the agent or a program, which do not give it away");
  }
  secret_file = encode_openssh_key(*key.parts_->secret, key.principal());
  public_file = fmt::format("{} {}\n", key.public_key().line(), key.principal());
}

void require_place_for_key(const std::string& path) {
  require_safe_directory(path, fs::parent_of(path));
  require_absent(path);
  require_absent(path + ".pub");  // somebody's other key, perhaps one that only the agent holds
}

// The private file's name decides who wins; `.pub` follows and can be made again from it. A crash
// in between leaves a whole key without its `.pub`, which nothing of ours reads.
void write_key(const std::string& path, const SigningKey& key) {
  const std::string public_path = path + ".pub";
  require_place_for_key(path);
  const KeyText text(key, path);
  fs::create_durably(path, temporary_beside(path), as_bytes(view_of(text.secret_file)));
  fs::create_durably(public_path, temporary_beside(public_path), as_bytes(text.public_file), 0644);
}

}  // namespace stravinsky::signing
