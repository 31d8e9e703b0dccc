#include "fs/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>

namespace stravinsky::fs {
namespace {

/// Paths are cut into pieces of at most this many bytes, between components; PATH_MAX is 4,096.
constexpr std::size_t kLongestPiece = 4000;
/// openat2(2) gives EAGAIN when a rename anywhere happened meanwhile: it must be tried again.
constexpr int kMostTries = 1000;

enum class Way { Openat2, ByComponent };

Fd open_piece(int directory, const std::string& piece, int flags) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_NOFOLLOW | O_CLOEXEC));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  for (int tries = 0;; ++tries) {
    const long raw = syscall(SYS_openat2, directory, piece.c_str(), &how, sizeof how);
    if (raw >= 0) return Fd(static_cast<int>(raw));
    if (errno != EINTR && (errno != EAGAIN || tries >= kMostTries)) return {};
  }
}

/// Length of the first piece of `path`: whole components, at least one.
std::size_t piece_length(std::string_view path, Way way) noexcept {
  if (way == Way::ByComponent) return std::min(path.find('/'), path.size());
  if (path.size() <= kLongestPiece) return path.size();
  const std::size_t last = path.rfind('/', kLongestPiece);
  return last != std::string_view::npos ? last : std::min(path.find('/'), path.size());
}

bool names_only(std::string_view path) noexcept {
  for (;;) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == "..") return false;
    if (name.size() == path.size()) return true;
    path.remove_prefix(name.size() + 1);
  }
}

Fd open_in_pieces(int root, std::string_view path, int flags, Way way) noexcept {
  if (path.empty()) return open_at(root, ".", flags | O_NOFOLLOW);
  if (!names_only(path)) {
    errno = EXDEV;
    return {};
  }
  Fd directory;
  for (;;) {
    const std::size_t length = piece_length(path, way);
    const std::string piece(path.substr(0, length));
    const bool last = length == path.size();
    const int piece_flags = last ? flags : O_PATH | O_DIRECTORY;
    const int from = directory ? directory.get() : root;
    Fd next = way == Way::Openat2 ? open_piece(from, piece, piece_flags)
                                  : open_at(from, piece.c_str(), piece_flags | O_NOFOLLOW);
    if (last || !next) return next;
    directory = std::move(next);
    path.remove_prefix(length + 1);
  }
}

}  // namespace

Fd open_beneath(int root, std::string_view path, int flags) noexcept {
  static std::atomic<bool> has_openat2{true};
  if (has_openat2.load(std::memory_order_relaxed)) {
    Fd fd = open_in_pieces(root, path, flags, Way::Openat2);
    // Old kernels say ENOSYS, some system call filters EPERM, which the other way will tell from
    // a real one.
    if (fd || (errno != ENOSYS && errno != EPERM)) return fd;
    if (errno == ENOSYS) has_openat2.store(false, std::memory_order_relaxed);
  }
  return open_in_pieces(root, path, flags, Way::ByComponent);
}

Fd open_beneath_by_component(int root, std::string_view path, int flags) noexcept {
  return open_in_pieces(root, path, flags, Way::ByComponent);
}

}  // namespace stravinsky::fs
