#include "packs/loose_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/regular_file.hpp"
#include "objects/zlib.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// `commit`, a blank, 20 digits and a NUL at most; and what `inflate_start` keeps back.
constexpr std::size_t kProbe = 64 * 1024 + 32;

struct LooseHead {
  ObjectType type = ObjectType::Blob;
  std::uint64_t size = 0;
  std::size_t length = 0;
};

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw Error(Errc::Corrupt, fmt::format("cannot use object {}", quoted(path)), std::string(why));
}

std::string read_bounded(const std::string& path, std::uint64_t limit) {
  const auto [fd, size] = fs::open_regular_file(path);
  if (size > largest_stream(limit)) refuse(path, fmt::format("it is {} bytes large", size));
  std::string bytes(size, '\0');
  const ssize_t count = fs::read_at(fd.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) fs::throw_errno("read", path);
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

LooseHead parse_head(std::string_view file, const std::string& path, std::uint64_t limit) {
  thread_local std::vector<std::byte> probe(kProbe);
  const ByteView start = ByteView(probe).first(inflate_start(as_bytes(file), probe));
  const std::string_view text = as_text(start.first(std::min<std::size_t>(start.size(), 32)));
  const std::size_t end = text.find('\0'), space = text.find(' ');
  LooseHead head;
  head.length = end + 1;
  if (end == std::string_view::npos || space > end) refuse(path, "it has no header");
  const std::optional<std::uint64_t> size = parse_unsigned(text.substr(space + 1, end - space - 1));
  bool known = false;
  for (const ObjectType type :
       {ObjectType::Blob, ObjectType::Tree, ObjectType::Commit, ObjectType::AnnotatedTag}) {
    if (text.substr(0, space) != name_of(type)) continue;
    head.type = type;
    known = true;
  }
  if (!known || !size) refuse(path, "its header is malformed");
  head.size = *size;
  if (head.size > limit || !can_inflate_to(file.size(), head.size)) {
    refuse(path, fmt::format("its header says {} bytes, more than it may have", head.size));
  }
  return head;
}

}  // namespace

LooseObjects::LooseObjects(std::string objects_dir) : objects_dir_(std::move(objects_dir)) {}

std::string LooseObjects::path_of(const ObjectId& id) const {
  const std::string hex = id.hex();
  return objects_dir_ + "/" + hex.substr(0, 2) + "/" + hex.substr(2);
}

bool LooseObjects::contains(const ObjectId& id) const {
  const std::string path = path_of(id);
  const std::optional<struct stat> status = fs::find_stat(path);
  if (!status) return false;
  if (S_ISREG(status->st_mode)) return true;
  throw Error(S_ISLNK(status->st_mode) ? Errc::Hostile : Errc::Corrupt,
              fmt::format("cannot use object {}", quoted(path)), "it is no regular file");
}

Object LooseObjects::read(const ObjectId& id, std::uint64_t limit) const {
  const std::string path = path_of(id), file = read_bounded(path, limit);
  const LooseHead head = parse_head(file, path, limit);
  std::string bytes(head.length + head.size, '\0');
  if (!inflate_exactly(as_bytes(file), std::as_writable_bytes(std::span(bytes)))) {
    refuse(path, "its bytes are damaged");
  }
  bytes.erase(0, head.length);
  return {head.type, std::move(bytes)};
}

std::pair<ObjectType, std::uint64_t> LooseObjects::header(const ObjectId& id,
                                                          std::uint64_t limit) const {
  const std::string path = path_of(id), file = read_bounded(path, limit);
  const LooseHead head = parse_head(file, path, limit);
  return {head.type, head.size};
}

std::vector<ObjectId> LooseObjects::list(unsigned first_byte) const {
  std::vector<ObjectId> ids;
  const std::string prefix = fmt::format("{:02x}", first_byte);
  const std::string path = objects_dir_ + "/" + prefix;
  if (!fs::exists(path)) return ids;
  for (const fs::DirectoryEntry& entry : fs::list_directory(path)) {
    if (const auto id = ObjectId::from_hex(prefix + entry.name)) ids.push_back(*id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace stravinsky
