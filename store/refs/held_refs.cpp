// What a crash leaves: after line n of publish() (transaction/publish.cpp) lock files of ours, or
// refs of which some have moved. refs/leftovers.cpp tells ours from others' by what they hold.
#include "refs/held_refs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
#include "refs/leftovers.hpp"
#include "refs/pack_refs.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

std::string lock_content(const std::optional<ObjectId>& target) {
  return target.value_or(ObjectId()).hex() + "\n";
}

bool create_complete(const std::string& path, const std::string& temporary,
                     std::string_view content, bool durable) {
  fs::write_new(temporary, as_bytes(content), durable);
  try {
    if (fs::rename_to_free_name(temporary, path)) return true;
  } catch (...) {
    fs::remove_file(temporary);
    throw;
  }
  fs::remove_file(temporary);
  return false;
}

HeldRefs::HeldRefs(const RefStore& refs, std::string tmp_dir, std::vector<RefMove> moves,
                   std::chrono::milliseconds wait)
    : refs_(refs), tmp_dir_(std::move(tmp_dir)), moves_(std::move(moves)), wait_(wait) {
  std::sort(moves_.begin() + 1, moves_.end(),
            [](const RefMove& a, const RefMove& b) { return a.name < b.name; });
  const auto end = std::chrono::steady_clock::now() + wait_;
  try {
    for (const RefMove& move : moves_) {
      const std::string lock = lock_path(move);
      const std::string temporary = temporary_under_lock(tmp_dir_, "ref");
      fs::make_directories(fs::parent_of(lock));
      while (!create_complete(lock, temporary, lock_content(move.target), held_ == 0)) {
        if (std::chrono::steady_clock::now() >= end) {
          throw Error(Errc::Locked, fmt::format("cannot lock the ref {}", quoted(move.name.str())),
                      fmt::format("{} exists", quoted(lock)),
                      "wait for the git command that holds it; remove the file if none runs");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      ++held_;
    }
  } catch (...) {
    while (held_ > 0) fs::remove_file(lock_path(moves_[--held_]));
    throw;
  }
}

HeldRefs::~HeldRefs() {
  for (; held_ > moved_; --held_) {
    try {
      fs::remove_file(lock_path(moves_[held_ - 1]));
    } catch (const Error&) {
      // The next writer removes it: it holds what an event says.
    }
  }
}

void HeldRefs::require_expected() const {
  for (const RefMove& move : moves_) {
    const std::optional<ObjectId> found = refs_.find(move.name);
    if (found == move.expected) continue;
    throw Error(Errc::Conflict, fmt::format("cannot move the ref {}", quoted(move.name.str())),
                found ? "it was moved meanwhile" : "it was deleted meanwhile",
                "run the command again");
  }
}

void HeldRefs::move_first_durably() {
  move(moves_.front());
  fs::sync_directory(fs::parent_of(refs_.path_of(moves_.front().name)));
}

void HeldRefs::move_rest() {
  std::vector<std::string> gone;
  for (const RefMove& move : moves_) {
    if (!move.target) gone.push_back(move.name.str());
  }
  // From packed-refs first: the other way round an old packed value would show for a moment.
  if (!gone.empty()) remove_packed_refs(refs_, tmp_dir_, gone, wait_);
  while (moved_ < moves_.size()) move(moves_[moved_]);
}

std::string HeldRefs::lock_path(const RefMove& move) const {
  return refs_.path_of(move.name) + ".lock";
}

void HeldRefs::move(const RefMove& move) {
  const std::string path = refs_.path_of(move.name);
  if (move.target) {
    fs::remove_empty_directories(path);  // what is left of refs below this name
    fs::rename(lock_path(move), path);
  } else {
    fs::remove_file(path);
    fs::remove_file(lock_path(move));
  }
  ++moved_;
}

}  // namespace stravinsky
