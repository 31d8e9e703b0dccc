#include "scan/hardlinks.hpp"

#include <iterator>

namespace stravinsky {
namespace {

std::string path_of(const Hardlinks::Member& member) {
  return path_of(*member.directory, member.directory->children[member.child].name);
}

}  // namespace

Hardlinks::Joined Hardlinks::join(const fs::FileStatus& status, const Member& member,
                                  const FileRecord* known) {
  const std::lock_guard lock(mutex_);
  const Key key{status.device, status.inode};
  const auto [place, is_new] = groups_.try_emplace(key);
  Group& group = place->second;
  ++group.joined;
  if (is_new) {
    group.first_path = path_of(member);
    if (known == nullptr) return {Joined::Role::First, {}, {}};
    group.record = *known;
    group.is_read = true;
    return {Joined::Role::Knows, *known, {}};
  }
  if (!group.is_read) {
    group.waiting.push_back(member);
    return {Joined::Role::Waits, {}, {}};
  }
  Joined joined{Joined::Role::Knows, group.record, group.first_path};
  if (group.joined == status.links) groups_.erase(place);
  return joined;
}

std::vector<Hardlinks::Member> Hardlinks::read(const fs::FileStatus& status,
                                               const FileRecord& record, std::string& first_path) {
  const std::lock_guard lock(mutex_);
  const auto place = groups_.find({status.device, status.inode});
  if (place == groups_.end()) return {};
  Group& group = place->second;
  group.is_read = true;
  group.record = record;
  first_path = group.first_path;
  std::vector<Member> waited(std::make_move_iterator(group.waiting.begin()),
                             std::make_move_iterator(group.waiting.end()));
  group.waiting.clear();
  if (group.joined == status.links) groups_.erase(place);
  return waited;
}

Hardlinks::Member Hardlinks::lost(const fs::FileStatus& status) {
  const std::lock_guard lock(mutex_);
  const auto place = groups_.find({status.device, status.inode});
  if (place == groups_.end()) return {};
  Group& group = place->second;
  if (group.waiting.empty()) {
    groups_.erase(place);
    return {};
  }
  Member next = std::move(group.waiting.front());
  group.waiting.pop_front();
  group.first_path = path_of(next);
  return next;
}

}  // namespace stravinsky
