#include "restore/hard_links.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/text.hpp"
#include "fs/beneath.hpp"
#include "fs/file_status.hpp"
#include "restore/existing_entry.hpp"
#include "restore/write_content.hpp"

namespace stravinsky {
namespace {

struct SplitPath {
  std::string_view directory;
  std::string name;
};

SplitPath split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, std::string(path)};
  return {path.substr(0, slash), std::string(path.substr(slash + 1))};
}

fs::Fd open_parent(int top, std::string_view directory) {
  return fs::open_beneath(top, directory, O_PATH | O_DIRECTORY);
}

/// Whether an errno says that a name leads to nothing we wrote; any other says nothing about it.
bool is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV;
}

/// @throws Error: it cannot be told
bool absent(const std::string& path) {
  if (!is_absence(errno)) fs::throw_errno("link to", path);
  return false;
}

bool same_time(const struct stat& status, const Entry& entry) {
  return !entry.mtime || fs::mtime_of(status) == *entry.mtime;
}

bool same_target(int directory, const std::string& name, const Entry& entry,
                 const std::string& path) {
  std::string target(entry.link.size() + 1, '\0');
  const ssize_t length = readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) return absent(path);
  return target.substr(0, static_cast<std::size_t>(length)) == entry.link;
}

}  // namespace

bool LinkSources::is_usable(const std::string& path, const Entry& entry) const {
  const SplitPath parts = split(path);
  if (parts.name.empty() || parts.name == "." || parts.name == "..") return false;
  const fs::Fd directory = open_parent(top_->get(), parts.directory);
  struct stat status {};
  if (!directory ||
      fstatat(directory.get(), parts.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return absent(path);
  }
  if ((status.st_mode & S_IFMT) != type_bits(entry.type)) return false;
  if (entry.type == EntryType::Symlink) {
    return same_target(directory.get(), parts.name, entry, path);
  }
  if (entry.type != EntryType::File) {
    return status.st_rdev == makedev(entry.device_major, entry.device_minor) ||
           entry.type == EntryType::Fifo || entry.type == EntryType::Socket;
  }
  const fs::Fd file =
      fs::open_at(directory.get(), parts.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (file) return has_content(file.get(), entry, path);
  // Its mode hides it from us: a file of this size and time can only be the one just restored.
  if (errno != EACCES) return absent(path);
  return static_cast<std::uint64_t>(status.st_size) == entry.size && same_time(status, entry);
}

LinkSources::Source LinkSources::find_source(const Entry& entry) const {
  Source source;
  source.path = entry.hardlink;
  try {
    source.usable = is_usable(source.path, entry);
  } catch (const Error& error) {
    if (stage_ != nullptr) throw;
    source.doubt = error.what();
    return source;
  }
  if (!source.usable && stage_ != nullptr) source.live = stage_->find_live(source.path);
  return source;
}

void LinkSources::restore(DirectoryNode& directory, int directory_fd, const Node& node,
                          EntryWriter& writer, RestoreLog& log) {
  const Entry& entry = node.entry;
  const auto [place, is_new] = sources_.try_emplace(entry.hardlink);
  Source& source = place->second;
  if (is_new) source = find_source(entry);
  if (source.live && writer.link(directory, directory_fd, node, source.live->directory->get(),
                                 source.live->name)) {
    return;
  }
  const bool was_usable = source.usable || source.live;
  if (source.usable) {
    const SplitPath parts = split(source.path);
    const fs::Fd from = open_parent(top_->get(), parts.directory);
    if (from && writer.link(directory, directory_fd, node, from.get(), parts.name)) return;
  }
  const int error = errno;
  if (!writer.restore(directory, directory_fd, node)) return;
  const std::string path = path_of(directory, entry.name);
  if (was_usable) {
    log.incomplete(path, fs::errno_error("link to", source.path, error).what());
  } else if (!source.doubt.empty()) {
    log.incomplete(path, source.doubt);
  }
  source = {path, true, std::nullopt, {}};
}

}  // namespace stravinsky
