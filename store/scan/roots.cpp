#include "scan/roots.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "fs/file.hpp"

namespace stravinsky {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why,
                         const std::string& remedy = {}) {
  throw Error(Errc::Invalid, fmt::format("cannot capture {}", quoted(path)), why, remedy);
}

/// `inner` is `outer` or lies below it. Both are real paths.
bool lies_in(std::string_view inner, std::string_view outer) {
  if (!inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || outer.ends_with('/') || inner[outer.size()] == '/';
}

bool is_mount_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

void require_apart(const OpenRoot& a, const OpenRoot& b) {
  const char* remedy = "leave one of them out";
  if (a.mount == b.mount) refuse(b.path, "two roots have the name " + quoted(b.mount), remedy);
  if (a.status.device == b.status.device && a.status.inode == b.status.inode) {
    refuse(b.path, "it is the same as " + quoted(a.path), remedy);
  }
  if (lies_in(b.real_path, a.real_path)) refuse(b.path, "it lies in " + quoted(a.path), remedy);
  if (lies_in(a.real_path, b.real_path)) refuse(a.path, "it lies in " + quoted(b.path), remedy);
}

}  // namespace

std::vector<NeverPath> find_never(const std::vector<std::string>& paths) {
  std::vector<NeverPath> never;
  for (const std::string& path : paths) {
    NeverPath found;
    try {
      found.real_path = fs::real_path(path);
    } catch (const Error& error) {
      if (error.code() == Errc::NotFound) continue;
      throw;  // what may be there and cannot be found could not be left out
    }
    fs::FileStatus status;
    if (const int error = fs::look_at(AT_FDCWD, found.real_path.c_str(), status)) {
      throw fs::errno_error("look at", path, error);
    }
    found.device = status.device;
    found.inode = status.inode;
    never.push_back(std::move(found));
  }
  return never;
}

Roots find_roots(const std::vector<ScanRoot>& wanted, const std::vector<NeverPath>& never,
                 std::vector<Loss>& losses) {
  Roots roots;
  if (wanted.empty()) throw Error(Errc::Invalid, "cannot scan", "no root is given");
  for (const ScanRoot& want : wanted) {
    std::string real_path;
    try {
      real_path = fs::real_path(want.path);
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound || wanted.size() == 1) throw;
      losses.push_back({want.mount, Loss::Kind::Vanished,
                        fmt::format("the root {} does not exist", quoted(want.path))});
      continue;
    }
    OpenRoot& root = *roots.emplace_back(std::make_unique<OpenRoot>());
    root.path = want.path;
    root.real_path = std::move(real_path);
    root.mount = want.mount;
    root.include = want.include;
    if (const int error = fs::look_at(AT_FDCWD, root.real_path.c_str(), root.status)) {
      throw fs::errno_error("look at", want.path, error);
    }
    root.is_file = !root.status.is_directory();
    if (root.is_file && !root.status.is_file()) {
      refuse(want.path, "it is neither a file nor a directory");
    }
    if (root.is_file && root.mount.empty()) {
      root.mount = root.real_path.substr(root.real_path.rfind('/') + 1);
    }
    for (const NeverPath& path : never) {
      if (lies_in(root.real_path, path.real_path)) {
        refuse(want.path, fmt::format("it lies in {}, which belongs to the store itself",
                                      quoted(path.real_path)));
      }
    }
    if (root.mount.empty() ? wanted.size() > 1 : !is_mount_name(root.mount)) {
      refuse(want.path, fmt::format("{} is no name for it in a snapshot", quoted(root.mount)));
    }
  }
  if (roots.empty()) {
    throw Error(Errc::NotFound, fmt::format("cannot find {}", quoted(wanted.front().path)),
                "none of the roots exists", "see `stravinsky profile list`");
  }
  std::sort(roots.begin(), roots.end(),
            [](const auto& a, const auto& b) { return a->mount < b->mount; });
  for (std::size_t i = 0; i < roots.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) require_apart(*roots[j], *roots[i]);
  }
  return roots;
}

}  // namespace stravinsky
