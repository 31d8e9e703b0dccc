#include "config_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "files.hpp"
#include "present/json.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::size_t kMaxConfig = 16 * 1024 * 1024;

/// The JSON text of a member by its dotted key; empty when there is none. A name may have dots
/// itself, as those of profiles do.
std::string member_text(const Json& json, std::string_view key) {
  if (!json.is_object()) return {};
  const auto whole = json.find(std::string(key));
  if (whole != json.end()) return whole->dump();
  const std::size_t dot = key.find('.');
  const auto part = json.find(std::string(key.substr(0, dot)));
  if (dot == std::string_view::npos || part == json.end()) return {};
  return member_text(*part, key.substr(dot + 1));
}

}  // namespace

struct ConfigFile::Parts {
  std::string path, home;
  Json json;
};

ConfigFile::ConfigFile(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ConfigFile::ConfigFile(ConfigFile&&) noexcept = default;
ConfigFile::~ConfigFile() = default;

ConfigFile ConfigFile::parse(const std::string& path, const std::string& home,
                             const std::optional<std::string>& content) {
  auto parts = std::make_unique<Parts>();
  parts->path = path;
  parts->home = home;
  // The library's reader gives the better message, with line and column.
  load_config(content, path, home, [](const std::string&) { return std::nullopt; });
  parts->json = content ? Json::parse(*content, nullptr, false) : Json::object();
  if (!parts->json.is_object()) {
    throw Error(Errc::Invalid, fmt::format("cannot read the settings {}", quoted(path)),
                "it is not one JSON object");
  }
  return ConfigFile(std::move(parts));
}

std::string ConfigFile::text(const std::string& value) {
  if (!is_utf8(value)) {
    throw Error(Errc::Invalid, fmt::format("cannot keep {} in config.json", quoted(value)),
                "it is not UTF-8");
  }
  return Json(value).dump();
}

void ConfigFile::set(const std::string& key, const std::string& value_text) {
  Json value = Json::parse(value_text, nullptr, false);
  if (value.is_discarded()) {
    throw Error(Errc::Invalid, fmt::format("cannot set '{}' to {}", key, quoted(value_text)),
                "it is not JSON", "put a text in double quotes");
  }
  Json* at = &parts_->json;
  std::string_view rest = key;
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    at = &(*at)[std::string(rest.substr(0, dot))];
    if (!at->is_object() && !at->is_null()) {
      throw Error(Errc::Invalid, fmt::format("cannot set '{}'", key), "a part of it is no object");
    }
    rest.remove_prefix(dot + 1);
  }
  (*at)[std::string(rest)] = std::move(value);
}

void ConfigFile::set_profile(const Profile& profile) {
  Json json;
  json["roots"] = Json::array();
  for (const ProfileRoot& root : profile.roots) {
    Json item = {{"path", Json::parse(text(root.path))}};
    if (!root.mount.empty()) item["mount"] = root.mount;
    if (!root.include.empty()) item["include"] = root.include;
    if (root.switch_directory) item["switch"] = "directory";
    json["roots"].push_back(std::move(item));
  }
  if (!profile.exclude.empty()) json["exclude"] = profile.exclude;
  parts_->json["profiles"][profile.name] = std::move(json);
}

bool ConfigFile::has_profile(const std::string& name) const {
  return !member_text(parts_->json, "profiles." + name).empty();
}

bool ConfigFile::remove_profile(const std::string& name) {
  const auto profiles = parts_->json.find("profiles");
  return profiles != parts_->json.end() && profiles->is_object() && profiles->erase(name) > 0;
}

/// The whole file, checked.
std::string ConfigFile::content() const {
  std::string text = parts_->json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  load_config(text, parts_->path, parts_->home, [](const std::string&) { return std::nullopt; });
  const std::filesystem::path directory = std::filesystem::path(parts_->path).parent_path();
  if (!std::filesystem::is_directory(directory)) {
    throw Error(Errc::NoStore, fmt::format("cannot write {}", quoted(parts_->path)),
                "its directory does not exist", "make the store: stravinsky init");
  }
  return text;
}

SettingsEdit ConfigFile::edit(Session& session, const std::string& key, Change change) {
  const std::string path = session.config_path();
  const std::string home = session.environment().home;
  return {path, [=, change = std::move(change)](const std::optional<std::string>& before) {
            ConfigFile file = parse(path, home, before);
            SettingsChange made;
            made.key = key;
            made.before = member_text(file.parts_->json, key);
            change(file);
            made.after = member_text(file.parts_->json, key);
            made.content = file.content();
            return made;
          }};
}

void ConfigFile::change(Session& session, const std::string& key, const Change& change) {
  const SettingsEdit edited = edit(session, key, change);
  if (!session.has_store()) {
    replace_file(edited.file, edited.make(read_file(edited.file, kMaxConfig)).content);
    return;
  }
  Store store = session.open_store(Access::Write);
  session.attempt(store, "CONFIG", key);
  change_settings(store, edited);
}

}  // namespace stravinsky::cli
