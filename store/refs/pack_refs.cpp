#include "refs/pack_refs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>
#include <unordered_set>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
#include "refs/held_refs.hpp"
#include "refs/leftovers.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kHeader = "# pack-refs with: peeled fully-peeled sorted \n";
constexpr std::uint64_t kLargest = std::uint64_t{64} << 20;

/// A packed-refs file line by line, so that what others wrote (peeled ids, header) stays.
struct Packed {
  std::string header;
  std::map<std::string, std::string, std::less<>>
      lines;  ///< by ref: its line and those that follow
};

Packed read_packed(const RefStore& refs) {
  Packed packed{.header = std::string(kHeader), .lines = {}};
  const auto text = fs::find_file(refs.git_dir() + "/packed-refs", kLargest);
  if (!text) return packed;
  std::string* last = nullptr;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.starts_with('#')) {
      packed.header = line + "\n";
    } else if (line.starts_with('^') && last != nullptr) {
      *last += line + "\n";
    } else if (line.size() > 41) {
      last = &(packed.lines[line.substr(41)] = line + "\n");
    }
  }
  return packed;
}

/// Takes packed-refs.lock for a change, which `replace` carries out.
class PackedLock {
 public:
  PackedLock(const RefStore& refs, const std::string& tmp_dir, std::chrono::milliseconds wait)
      : path_(refs.git_dir() + "/packed-refs"), marker_(packing_marker(refs)) {
    // The marker before the lock: a lock with a marker is ours to remove after a crash. A marker
    // alone says nothing, and whoever sees it under lock.refs removes it.
    fs::write_durably(marker_, temporary_under_lock(tmp_dir, "packing"), as_bytes("1\n"));
    const auto end = std::chrono::steady_clock::now() + wait;
    while (!create_complete(path_ + ".lock", temporary_under_lock(tmp_dir, "packed"), "", false)) {
      if (std::chrono::steady_clock::now() >= end) {
        fs::remove_file(marker_);
        throw Error(Errc::Locked, fmt::format("cannot lock {}", quoted(path_)),
                    fmt::format("{} exists", quoted(path_ + ".lock")),
                    "wait for the git command that holds it; remove the file if none runs");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    temporary_ = temporary_under_lock(tmp_dir, "packed");
  }
  ~PackedLock() {
    try {
      fs::remove_file(path_ + ".lock");
      fs::remove_file(marker_);
    } catch (const Error&) {
      // Left with its marker: the next writer removes both.
    }
  }
  PackedLock(const PackedLock&) = delete;
  PackedLock& operator=(const PackedLock&) = delete;

  void replace(const Packed& packed) const {
    std::string text = packed.header;
    for (const auto& [name, lines] : packed.lines) text += lines;
    fs::write_durably(path_, temporary_, as_bytes(text));
  }

 private:
  std::string path_, marker_, temporary_;
};

}  // namespace

std::string packing_marker(const RefStore& refs) { return refs.git_dir() + "/stravinsky/packing"; }

void remove_packed_refs(const RefStore& refs, const std::string& tmp_dir,
                        const std::vector<std::string>& names, std::chrono::milliseconds wait) {
  const auto before = refs.list_packed();
  if (std::none_of(names.begin(), names.end(),
                   [&](const std::string& name) { return before->contains(name); })) {
    return;
  }
  const PackedLock lock(refs, tmp_dir, wait);
  Packed packed = read_packed(refs);
  for (const std::string& name : names) packed.lines.erase(name);
  lock.replace(packed);
}

void pack_refs(const RefStore& refs, const std::string& tmp_dir,
               const std::vector<std::string>& names, std::chrono::milliseconds wait) {
  // Held to the end: the marker must outlive the locks of the single refs.
  const PackedLock lock(refs, tmp_dir, wait);
  RefMap moved;
  Packed packed = read_packed(refs);
  for (const std::string& name : names) {
    const auto id = refs.find(RefName::parse(name));
    if (!id) continue;
    packed.lines[name] = id->hex() + " " + name + "\n";
    moved.emplace(name, *id);
  }
  lock.replace(packed);
  for (const auto& [name, id] : moved) {
    const std::string path = fmt::format("{}/{}", refs.git_dir(), name);
    if (!create_complete(path + ".lock", temporary_under_lock(tmp_dir, "ref"), lock_content(id),
                         false)) {
      continue;  // somebody is moving it: their value is newer, and a loose ref wins over a packed
                 // one
    }
    const auto text = fs::find_beginning(path, 4096);
    if (text == lock_content(id)) fs::remove_file(path);
    fs::remove_file(path + ".lock");
  }
}

}  // namespace stravinsky
