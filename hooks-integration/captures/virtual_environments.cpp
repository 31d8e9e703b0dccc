#include <algorithm>
#include <filesystem>

#include "captures/facts.hpp"

namespace stravinsky::hooks {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kLargest = 64u << 10;
constexpr std::size_t kMostEntries = 10'000;  ///< of a root are looked through

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// `key = value` lines; which keys there are differs between the programs that make environments.
nlohmann::json read_configuration(const std::string& text) {
  nlohmann::json known = nlohmann::json::object();
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = trimmed(line.substr(0, equals));
    const std::string value = trimmed(line.substr(equals + 1));
    if (key == "home") known["home"] = as_text(value);
    // virtualenv and uv write the second, Python itself the first.
    if (key == "version" || (key == "version_info" && !known.contains("python_version"))) {
      known["python_version"] = as_text(value);
    }
    if (key == "include-system-site-packages") known["system_site_packages"] = value == "true";
  }
  return known;
}

void add_environment(nlohmann::json& found, const stdfs::path& directory) {
  const auto text = read_small_file((directory / "pyvenv.cfg").string(), kLargest);
  if (!text) return;
  nlohmann::json known = read_configuration(*text);
  known["path"] = as_text(directory.string());
  std::error_code error;
  known["has_python"] = stdfs::exists(directory / "bin/python", error);
  found.push_back(std::move(known));
}

}  // namespace

nlohmann::json virtual_environments(const Profile& profile) {
  nlohmann::json found = nlohmann::json::array();
  for (const ProfileRoot& root : profile.roots) {
    add_environment(found, root.path);
    std::vector<stdfs::path> inside;
    std::error_code error;
    stdfs::directory_iterator entry(root.path, error);
    for (std::size_t seen = 0;
         !error && entry != stdfs::directory_iterator() && seen < kMostEntries;
         entry.increment(error), ++seen) {
      std::error_code unknown;
      if (entry->is_directory(unknown) && !entry->is_symlink(unknown)) inside.push_back(*entry);
    }
    std::sort(inside.begin(), inside.end());
    for (const stdfs::path& directory : inside) add_environment(found, directory);
  }
  return found;
}

}  // namespace stravinsky::hooks
