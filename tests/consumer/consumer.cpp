#include <cstdio>
#include <string>

#include "stravinsky/config.hpp"
#include "stravinsky/error.hpp"

int main() {
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  try {
    stravinsky::load_config("{", "config.json", "/home/u", nothing);
  } catch (const stravinsky::Error& error) {
    const auto loaded = stravinsky::load_config(std::nullopt, "config.json", "/home/u", nothing);
    std::printf("%s\n%s\n", error.what(), stravinsky::derived_profile_name("a", "b").c_str());
    return loaded.values.empty() ? 1 : 0;
  }
  return 1;
}
