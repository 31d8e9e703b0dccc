#include "restore/update_mark.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "refs/leftovers.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/profile.hpp"

namespace stravinsky {
namespace {

constexpr std::uint64_t kLargest = 1u << 16;

std::string directory_of(const Store::Parts& parts) { return parts.own("updates"); }

std::string path_of(const Store::Parts& parts, const std::string& profile) {
  return directory_of(parts) + "/" + profile;
}

std::string lock_of(const Store::Parts& parts, const std::string& profile) {
  return parts.own("lock.update." + profile);
}

}  // namespace

void write_update_mark(const Store::Parts& parts, const UpdateMark& mark) {
  const nlohmann::json value = {{"format", 1},
                                {"update", mark.id},
                                {"profile", mark.profile},
                                {"from_version", mark.from_version},
                                {"to_version", mark.to_version},
                                {"before", mark.before.hex()},
                                {"sequence", mark.sequence},
                                {"verify", mark.verify},
                                {"roll_back", mark.roll_back}};
  // Temporary files are made under this lock, so that whoever holds it may remove what is left.
  const fs::Lock lock(parts.own("lock.refs"), fs::Lock::Mode::Exclusive, parts.options.lock_wait);
  const std::string directory = directory_of(parts);
  if (fs::make_directory(directory)) fs::sync_directory(fs::parent_of(directory));
  fs::write_durably(path_of(parts, mark.profile), temporary_under_lock(parts.tmp_dir(), "update"),
                    as_bytes(value.dump() + "\n"));
}

std::optional<UpdateMark> find_update_mark(const Store::Parts& parts, const std::string& profile) {
  const auto text = fs::find_file(path_of(parts, profile), kLargest);
  if (!text) return std::nullopt;
  const std::string what = fmt::format("updates/{}", profile);
  const nlohmann::json value = parse_stored_json(*text, what);
  UpdateMark mark;
  try {
    if (value.at("format").get<int>() != 1) {
      throw Error(Errc::Invalid, fmt::format("cannot read {}", quoted(what)),
                  "it is of a newer format", "use the stravinsky that wrote it");
    }
    mark.id = value.at("update").get<std::string>();
    mark.profile = value.at("profile").get<std::string>();
    mark.from_version = value.at("from_version").get<std::string>();
    mark.to_version = value.at("to_version").get<std::string>();
    mark.before = ObjectId::from_hex(value.at("before").get<std::string>()).value();
    mark.sequence = value.at("sequence").get<std::uint64_t>();
    mark.verify = value.at("verify").get<bool>();
    mark.roll_back = value.at("roll_back").get<bool>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(Errc::Corrupt, fmt::format("cannot read {}", quoted(what)), error.what(),
                "stravinsky audit log --type UPDATE_START tells of the update");
  } catch (const std::bad_optional_access&) {
    throw Error(Errc::Corrupt, fmt::format("cannot read {}", quoted(what)), "it names no snapshot",
                "stravinsky audit log --type UPDATE_START tells of the update");
  }
  return mark;
}

void remove_update_mark(const Store::Parts& parts, const std::string& profile) {
  fs::remove_file(path_of(parts, profile));
}

std::vector<std::string> list_update_marks(const Store::Parts& parts) {
  std::vector<std::string> profiles;
  if (parts.is_clone || !fs::exists(directory_of(parts))) return profiles;
  for (const fs::DirectoryEntry& entry : fs::list_directory(directory_of(parts))) {
    if (is_profile_name(entry.name)) profiles.push_back(entry.name);
  }
  std::sort(profiles.begin(), profiles.end());
  return profiles;
}

fs::Lock lock_update(const Store::Parts& parts, const std::string& profile) {
  return fs::Lock(lock_of(parts, profile), fs::Lock::Mode::Exclusive, parts.options.lock_wait);
}

std::optional<fs::Lock> try_lock_update(const Store::Parts& parts, const std::string& profile) {
  fs::Lock lock;
  if (!fs::Lock::try_lock(lock_of(parts, profile), fs::Lock::Mode::Exclusive, lock)) {
    return std::nullopt;
  }
  return lock;
}

}  // namespace stravinsky
