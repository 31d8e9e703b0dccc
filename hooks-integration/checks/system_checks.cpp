#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "checks/check_parts.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

/// What is free for us, in bytes, on the filesystem of the nearest directory that is there.
std::uint64_t free_space(std::string path) {
  for (;;) {
    struct statvfs status {};
    if (statvfs(path.c_str(), &status) == 0) {
      return std::uint64_t(status.f_bavail) * status.f_frsize;
    }
    const std::size_t slash = path.rfind('/');
    if (errno != ENOENT || slash == std::string::npos || path == "/") {
      throw Error(Errc::Io, fmt::format("cannot ask for free space at {}", quoted(path)),
                  std::strerror(errno));
    }
    path.resize(std::max<std::size_t>(slash, 1));
  }
}

std::uint64_t megabytes_up(std::uint64_t bytes) { return (bytes + kMegabyte - 1) / kMegabyte; }

/// The directories that an update of the tree would write into, from the top.
std::set<std::string> written_directories(const CheckedTree& tree) {
  std::set<std::string> directories;
  for (const ProfileRoot& root : tree.profile().roots) {
    std::error_code failed;
    // A root that is one file is replaced in the directory around it.
    const bool is_directory = std::filesystem::is_directory(root.path, failed);
    directories.insert(is_directory ? root.path : root.path.substr(0, root.path.rfind('/')));
  }
  for (const CheckedFile& file : tree.files()) {
    const std::string live = tree.live_path(file.path);
    directories.insert(live.substr(0, live.rfind('/')));
  }
  return directories;
}

}  // namespace

CheckResult check_disk_space(const Store& store, const Trees& trees, const ChecksOptions& options,
                             std::uint64_t& free_bytes) {
  const auto ask = options.free_space ? options.free_space : free_space;
  std::uint64_t bytes = 0;
  for (const auto& tree : trees) bytes += tree->bytes();
  const std::uint64_t needed =
      std::max(2 * bytes, options.config.safety.disk_space_threshold_mb * kMegabyte);
  CheckResult result;
  const auto judge = [&](const std::string& path, std::uint64_t available) {
    if (available >= needed || result.outcome == Outcome::Failed) return;
    result.outcome = Outcome::Failed;
    result.text = fmt::format(
        "{} MB are free at {}, {} MB are needed: {} MB are missing. Free space, or run "
        "`stravinsky gc`",
        available / kMegabyte, quoted(path), megabytes_up(needed),
        megabytes_up(needed - available));
  };
  free_bytes = ask(store.path());
  judge(store.path(), free_bytes);
  for (const auto& tree : trees) {
    for (const ProfileRoot& root : tree->profile().roots) judge(root.path, ask(root.path));
  }
  if (result.text.empty()) result.text = fmt::format("{} MB are free", free_bytes / kMegabyte);
  return result;
}

CheckResult check_file_permissions(const Store& store, const Trees& trees) {
  CheckResult result;
  for (const auto& tree : trees) {
    for (const Loss& loss : tree->losses()) {
      if (loss.kind == Loss::Kind::Vanished) continue;  // gone is not forbidden
      result.add(*tree, loss.path, "it cannot be read: " + loss.reason, Severity::Error);
    }
    for (const CheckedFile& file : tree->files()) {
      if (file.type == EntryType::File && access(tree->live_path(file.path).c_str(), R_OK) != 0 &&
          errno != ENOENT) {
        result.add(*tree, file.path, fmt::format("it cannot be read: {}", std::strerror(errno)),
                   Severity::Error);
      }
    }
    for (const std::string& directory : written_directories(*tree)) {
      if (access(directory.c_str(), W_OK | X_OK) != 0 && errno != ENOENT) {
        result.findings.push_back(
            {tree->profile().name,
             directory,
             {{},
              directory,
              0,
              0,
              fmt::format("nothing can be written there: {}", std::strerror(errno)),
              Severity::Error}});
      }
    }
  }
  for (const std::string& directory : {store.path(), store.git_dir() + "/objects/pack"}) {
    if (access(directory.c_str(), W_OK | X_OK) != 0 && errno != ENOENT) {
      result.findings.push_back(
          {{},
           directory,
           {{},
            directory,
            0,
            0,
            fmt::format("the store cannot be written: {}", std::strerror(errno)),
            Severity::Error}});
    }
  }
  if (!result.findings.empty()) {
    result.outcome = Outcome::Failed;
    result.text =
        fmt::format("{} not readable or not writable: chmod u+rwX, or another user",
                    result.findings.size() == 1
                        ? "one file or directory is"
                        : fmt::format("{} files or directories are", result.findings.size()));
  }
  return result;
}

}  // namespace stravinsky::hooks
