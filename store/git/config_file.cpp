#include "git/config_file.hpp"

#include "core/text.hpp"
#include "git/check.hpp"
#include "git/libgit2.hpp"

namespace stravinsky::git {

ConfigFile::ConfigFile(const std::string& path) {
  check(libgit2().git_config_open_ondisk(config_.out(), path.c_str()), "cannot read {}",
        quoted(path));
}

std::optional<std::string> ConfigFile::find(const std::string& key) const {
  git_buf value = GIT_BUF_INIT;
  const int result = libgit2().git_config_get_string_buf(&value, config_.get(), key.c_str());
  std::optional<std::string> found;
  if (result == 0) found.emplace(value.ptr, value.size);
  libgit2().git_buf_dispose(&value);
  if (result != GIT_ENOTFOUND) check(result, "cannot read the setting {}", quoted(key));
  return found;
}

std::optional<bool> ConfigFile::find_bool(const std::string& key) const {
  const std::optional<std::string> text = find(key);
  int value = 0;
  if (!text || libgit2().git_config_parse_bool(&value, text->c_str()) < 0) return std::nullopt;
  return value != 0;
}

}  // namespace stravinsky::git
