#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "stravinsky/config.hpp"

namespace stravinsky {

/// A whole number within limits.
struct NumberSetting {
  std::uint64_t& (*member)(Config&);
  std::uint64_t least, most;
};

struct SwitchSetting {
  bool& (*member)(Config&);
  /// Switching it off is accepted, because other programs' settings may say so, but only warns.
  bool stays_on = false;
};

struct TextSetting {
  enum class Rule : std::uint8_t { Path, Compression, ProfileName };
  std::string& (*member)(Config&);
  Rule rule;
};

/// One key of config.json. Reading, listing, the variables and docs/configuration.md all come from
/// the one table of these.
struct Setting {
  std::string_view section, name;
  std::variant<NumberSetting, SwitchSetting, TextSetting> kind;
  std::string_view alias;  ///< a second variable; empty: there is none
  std::string_view meaning;

  std::string key() const;       ///< `<section>.<name>`
  std::string variable() const;  ///< `STRAVINSKY_<SECTION>_<NAME>`
  /// What a value must be, such as `a whole number from 1 to 1024`.
  std::string type() const;
  /// The value in `config` as JSON text.
  std::string value(const Config& config) const;
};

/// Sorted by key.
std::span<const Setting> settings();

/// JSON text of a string; bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(const std::string& text);

}  // namespace stravinsky
