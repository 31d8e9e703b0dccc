#include "process/variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace stravinsky::hooks {

std::vector<std::string> with_variables(const std::vector<std::string>& environment,
                                        const Variables& ours) {
  constexpr std::string_view kPrefix = "STRAVINSKY_";
  std::vector<std::string> all;
  for (const std::string& one : environment) {
    const std::string_view name = std::string_view(one).substr(0, one.find('='));
    const bool is_ours = std::any_of(ours.begin(), ours.end(), [&](const auto& variable) {
      return name.starts_with(kPrefix) && name.substr(kPrefix.size()) == variable.first;
    });
    if (!is_ours) all.push_back(one);
  }
  for (const auto& [name, value] : ours) {
    // What a system cannot pass on it is better not to pass on in part.
    if (value.find('\0') == std::string::npos) {
      all.push_back(fmt::format("{}{}={}", kPrefix, name, value));
    }
  }
  return all;
}

}  // namespace stravinsky::hooks
