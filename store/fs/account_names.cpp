#include "fs/account_names.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace stravinsky::fs {
namespace {

/// A group's record holds all its members, so it may need more room than anyone would guess.
constexpr std::size_t kMostRoom = 16U << 20;

template <typename Record, typename Find>
std::string name_of(Find&& find, char* Record::*name) {
  std::vector<char> room(1024);
  for (;;) {
    Record record{};
    Record* found = nullptr;
    const int error = find(&record, room.data(), room.size(), &found);
    if (error == 0) return found == nullptr ? std::string() : std::string(found->*name);
    if (error == ERANGE && room.size() < kMostRoom) {
      room.resize(room.size() * 4);
    } else if (error != EINTR) {
      return {};
    }
  }
}

}  // namespace

std::string user_name(std::uint32_t uid) {
  return name_of<passwd>([&](auto... arguments) { return getpwuid_r(uid, arguments...); },
                         &passwd::pw_name);
}

std::string group_name(std::uint32_t gid) {
  return name_of<group>([&](auto... arguments) { return getgrgid_r(gid, arguments...); },
                        &group::gr_name);
}

}  // namespace stravinsky::fs
