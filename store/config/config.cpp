#include "stravinsky/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/profile_settings.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "stravinsky/json_text.hpp"
#include "stravinsky/nearest.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kVersion = "1.0";
constexpr const char* kFallBack = "ENABLE_ROLLBACK_AUTO_RECOVER";

/// A value that does not fit its setting: what it must be and what it is.
struct Misfit {
  std::string wanted, found;
};

/// Puts `value` into the setting, or says what is wrong with it.
std::optional<Misfit> set(const NumberSetting& setting, Config& config, std::uint64_t value) {
  if (value < setting.least || value > setting.most) {
    return Misfit{fmt::format("from {} to {}", setting.least, setting.most), std::to_string(value)};
  }
  setting.member(config) = value;
  return std::nullopt;
}

std::optional<Misfit> set(const TextSetting& setting, Config& config, const std::string& text,
                          const std::string& home) {
  std::string value = text;
  switch (setting.rule) {
    case TextSetting::Rule::Compression:
      if (value == "gzip") value = "fast";
      if (value != "fast" && value != "best" && value != "none") {
        return Misfit{"'fast', 'best' or 'none'", quoted(value)};
      }
      break;
    case TextSetting::Rule::ProfileName:
      if (!is_profile_name(value)) return Misfit{"a profile name", quoted(value)};
      break;
    case TextSetting::Rule::Path:
      if (value.find('\0') != std::string::npos) return Misfit{"without NUL", quoted(value)};
      value = expand_home(value, home);
      break;
  }
  setting.member(config) = value;
  return std::nullopt;
}

/// The words people set variables to; the file takes only JSON's own two.
std::optional<bool> parse_switch(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const std::string_view word : {"true", "1", "yes", "on"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "0", "no", "off"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

/// Lays the file and then the environment over the defaults.
class Loader {
 public:
  Loader(const std::string& file, ProfileSurroundings surroundings)
      : file_(file), surroundings_(std::move(surroundings)), warnings_(loaded_.warnings) {}

  void read_file(const std::string& text) {
    const auto parsed = try_parse_json(text);
    if (const auto* broken = std::get_if<JsonFault>(&parsed)) {
      throw fault(broken->at, broken->reason);
    }
    const JsonValue& top = std::get<JsonValue>(parsed);
    for (const JsonMember& member : members(top, "the top level")) {
      if (member.key == "version") {
        read_version(member);
      } else if (member.key == "profiles") {
        read_profiles(member.value);
      } else if (is_section(member.key)) {
        read_section(member);
      } else {
        warn_of_top_key(member);
      }
    }
  }

  void read_environment(
      const std::function<std::optional<std::string>(const std::string&)>& environment) {
    for (const Setting& setting : settings()) {
      // The variable with the full name is the later word.
      for (const std::string& variable : {std::string(setting.alias), setting.variable()}) {
        if (variable.empty()) continue;
        const auto value = environment(variable);
        if (value && !value->empty()) read_variable(setting, variable, *value);
      }
    }
    const auto opted_in = environment(kFallBack);
    if (!opted_in || opted_in->empty()) return;
    const auto parsed = parse_switch(*opted_in);
    if (!parsed) throw misfit_of(kFallBack, "it", {"true or false", quoted(*opted_in)});
    loaded_.config.recovery.falls_back_to_last_good = *parsed;
  }

  LoadedConfig finish() {
    loaded_.values.push_back({"version", json_quoted(std::string(kVersion)), origin_of("version")});
    for (const Setting& setting : settings()) {
      loaded_.values.push_back(
          {setting.key(), setting.value(loaded_.config), origin_of(setting.key())});
    }
    for (const auto& [name, profile] : loaded_.config.profiles) {
      loaded_.values.push_back({"profiles." + name, profile_json(profile), "file"});
    }
    std::sort(loaded_.values.begin(), loaded_.values.end(),
              [](const ConfigValue& a, const ConfigValue& b) { return a.key < b.key; });
    return std::move(loaded_);
  }

 private:
  const JsonObject& members(const JsonValue& value, std::string_view what) const {
    if (const auto* object = value.as<JsonObject>()) return *object;
    throw fault(value.at, fmt::format("{} must be an object, not {}", what, value.type_name()));
  }

  Error fault(JsonPosition at, const std::string& reason) const {
    return json_error(file_, at, reason, std::string(kSettingsRemedy));
  }

  static bool is_section(const std::string& key) {
    return std::any_of(settings().begin(), settings().end(),
                       [&](const Setting& setting) { return setting.section == key; });
  }

  static std::vector<std::string> keys_of(const std::string& section) {
    std::vector<std::string> known;
    for (const Setting& setting : settings()) {
      if (setting.section == section) known.emplace_back(setting.name);
    }
    return known;
  }

  /// At the top a section may have been meant, or a setting that stands outside its section.
  void warn_of_top_key(const JsonMember& member) {
    std::vector<std::string> known = {"version", "profiles"};
    for (const Setting& setting : settings()) known.emplace_back(setting.section);
    for (const Setting& setting : settings()) {
      if (setting.name == member.key || setting.key() == member.key) {
        warnings_.add(fmt::format("{}:{}:{}: {} stands inside '{}': {{\"{}\": {{\"{}\": …}}}}",
                                  file_, member.at.line, member.at.column, quoted(member.key),
                                  setting.section, setting.section, setting.name));
        return;
      }
    }
    warnings_.add(unknown_key(file_, member.at, member.key, known));
  }

  void read_version(const JsonMember& member) {
    const auto* version = member.value.as<std::string>();
    if (version == nullptr) {
      throw fault(member.value.at,
                  fmt::format("version must be a string, not {}", member.value.type_name()));
    }
    if (*version != kVersion) {
      throw json_error(
          file_, member.value.at,
          fmt::format("settings of version {} are not known, only {}", quoted(*version), kVersion),
          "use the stravinsky that wrote them");
    }
    origins_["version"] = "file";
  }

  void read_profiles(const JsonValue& value) {
    const ProfileSource source{file_, surroundings_, warnings_};
    for (const JsonMember& member : members(value, "profiles")) {
      loaded_.config.profiles[member.key] = read_profile(member, source);
    }
  }

  void read_section(const JsonMember& section) {
    for (const JsonMember& member : members(section.value, section.key)) {
      const auto found =
          std::find_if(settings().begin(), settings().end(), [&](const Setting& setting) {
            return setting.section == section.key && setting.name == member.key;
          });
      if (found == settings().end()) {
        warnings_.add(unknown_key(file_, member.at, member.key, keys_of(section.key)));
        continue;
      }
      if (const auto misfit = set_from_json(*found, member.value)) {
        throw fault(member.value.at, fmt::format("{} must be {}, not {}", found->key(),
                                                 misfit->wanted, misfit->found));
      }
      origins_[found->key()] = "file";
      keep_on(*found, fmt::format("{}:{}:{}", file_, member.value.at.line, member.value.at.column));
    }
  }

  std::optional<Misfit> set_from_json(const Setting& setting, const JsonValue& value) {
    const Misfit wrong_type{setting.type(), std::string(value.type_name())};
    if (const auto* number = std::get_if<NumberSetting>(&setting.kind)) {
      const auto* integer = value.as<std::int64_t>();
      if (integer == nullptr) return wrong_type;
      if (*integer < 0) return Misfit{setting.type(), std::to_string(*integer)};
      return set(*number, loaded_.config, static_cast<std::uint64_t>(*integer));
    }
    if (const auto* flag = std::get_if<SwitchSetting>(&setting.kind)) {
      const auto* boolean = value.as<bool>();
      if (boolean == nullptr) return wrong_type;
      flag->member(loaded_.config) = *boolean;
      return std::nullopt;
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr) return wrong_type;
    return set(std::get<TextSetting>(setting.kind), loaded_.config, *text, surroundings_.home);
  }

  void read_variable(const Setting& setting, const std::string& variable,
                     const std::string& value) {
    std::optional<Misfit> misfit;
    if (const auto* number = std::get_if<NumberSetting>(&setting.kind)) {
      const auto parsed = parse_unsigned(value);
      misfit =
          parsed ? set(*number, loaded_.config, *parsed) : Misfit{setting.type(), quoted(value)};
    } else if (const auto* flag = std::get_if<SwitchSetting>(&setting.kind)) {
      const auto parsed = parse_switch(value);
      if (parsed) {
        flag->member(loaded_.config) = *parsed;
      } else {
        misfit = Misfit{setting.type(), quoted(value)};
      }
    } else {
      misfit = set(std::get<TextSetting>(setting.kind), loaded_.config, value, surroundings_.home);
    }
    if (misfit) throw misfit_of(variable, setting.key(), *misfit);
    origins_[setting.key()] = variable;
    keep_on(setting, variable);
  }

  static Error misfit_of(const std::string& variable, const std::string& key,
                         const Misfit& misfit) {
    return {Errc::Invalid, fmt::format("cannot use the variable {}", quoted(variable)),
            fmt::format("{} must be {}, not {}", key, misfit.wanted, misfit.found),
            fmt::format("set it to such a value, or run `unset {}`", variable)};
  }

  /// The chain is what makes a store trustworthy, so no setting ends it.
  void keep_on(const Setting& setting, const std::string& place) {
    const auto* flag = std::get_if<SwitchSetting>(&setting.kind);
    if (flag == nullptr || !flag->stays_on || flag->member(loaded_.config)) return;
    flag->member(loaded_.config) = true;
    origins_.erase(setting.key());
    warnings_.add(fmt::format("{}: {} stays on: the audit chain cannot be switched off", place,
                              setting.key()));
  }

  std::string origin_of(const std::string& key) const {
    const auto found = origins_.find(key);
    return found == origins_.end() ? "default" : found->second;
  }

  const std::string& file_;
  const ProfileSurroundings surroundings_;
  LoadedConfig loaded_;
  Warnings warnings_;
  std::map<std::string, std::string> origins_;
};

}  // namespace

LoadedConfig load_config(
    const std::optional<std::string>& text, const std::string& file, const std::string& home,
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  Loader loader(file, {.home = home,
                       .working_directory = {},
                       .claude_config_dir = environment("CLAUDE_CONFIG_DIR").value_or("")});
  if (text) loader.read_file(*text);
  loader.read_environment(environment);
  return loader.finish();
}

}  // namespace stravinsky
