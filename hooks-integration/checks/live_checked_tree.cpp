#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "checks/checked_tree.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

Error read_error(const std::string& path) {
  const int code = errno;
  const Errc kind = code == EACCES || code == EPERM ? Errc::Denied
                    : code == ENOENT                ? Errc::NotFound
                                                    : Errc::Io;
  return Error(kind, fmt::format("cannot read {}", quoted(path)), std::strerror(code));
}

std::string read_file(const std::string& path, std::size_t limit) {
  // It was a regular file a moment ago: should it be a FIFO now, nobody waits for its writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) throw read_error(path);
  std::string text;
  ssize_t count = 0;
  do {
    const std::size_t had = text.size();
    text.resize(std::min(limit, had + 64 * 1024));
    count = read(fd, text.data() + had, text.size() - had);
    text.resize(had + static_cast<std::size_t>(count > 0 ? count : 0));
  } while ((count > 0 && text.size() < limit) || (count < 0 && errno == EINTR));
  if (count < 0) {
    const int error = errno;
    close(fd);
    errno = error;
    throw read_error(path);
  }
  close(fd);
  return text;
}

class LiveCheckedTree final : public CheckedTree {
 public:
  LiveCheckedTree(const Store& store, const Profile& profile, Progress& progress)
      : CheckedTree(profile) {
    try {
      if (const auto current = find_current(store, profile.name))
        previous_.emplace(store, *current);
    } catch (const Error& error) {
      require_damage(error);
    }
    LiveTree live = read_live_tree(store, profile, {}, progress);
    losses_ = std::move(live.losses);
    for (const LiveEntry& one : live.entries) {
      if (one.entry.type == EntryType::Directory) continue;
      files_.push_back({one.path, one.entry.type, one.entry.mode, one.entry.size, is_changed(one)});
    }
  }

  std::string read(const std::string& path, std::size_t limit) const override {
    return read_file(live_path(path), limit);
  }

  std::optional<std::string> read_previous(const std::string& path) const override {
    const auto entry = find_previous(path);
    if (!entry || entry->type != EntryType::File) return std::nullopt;
    std::string text;
    try {
      previous_->read(path, [&text](std::span<const std::byte> bytes) {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      });
    } catch (const Error& error) {
      require_damage(error);
      return std::nullopt;
    }
    return text;
  }

  std::optional<TreeContext::Script> find_script(const std::string& path) const override {
    return state_of_script(path);
  }

 private:
  bool is_changed(const LiveEntry& one) const {
    const auto before = find_previous(one.path);
    return !before || before->type != one.entry.type || before->digest != one.entry.digest ||
           before->mode != one.entry.mode;
  }

  std::optional<Entry> find_previous(const std::string& path) const {
    try {
      return previous_ ? previous_->find(path) : std::nullopt;
    } catch (const Error& error) {
      require_damage(error);
      return std::nullopt;
    }
  }

  /// That the snapshot before is damaged is for another check to say: here there is none then.
  static void require_damage(const Error& error) {
    if (error.code() != Errc::Corrupt && error.code() != Errc::Hostile) throw;
  }

  std::optional<SnapshotTree> previous_;
};

}  // namespace

std::unique_ptr<CheckedTree> read_checked_tree(const Store& store, const Profile& profile,
                                               Progress& progress) {
  return std::make_unique<LiveCheckedTree>(store, profile, progress);
}

}  // namespace stravinsky::hooks
