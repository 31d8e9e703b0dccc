#include "captures/capture_facts.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "captures/facts.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {

std::optional<std::string> read_small_file(const std::string& path, std::size_t limit) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string content(limit + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || !file.is_open() || content.size() > limit) return std::nullopt;
  return content;
}

std::string as_text(const std::string& path) {
  // Through the serializer that replaces what is not UTF-8, as the manifest does with its own
  // paths.
  const nlohmann::json value = path;
  return nlohmann::json::parse(
      value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string capture_facts(const Profile& profile, const FactsOptions& options) {
  nlohmann::json facts = nlohmann::json::object();
  for (const std::string& name : profile.captures) {
    if (name == "git") facts[name] = git_state(profile, options);
    if (name == "venv") facts[name] = virtual_environments(profile);
    if (name == "credentials") facts[name] = credentials(profile, options);
  }
  return facts.empty() ? std::string() : facts.dump();
}

}  // namespace stravinsky::hooks
