// The agent's protocol (draft-ietf-sshm-ssh-agent): a u32 length, a byte that says what follows,
// and the rest in SSH's wire form. It signs whatever bytes it is given; those of an SSH signature
// are its inside, so that the agent need not know the form.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "fs/fd.hpp"
#include "signing/key_parts.hpp"
#include "signing/sshsig.hpp"
#include "signing/wire.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::signing {
namespace {

constexpr char kRequestIdentities = 11, kIdentities = 12, kSignRequest = 13, kSigned = 14;
constexpr std::uint32_t kLargestAnswer = 256 << 10;
/// Somebody may have to touch a token or to answer a question first.
constexpr timeval kPatience{120, 0};

[[noreturn]] void refuse(const std::string& why, std::string remedy) {
  throw Error(Errc::Key, "cannot sign through the ssh-agent", why, std::move(remedy));
}

[[noreturn]] void refuse_errno(int error) {
  refuse(std::generic_category().message(error), "see that the agent runs: ssh-add -l");
}

fs::Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) {
    refuse("there is none: SSH_AUTH_SOCK is not set", "start one: eval \"$(ssh-agent)\"; ssh-add");
  }
  if (path.size() >= sizeof address.sun_path) refuse("its socket's name is too long", {});
  std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size() + 1);
  fs::Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) refuse_errno(errno);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    refuse_errno(errno);
  }
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    setsockopt(fd.get(), SOL_SOCKET, option, &kPatience, sizeof kPatience);
  }
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) refuse_errno(errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive(int fd, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = recv(fd, bytes.data() + done, size - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_errno(errno);
    if (got == 0) refuse("it hung up", "see that the agent runs: ssh-add -l");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

/// Sends one request and returns the answer with its first byte.
std::string ask(const std::string& socket, std::string_view request) {
  const fs::Fd fd = connect_to(socket);
  std::string frame;
  append_string(frame, request);
  send_all(fd.get(), frame);
  const std::string head = receive(fd.get(), 4);
  const std::uint32_t size = WireReader(head).u32();
  if (size == 0 || size > kLargestAnswer) refuse("its answer makes no sense", {});
  return receive(fd.get(), size);
}

class AgentSigner final : public Signer {
 public:
  AgentSigner(PublicKey key, std::string socket)
      : key_(std::move(key)), socket_(std::move(socket)) {}

  std::string sign(std::string_view message) const override {
    return armoured_signature(key_, sign_bytes(signed_data(message, kHash)));
  }

  std::string sign_bytes(std::string_view text) const override {
    std::string request(1, kSignRequest);
    append_string(request, key_.blob());
    append_string(request, text);
    append_u32(request, 0);
    const std::string answer = ask(socket_, request);
    if (answer.front() != kSigned) {
      refuse(fmt::format("it refused to sign with {}", key_.fingerprint()),
             "add the key: ssh-add FILE");
    }
    WireReader reader(std::string_view(answer).substr(1));
    WireReader wrapped(reader.string());
    const std::string_view type = wrapped.string();
    std::string signature(wrapped.string());
    if (!reader.finished() || !wrapped.finished() || type != kKeyType ||
        !ed25519_verifies(key_.raw, text, signature)) {
      refuse("what it gave is no signature of the key", {});
    }
    return signature;
  }

 private:
  PublicKey key_;
  std::string socket_;
};

}  // namespace

SigningKey agent_key(const PublicKey& key, const std::string& principal,
                     const std::string& socket) {
  const std::string answer = ask(socket, std::string_view(&kRequestIdentities, 1));
  WireReader reader(std::string_view(answer).substr(1));
  const std::uint32_t count = answer.front() == kIdentities ? reader.u32() : 0;
  const std::string wanted = key.blob();
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
    const std::string_view blob = reader.string();
    const std::string comment(reader.string());
    if (blob != wanted) continue;
    auto parts = std::make_unique<SigningKey::Parts>();
    parts->public_key = key;
    parts->principal = principal.empty() ? comment : principal;
    parts->signer = std::make_unique<AgentSigner>(key, socket);
    return SigningKey(std::move(parts));
  }
  refuse(fmt::format("it does not hold the key {}", key.fingerprint()), "add it: ssh-add FILE");
}

}  // namespace stravinsky::signing
