#include "validators/toml_text.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <string>

namespace stravinsky::hooks {

std::optional<JsonFault> find_toml_fault(std::string_view text) {
  if (text.size() > kJsonSize) {
    return JsonFault{{}, fmt::format("the text has more than {} bytes", kJsonSize)};
  }
  try {
    (void)toml::parse(text);
    return std::nullopt;
  } catch (const toml::parse_error& error) {
    const toml::source_position& at = error.source().begin;
    return JsonFault{{at.line, at.column}, std::string(error.description())};
  }
}

}  // namespace stravinsky::hooks
