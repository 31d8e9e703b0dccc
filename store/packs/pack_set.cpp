#include "packs/pack_set.hpp"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"

namespace stravinsky {
namespace {

/// Twice the longest tick that a kernel stamps files by.
constexpr std::int64_t kTickNanoseconds = 20'000'000;

std::int64_t nanoseconds(const std::timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// The clock that the kernel stamps files by; no caller's idea of now matters here.
std::int64_t now() {
  std::timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return nanoseconds(time);
}

[[noreturn]] void refuse_link(const std::string& path) {
  throw Error(Errc::Hostile, fmt::format("cannot use {}", quoted(path)),
              "links inside a store could lead anywhere", "remove it, then run `verify`");
}

bool is_link(const fs::DirectoryEntry& entry, const std::string& path) {
  if (entry.type != DT_UNKNOWN) return entry.type == DT_LNK;
  const std::optional<struct stat> status = fs::find_stat(path);
  return status && S_ISLNK(status->st_mode);
}

}  // namespace

PackSet::PackSet(const std::string& objects_dir, const PackSet* previous, OpenPacks& open)
    : objects_dir_(objects_dir), pack_dir_(objects_dir + "/pack") {
  // Stamps first: what changes while we list must show later.
  const std::int64_t start = now();
  objects_stamp_ = stamp_of(objects_dir_ + "/.");
  pack_stamp_ = stamp_of(pack_dir_ + "/.");
  settled_ = start - nanoseconds(objects_stamp_.mtime) > kTickNanoseconds &&
             start - nanoseconds(pack_stamp_.mtime) > kTickNanoseconds;
  read_objects_dir();
  if (pack_stamp_.exists) read_pack_dir(previous, open);
}

PackSet::Stamp PackSet::stamp_of(const std::string& path) {
  const std::optional<struct stat> status = fs::find_stat(path);
  if (!status) return {};
  return {true, status->st_dev, status->st_ino, status->st_mtim, status->st_ctim};
}

bool PackSet::same(const Stamp& a, const Stamp& b) {
  return a.exists == b.exists && a.device == b.device && a.inode == b.inode &&
         nanoseconds(a.mtime) == nanoseconds(b.mtime) &&
         nanoseconds(a.ctime) == nanoseconds(b.ctime);
}

bool PackSet::is_stale() const {
  return !settled_ || !same(pack_stamp_, stamp_of(pack_dir_ + "/.")) ||
         !same(objects_stamp_, stamp_of(objects_dir_ + "/."));
}

void PackSet::read_objects_dir() {
  for (const fs::DirectoryEntry& entry : fs::list_directory(objects_dir_)) {
    const std::string path = objects_dir_ + "/" + entry.name;
    if (is_link(entry, path)) refuse_link(path);
    if (entry.name.size() == 2) {
      if (const auto first = parse_unsigned(entry.name, 16)) fan_out_.set(*first);
    }
  }
  const std::string alternates = objects_dir_ + "/info/alternates";
  if (fs::exists(alternates)) {
    throw Error(Errc::Hostile, fmt::format("cannot use {}", quoted(alternates)),
                "a store keeps every object itself, and does not borrow from others",
                "run `git repack -a -d` there and remove the file");
  }
}

void PackSet::read_pack_dir(const PackSet* previous, OpenPacks& open) {
  std::vector<std::string> stems;
  for (const fs::DirectoryEntry& entry : fs::list_directory(pack_dir_)) {
    const std::string path = pack_dir_ + "/" + entry.name;
    if (is_link(entry, path)) refuse_link(path);
    if (entry.name.starts_with("pack-") && entry.name.ends_with(".idx")) {
      stems.push_back(path.substr(0, path.size() - 4));
    }
  }
  std::sort(stems.begin(), stems.end());
  for (const std::string& stem : stems) add_pack(stem, previous, open);
}

void PackSet::add_pack(const std::string& stem, const PackSet* previous, OpenPacks& open) {
  const Stamp stamp = stamp_of(stem + ".idx");
  if (previous != nullptr) {
    const auto known =
        std::lower_bound(previous->packs_.begin(), previous->packs_.end(), stem,
                         [](const Kept& kept, const std::string& key) { return kept.stem < key; });
    if (known != previous->packs_.end() && known->stem == stem && same(known->stamp, stamp)) {
      packs_.push_back(*known);
      return;
    }
  }
  try {
    open.forget(stem + ".pack");
    packs_.push_back({stem, stamp, std::make_shared<const PackFile>(stem, open)});
  } catch (const Error& error) {
    // Packs go index first: one whose index has gone meanwhile was deleted on purpose.
    if (error.code() == Errc::NotFound && !fs::exists(stem + ".idx")) return;
    damage_.push_back({stem + (fs::exists(stem + ".pack") ? ".idx" : ".pack"), error});
  }
}

}  // namespace stravinsky
