#include "fs/account_ids.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace stravinsky::fs {
namespace {

/// A group's entry lists its members: with many the first buffer does not do.
constexpr std::size_t kLargestEntry = std::size_t{16} << 20;

/// Calls a getXXnam_r function with a buffer as large as it needs; null when there is no such name.
template <typename Record, typename Get>
const Record* look_up(Get&& get, const std::string& name, Record& record,
                      std::vector<char>& buffer) {
  for (buffer.resize(4096); buffer.size() <= kLargestEntry; buffer.resize(buffer.size() * 4)) {
    Record* found = nullptr;
    const int error = get(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    if (error == 0) return found;
    if (error != ERANGE) return nullptr;
  }
  return nullptr;
}

}  // namespace

std::optional<uid_t> AccountIds::find_user(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = users_.try_emplace(name);
  if (is_new) {
    passwd record{};
    std::vector<char> buffer;
    if (const passwd* found = look_up(getpwnam_r, name, record, buffer)) {
      place->second = found->pw_uid;
    }
  }
  return place->second;
}

std::optional<gid_t> AccountIds::find_group(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = groups_.try_emplace(name);
  if (is_new) {
    group record{};
    std::vector<char> buffer;
    if (const group* found = look_up(getgrnam_r, name, record, buffer)) {
      place->second = found->gr_gid;
    }
  }
  return place->second;
}

}  // namespace stravinsky::fs
