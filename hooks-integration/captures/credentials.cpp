#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "captures/facts.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/json_text.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky::hooks {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kLargest = 16u << 20;
constexpr std::size_t kMostDirectories = 10'000;

/// The first 16 digits: enough to tell whether a file is the same, and nothing to work with.
std::string short_digest(const std::string& content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) !=
      1) {
    return {};
  }
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

/// The directories directly in one, by name; links to directories too.
std::vector<stdfs::path> directories_in(const stdfs::path& parent) {
  std::vector<stdfs::path> found;
  std::error_code error;
  stdfs::directory_iterator entry(parent, error);
  for (; !error && entry != stdfs::directory_iterator() && found.size() < kMostDirectories;
       entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_directory(unknown)) found.push_back(*entry);
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Discovery {
 public:
  Discovery(const Profile& profile, const FactsOptions& options)
      : profile_(profile), home_(options.home) {}

  nlohmann::json run() {
    std::set<stdfs::path> bases;
    for (const ProfileRoot& root : profile_.roots) {
      const stdfs::path path = stdfs::path(root.path).lexically_normal();
      bases.insert(path);
      // The configuration of a project lies in it; so does what its servers need.
      if (path.filename() == ".claude") bases.insert(path.parent_path());
    }
    for (const stdfs::path& base : bases) {
      look_at_servers(base);
      look_at_server_settings(base);
    }
    if (!home_.empty()) look_at_home();
    return std::move(found_);
  }

 private:
  void look_at_servers(const stdfs::path& base) {
    for (const stdfs::path& server : directories_in(base / "infrastructure/mcp-servers")) {
      for (const char* file : {"credentials.json", "gcp-oauth.keys.json"}) {
        add(fmt::format("mcp/{}/{}", server.filename().string(), file), server / file,
            "mcp server");
      }
    }
  }

  /// Any file that a server is told of may be its key.
  void look_at_server_settings(const stdfs::path& base) {
    const auto text = read_small_file((base / ".mcp.json").string(), kJsonSize);
    if (!text) return;
    const auto top = nlohmann::json::parse(*text, nullptr, false);
    if (!top.is_object() || !top.contains("mcpServers") || !top["mcpServers"].is_object()) return;
    for (const auto& [server, settings] : top["mcpServers"].items()) {
      if (!settings.is_object() || !settings.contains("env") || !settings["env"].is_object()) {
        continue;
      }
      for (const auto& [name, value] : settings["env"].items()) {
        if (!value.is_string()) continue;
        std::string path = value.get<std::string>();
        if (path.starts_with("~/") && !home_.empty()) path = home_ + path.substr(1);
        if (!path.starts_with('/')) continue;
        add(fmt::format("env/{}/{}", server, name), path, ".mcp.json");
      }
    }
  }

  void look_at_home() {
    const stdfs::path home = home_;
    add("google-ads.yaml", home / ".google-ads/google-ads.yaml", "home directory");
    for (const stdfs::path& directory : directories_in(home / ".config")) {
      add(fmt::format("config/{}/credentials.json", directory.filename().string()),
          directory / "credentials.json", "home directory");
    }
  }

  void add(const std::string& name, const stdfs::path& path, const char* source) {
    std::error_code error;
    if (!stdfs::is_regular_file(path, error) || !seen_.insert(path).second) return;
    nlohmann::json one = {{"name", as_text(name)},
                          {"path", as_text(path.string())},
                          {"found_by", source},
                          {"captured", is_captured(path)},
                          {"size_bytes", stdfs::file_size(path, error)}};
    if (const auto content = read_small_file(path.string(), kLargest)) {
      one["sha256"] = short_digest(*content);
    } else {
      one["error"] = "it cannot be read, or is too large to be a credential";
    }
    found_.push_back(std::move(one));
  }

  /// Whether a snapshot of the profile takes in what is in the file: of a link only where it leads.
  bool is_captured(const stdfs::path& path) const {
    std::error_code error;
    const stdfs::path real = stdfs::is_symlink(path, error) ? stdfs::canonical(path, error) : path;
    const auto inside = snapshot_path(profile_, real.lexically_normal().string());
    const auto read_ignore = [this](const std::string& ignore) -> std::optional<std::string> {
      const auto live = live_path(profile_, ignore);
      return live ? read_small_file(*live, kLargest) : std::nullopt;
    };
    return inside && find_unmanaged(profile_, {*inside}, read_ignore).empty();
  }

  const Profile& profile_;
  std::string home_;
  nlohmann::json found_ = nlohmann::json::array();
  std::set<stdfs::path> seen_;
};

}  // namespace

nlohmann::json credentials(const Profile& profile, const FactsOptions& options) {
  return Discovery(profile, options).run();
}

}  // namespace stravinsky::hooks
