#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/settings.hpp"
#include "stravinsky/config.hpp"
#include "support/error_of.hpp"

using namespace stravinsky;
using test::error_of;

namespace {

using Variables = std::map<std::string, std::string>;

LoadedConfig load(const std::optional<std::string>& text, const Variables& variables = {}) {
  return load_config(text, "config.json", "/home/u",
                     [&](const std::string& name) -> std::optional<std::string> {
                       const auto found = variables.find(name);
                       if (found == variables.end()) return std::nullopt;
                       return found->second;
                     });
}

std::string message_of(const std::optional<std::string>& text, const Variables& variables = {}) {
  try {
    load(text, variables);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::Invalid);
    CHECK(!error.remedy().empty());
    return error.what();
  }
  return "no error";
}

/// `<value> <origin>`.
std::string listed(const LoadedConfig& loaded, const std::string& key) {
  for (const ConfigValue& value : loaded.values) {
    if (value.key == key) return value.value + " " + value.origin;
  }
  return "absent";
}

}  // namespace

TEST_CASE("config: without a file every setting has its default [S30][S31]") {
  const LoadedConfig loaded = load(std::nullopt);
  CHECK(loaded.warnings.empty());
  CHECK(loaded.config.backup.retention_days == 730);
  CHECK(loaded.config.store.chunk_threshold_mb == 32);
  CHECK(loaded.config.profile_default == "claude");
  CHECK(loaded.values.size() == settings().size() + 1);
  for (const ConfigValue& value : loaded.values) CHECK(value.origin == "default");
  CHECK(listed(loaded, "backup.compression") == "\"fast\" default");
  CHECK(listed(loaded, "version") == "\"1.0\" default");
}

TEST_CASE("config: the table of settings is sorted and each key moves a member of its own") {
  Config defaults;
  std::vector<std::string> keys;
  for (const Setting& setting : settings()) {
    keys.push_back(setting.key());
    Config changed;
    if (const auto* number = std::get_if<NumberSetting>(&setting.kind)) {
      number->member(changed) += 1;
      CHECK(number->member(defaults) >= number->least);
      CHECK(number->member(defaults) <= number->most);
    } else if (const auto* flag = std::get_if<SwitchSetting>(&setting.kind)) {
      flag->member(changed) = !flag->member(changed);
    } else {
      std::get<TextSetting>(setting.kind).member(changed) += "x";
    }
    for (const Setting& other : settings()) {
      CHECK((other.value(changed) != other.value(defaults)) == (other.key() == setting.key()));
    }
  }
  CHECK(std::is_sorted(keys.begin(), keys.end()));
}

TEST_CASE("config: the documented defaults written into a file change nothing [S30][S31]") {
  const LoadedConfig loaded = load(R"({
    "version": "1.0",
    "backup": {"max_versions": 10, "max_total_size_mb": 500, "retention_days": 730,
               "compression": "gzip", "verify_on_creation": true, "spot_check_percentage": 10},
    "update": {"auto_backup_before_update": true, "pre_update_checks_enabled": true,
               "post_update_verification_enabled": true, "auto_rollback_on_failure": true,
               "auto_rollback_timeout_seconds": 60},
    "recovery": {"enable_auto_recovery": true, "max_recovery_attempts": 3,
                 "recovery_retry_delay_seconds": 5},
    "audit": {"enable_audit_logging": true, "log_retention_days": 730,
              "log_rotation_size_mb": 50, "tamper_detection_enabled": true},
    "safety": {"require_manual_confirmation_for_rollback": false,
               "fail_safe_on_backup_error": true, "disk_space_threshold_mb": 100,
               "lock_timeout_seconds": 5},
    "store": {"chunk_threshold_mb": 32, "threads": 0},
    "signing": {"key": "", "program": ""},
    "profile": {"default": "claude"}})");
  CHECK(loaded.warnings.empty());
  for (const Setting& setting : settings()) {
    CHECK(setting.value(loaded.config) == setting.value(Config()));
    CHECK(listed(loaded, setting.key()) == setting.value(Config()) + " file");
  }
}

TEST_CASE("config: a variable is stronger than the file, and its full name than its alias") {
  const std::string file = R"({"backup": {"max_versions": 5, "retention_days": 40},
                               "update": {"auto_rollback_on_failure": true}})";
  const LoadedConfig loaded = load(file, {{"STRAVINSKY_BACKUP_MAX_VERSIONS", "7"},
                                          {"STRAVINSKY_AUTO_ROLLBACK", "off"},
                                          {"STRAVINSKY_AUDIT_RETENTION_DAYS", "90"},
                                          {"STRAVINSKY_AUDIT_LOG_RETENTION_DAYS", "91"},
                                          {"STRAVINSKY_AUTO_RECOVER", "FALSE"},
                                          {"STRAVINSKY_STORE", "/somewhere"},
                                          {"STRAVINSKY_BACKUP_RETENTION_DAYS", ""}});
  CHECK(listed(loaded, "backup.max_versions") == "7 STRAVINSKY_BACKUP_MAX_VERSIONS");
  CHECK(listed(loaded, "backup.retention_days") == "40 file");  // empty is unset
  CHECK(listed(loaded, "update.auto_rollback_on_failure") == "false STRAVINSKY_AUTO_ROLLBACK");
  CHECK(listed(loaded, "audit.log_retention_days") == "91 STRAVINSKY_AUDIT_LOG_RETENTION_DAYS");
  CHECK(listed(loaded, "recovery.enable_auto_recovery") == "false STRAVINSKY_AUTO_RECOVER");
  CHECK(loaded.config.backup.max_versions == 7);
  CHECK(!loaded.config.update.auto_rollback_on_failure);
  CHECK(!loaded.config.recovery.enable_auto_recovery);
  CHECK(loaded.warnings.empty());
}

TEST_CASE("config: every setting can be set by its variable") {
  for (const Setting& setting : settings()) {
    CAPTURE(setting.key());
    std::string value = "probe";
    if (const auto* number = std::get_if<NumberSetting>(&setting.kind)) {
      value = std::to_string(number->most);
    } else if (std::holds_alternative<SwitchSetting>(setting.kind)) {
      value = "yes";
    } else if (setting.name == "compression") {
      value = "best";
    }
    const LoadedConfig loaded = load(std::nullopt, {{setting.variable(), value}});
    CHECK(listed(loaded, setting.key()).ends_with(" " + setting.variable()));
  }
}

TEST_CASE("config: a value that does not fit is refused with file, line and column") {
  CHECK(message_of("{\n \"backup\": {\"max_versions\": \"ten\"}}") ==
        "cannot use 'config.json:2:29': backup.max_versions must be a whole number from 1 to "
        "1000000, not a string");
  const std::pair<std::string, std::string> cases[] = {
      {R"([])", "the top level must be an object, not an array"},
      {R"({"backup": 3})", "backup must be an object, not a whole number"},
      {R"({"backup": {"max_versions": 10.0}})", "not a number"},
      {R"({"backup": {"max_versions": 0}})", "must be from 1 to 1000000, not 0"},
      {R"({"backup": {"max_versions": -1}})", "not -1"},
      {R"({"backup": {"max_versions": null}})", "not null"},
      {R"({"backup": {"max_versions": 18446744073709551617}})", "not a number"},
      {R"({"backup": {"spot_check_percentage": 101}})", "must be from 0 to 100, not 101"},
      {R"({"store": {"chunk_threshold_mb": 0}})", "must be from 1 to 1024, not 0"},
      {R"({"store": {"chunk_threshold_mb": 1025}})", "must be from 1 to 1024, not 1025"},
      {R"({"backup": {"verify_on_creation": 1}})", "must be true or false, not a whole number"},
      {R"({"backup": {"compression": "zip"}})", "must be 'fast', 'best' or 'none', not 'zip'"},
      {R"({"profile": {"default": "No/Name"}})", "must be a profile name, not 'No/Name'"},
      {R"({"signing": {"key": "a\u0000b"}})", "must be without NUL"},
      {R"({"version": 1})", "version must be a string, not a whole number"},
      {R"({"version": "2.0"})", "settings of version '2.0' are not known, only 1.0"},
      {"", "expected a value, found the end of the text"}};
  for (const auto& one : cases) {
    const auto& [text, expected] = one;
    INFO("text := " << one.first);
    const std::string message = message_of(text);
    CHECK(message.find("cannot use 'config.json:1:") == 0);
    CHECK_MESSAGE(message.find(expected) != std::string::npos, message);
  }
}

TEST_CASE("config: a variable that does not fit is refused by name") {
  CHECK(message_of(std::nullopt, {{"STRAVINSKY_STORE_THREADS", "-1"}}) ==
        "cannot use the variable 'STRAVINSKY_STORE_THREADS': store.threads must be a whole number "
        "from 0 to 1024, not '-1'");
  CHECK(message_of(std::nullopt, {{"STRAVINSKY_AUTO_ROLLBACK", "maybe"}}) ==
        "cannot use the variable 'STRAVINSKY_AUTO_ROLLBACK': update.auto_rollback_on_failure must "
        "be true or false, not 'maybe'");
  CHECK(message_of(std::nullopt, {{"STRAVINSKY_STORE_THREADS", "99999999999999999999"}}) !=
        "no error");
  CHECK(message_of(std::nullopt, {{"STRAVINSKY_BACKUP_COMPRESSION", "\xff"}}).find("'\\377'") !=
        std::string::npos);
}

TEST_CASE("config: an unknown key warns with the nearest name and is passed over") {
  const LoadedConfig loaded = load(
      "{\"backup\": {\"max_version\": true,\n\"zzzzzz\": 1}, \"bakcup\": {}, \"retention_days\": "
      "3}");
  REQUIRE(loaded.warnings.size() == 4);
  CHECK(loaded.warnings[0] ==
        "config.json:1:13: unknown key 'max_version'; did you mean 'max_versions'?");
  CHECK(loaded.warnings[1] == "config.json:2:1: unknown key 'zzzzzz'");
  CHECK(loaded.warnings[2] == "config.json:2:15: unknown key 'bakcup'; did you mean 'backup'?");
  CHECK(loaded.warnings[3] ==
        "config.json:2:29: 'retention_days' stands inside 'backup': {\"backup\": "
        "{\"retention_days\": …}}");
  CHECK(loaded.config.backup.max_versions == 10);
}

TEST_CASE("config: a file full of unknown keys gives a bounded number of warnings") {
  std::string text = "{\"\":0";
  for (int i = 0; i < 5000; ++i) text += fmt::format(",\"unknown{}\":0", i);
  const LoadedConfig loaded = load(text + "}");
  CHECK(loaded.warnings.size() == 101);
  CHECK(loaded.warnings.back() == "further warnings are not shown");
}

TEST_CASE("config: the audit chain stays on whatever the settings say") {
  const LoadedConfig loaded = load(R"({"audit": {"enable_audit_logging": false}})",
                                   {{"STRAVINSKY_AUDIT_TAMPER_DETECTION_ENABLED", "false"}});
  CHECK(loaded.config.audit.enable_audit_logging);
  CHECK(loaded.config.audit.tamper_detection_enabled);
  REQUIRE(loaded.warnings.size() == 2);
  CHECK(loaded.warnings[0] ==
        "config.json:1:36: audit.enable_audit_logging stays on: the audit chain cannot be switched "
        "off");
  CHECK(loaded.warnings[1].find("STRAVINSKY_AUDIT_TAMPER_DETECTION_ENABLED: ") == 0);
  CHECK(listed(loaded, "audit.enable_audit_logging") == "true default");
}

TEST_CASE("config: paths of settings may start at the home directory") {
  const Config config =
      load(R"({"signing": {"key": "~/.ssh/id", "program": "ssh-keygen"}})").config;
  CHECK(config.signing.key == "/home/u/.ssh/id");
  CHECK(config.signing.program == "ssh-keygen");
}

TEST_CASE("config: profiles of the file are read with their roots, mounts and patterns") {
  const LoadedConfig loaded = load(R"({"profiles": {
    "etc": {"roots": [{"path": "/etc//nginx/", "include": ["*.conf"], "switch": "directory"}],
            "exclude": ["*.bak"], "switch_last": ["nginx.conf"], "captures": ["git", "venv"]},
    "both": {"roots": [{"path": "~/a/x"}, {"path": "/b/x"}, {"path": "/c", "mount": "x-2"}]}}})");
  const Profile& etc = loaded.config.profiles.at("etc");
  CHECK(etc.name == "etc");
  CHECK(etc.roots.front().path == "/etc/nginx");
  CHECK(etc.roots.front().mount == "");
  CHECK(etc.roots.front().include == std::vector<std::string>{"*.conf"});
  CHECK(etc.roots.front().switch_directory);
  CHECK(etc.exclude == std::vector<std::string>{"*.bak"});
  CHECK(etc.switch_last == std::vector<std::string>{"nginx.conf"});
  const Profile& both = loaded.config.profiles.at("both");
  CHECK(both.roots[0].path == "/home/u/a/x");
  CHECK(both.roots[0].mount == "x");
  CHECK(both.roots[1].mount == "x-3");  // -2 is taken by the one who asked for it
  CHECK(both.roots[2].mount == "x-2");
  CHECK(etc.captures == std::vector<std::string>{"git", "venv"});
  CHECK(listed(loaded, "profiles.etc").find(R"("captures":["git","venv"])") != std::string::npos);
  CHECK(loaded.warnings.empty());

  // What is listed can be written into a file again.
  const std::string json = listed(loaded, "profiles.both");
  REQUIRE(json.ends_with(" file"));
  const LoadedConfig again =
      load("{\"profiles\": {\"both\": " + json.substr(0, json.size() - 5) + "}}");
  CHECK(again.config.profiles.at("both").roots[1].mount == "x-3");
  CHECK(listed(again, "profiles.both") == json);
}

TEST_CASE("config: hooks and validators of a profile are read, and listed as they were") {
  const std::string body = R"({"roots": [{"path": "/a"}], "validators": ["json"], "hooks": {
    "before-update": ["make check", {"run": ["/bin/true", "x"], "essential": false, "timeout": 5}],
    "failed-rollback": [{"command": "page me"}]}})";
  const LoadedConfig loaded = load("{\"profiles\": {\"a\": " + body + "}}");
  const Profile& profile = loaded.config.profiles.at("a");
  CHECK(profile.validators == std::vector<std::string>{"json"});
  REQUIRE(profile.hooks.size() == 3);
  CHECK(profile.hooks[0].moment == "before-update");
  CHECK(profile.hooks[0].command == "make check");
  CHECK(profile.hooks[0].is_essential);
  CHECK(profile.hooks[0].timeout_seconds == 60);
  CHECK(profile.hooks[1].words == std::vector<std::string>{"/bin/true", "x"});
  CHECK_FALSE(profile.hooks[1].is_essential);
  CHECK(profile.hooks[1].timeout_seconds == 5);
  CHECK_FALSE(profile.hooks[2].is_essential);
  CHECK(loaded.warnings.empty());
  const std::string json = listed(loaded, "profiles.a");
  const LoadedConfig again =
      load("{\"profiles\": {\"a\": " + json.substr(0, json.size() - 5) + "}}");
  CHECK(listed(again, "profiles.a") == json);

  for (const char* hooks :
       {R"({"during-update": []})", R"({"before-lunch": []})", R"({"before-update": "x"})",
        R"({"before-update": [{}]})", R"({"before-update": [{"command": "a", "run": ["/b"]}]})",
        R"({"before-update": [{"run": ["relative"]}]})",
        R"({"before-update": [{"command": "a", "timeout": 0}]})",
        R"({"before-update": [{"command": "a", "essential": 1}]})"}) {
    CAPTURE(hooks);
    CHECK(error_of([&] {
            load(std::string(R"({"profiles": {"a": {"roots": [{"path": "/a"}], "hooks": )") +
                 hooks + "}}}");
          }) == Errc::Invalid);
  }
}

TEST_CASE("config: reload actions are read, and listed as they were [P13]") {
  const std::string body = R"({"roots": [{"path": "/a"}], "hooks": {"after-recovery": ["true"]},
    "reload": ["tell all", {"paths": ["agents/**", "*.plist"], "run": ["/bin/kill", "1"],
                            "essential": true, "timeout": 5}]})";
  const LoadedConfig loaded = load("{\"profiles\": {\"a\": " + body + "}}");
  const Profile& profile = loaded.config.profiles.at("a");
  CHECK(profile.hooks.size() == 1);
  REQUIRE(profile.reload.size() == 2);
  CHECK(profile.reload[0].paths.empty());
  CHECK(profile.reload[0].hook.command == "tell all");
  CHECK_FALSE(profile.reload[0].hook.is_essential);
  CHECK(profile.reload[1].paths == std::vector<std::string>{"agents/**", "*.plist"});
  CHECK(profile.reload[1].hook.words == std::vector<std::string>{"/bin/kill", "1"});
  CHECK(profile.reload[1].hook.is_essential);
  CHECK(profile.reload[1].hook.timeout_seconds == 5);
  CHECK(loaded.warnings.empty());
  const std::string json = listed(loaded, "profiles.a");
  const LoadedConfig again =
      load("{\"profiles\": {\"a\": " + json.substr(0, json.size() - 5) + "}}");
  CHECK(listed(again, "profiles.a") == json);

  for (const char* reload :
       {R"({})", R"([[]])", R"([{"paths": ["a"]}])", R"([{"paths": [], "command": "a"}])",
        R"([{"paths": "a", "command": "b"}])", R"([{"paths": [1], "command": "b"}])",
        R"([{"run": ["relative"]}])", R"([""])"}) {
    CAPTURE(reload);
    CHECK(error_of([&] {
            load(std::string(R"({"profiles": {"a": {"roots": [{"path": "/a"}], "reload": )") +
                 reload + "}}}");
          }) == Errc::Invalid);
  }
}

TEST_CASE("config: checks of a profile are read, and listed as they were") {
  const std::string body = R"({"roots": [{"path": "/a"}], "checks": ["nginx -t",
    {"run": ["/usr/bin/curl", "-fs", "localhost"], "timeout": 5, "delay": 2, "tries": 10}]})";
  const LoadedConfig loaded = load("{\"profiles\": {\"a\": " + body + "}}");
  const std::vector<HealthCheck>& checks = loaded.config.profiles.at("a").checks;
  REQUIRE(checks.size() == 2);
  CHECK(checks[0].command == "nginx -t");
  CHECK(checks[0].timeout_seconds == 60);
  CHECK(checks[0].delay_seconds == 0);
  CHECK(checks[0].tries == 1);
  CHECK(checks[1].words == std::vector<std::string>{"/usr/bin/curl", "-fs", "localhost"});
  CHECK(checks[1].timeout_seconds == 5);
  CHECK(checks[1].delay_seconds == 2);
  CHECK(checks[1].tries == 10);
  CHECK(loaded.warnings.empty());
  const std::string json = listed(loaded, "profiles.a");
  const LoadedConfig again =
      load("{\"profiles\": {\"a\": " + json.substr(0, json.size() - 5) + "}}");
  CHECK(listed(again, "profiles.a") == json);

  const std::pair<const char*, const char*> faults[] = {
      {R"("x")", "config.json:1:58': in profile 'a': 'checks' must be an array"},
      {R"([1])",
       "config.json:1:59': in profile 'a': a check must be an object, not a whole number"},
      {R"([{"timeout": 1}])",
       "config.json:1:59': in profile 'a': a check has either 'command' or 'run'"},
      {R"([{"command": "a", "run": ["/b"]}])", "a check has either 'command' or 'run'"},
      {R"([{"run": ["relative"]}])", "'run' begins with the absolute path"},
      {R"([{"command": "a", "timeout": 0}])",
       "config.json:1:87': in profile 'a': 'timeout' must be a whole number of seconds from 1 to "
       "86400"},
      {R"([{"command": "a", "delay": -1}])", "a whole number of seconds from 0 to 86400"},
      {R"([{"command": "a", "tries": 0}])", "'tries' must be a whole number of tries from 1 to"},
      {R"([{"command": "a", "tries": 1.5}])", "'tries' must be a whole number"}};
  for (const auto& one : faults) {
    const auto& [checks_text, expected] = one;
    INFO("checks_text := " << one.first);
    std::string message;
    try {
      load(std::string(R"({"profiles": {"a": {"roots": [{"path": "/a"}], "checks": )") +
           checks_text + "}}}");
    } catch (const Error& error) {
      message = error.what();
    }
    CHECK_MESSAGE(message.find(expected) != std::string::npos, message);
  }
  const LoadedConfig misspelt = load(R"({"profiles": {"a": {"roots": [{"path": "/a"}],
    "checks": [{"command": "a", "timout": 3}]}}})");
  REQUIRE(misspelt.warnings.size() == 1);
  CHECK(misspelt.warnings[0] == "config.json:2:33: unknown key 'timout'; did you mean 'timeout'?");
}

TEST_CASE("config: falling back to the last good snapshot is opted in by a variable alone [P16]") {
  const auto falls_back = [](const Variables& variables) {
    return load("{}", variables).config.recovery.falls_back_to_last_good;
  };
  CHECK_FALSE(falls_back({}));
  CHECK_FALSE(falls_back({{"ENABLE_ROLLBACK_AUTO_RECOVER", ""}}));
  CHECK_FALSE(falls_back({{"ENABLE_ROLLBACK_AUTO_RECOVER", "0"}}));
  CHECK(falls_back({{"ENABLE_ROLLBACK_AUTO_RECOVER", "1"}}));
  CHECK(falls_back({{"ENABLE_ROLLBACK_AUTO_RECOVER", "True"}}));
  CHECK(message_of(std::nullopt, {{"ENABLE_ROLLBACK_AUTO_RECOVER", "perhaps"}}) ==
        "cannot use the variable 'ENABLE_ROLLBACK_AUTO_RECOVER': it must be true or false, "
        "not 'perhaps'");
}

TEST_CASE("config: profiles.claude keeps what it does not say") {
  const Variables moved = {{"CLAUDE_CONFIG_DIR", "/srv/claude"}};
  const Profile changed =
      load(R"({"profiles": {"claude": {"exclude": ["/x"]}}})", moved).config.profiles.at("claude");
  CHECK(changed.roots.front().path == "/srv/claude");
  CHECK(changed.exclude == std::vector<std::string>{"/x"});
  CHECK(changed.switch_last.front() == "settings.json");
}

TEST_CASE("config: a profile that cannot be captured is refused where it stands") {
  const std::pair<std::string, std::string> cases[] = {
      {R"("Bad": {})", "'Bad' cannot name a profile"},
      {R"("audit": {})", "'audit' cannot name a profile"},
      {R"("p": [])", "a profile must be an object, not an array"},
      {R"("p": {})", "a profile needs 'roots'"},
      {R"("p": {"roots": []})", "a profile needs 'roots'"},
      {R"("p": {"roots": {}})", "'roots' must be an array, not an object"},
      {R"("p": {"roots": ["/a"]})", "a root must be an object, not a string"},
      {R"("p": {"roots": [{}]})", "a root needs a 'path'"},
      {R"("p": {"roots": [{"path": "a"}]})", "must start with '/' or '~/'"},
      {R"("p": {"roots": [{"path": "/a/../b"}]})", "no component '..'"},
      {R"("p": {"roots": [{"path": "/a\u0000"}]})", "no NUL"},
      {R"("p": {"roots": [{"path": 1}]})", "'path' must be a string, not a whole number"},
      {R"("p": {"roots": [{"path": "/a"}, {"path": "/a/b"}]})", "overlaps with '/a'"},
      {R"("p": {"roots": [{"path": "/"}, {"path": "/b"}]})", "overlaps with '/'"},
      {R"("p": {"roots": [{"path": "/a", "mount": "m"}, {"path": "/b", "mount": "m"}]})",
       "two roots have the mount 'm'"},
      {R"("p": {"roots": [{"path": "/a", "mount": "m/n"}]})", "must be one file name"},
      {R"("p": {"roots": [{"path": "/a", "mount": ".."}]})", "must be one file name"},
      {R"("p": {"roots": [{"path": "/a", "switch": "all"}]})", "'entries' or 'directory'"},
      {R"("p": {"roots": [{"path": "/a"}], "exclude": "x"})", "'exclude' must be an array"},
      {R"("p": {"roots": [{"path": "/a"}], "exclude": ["a\nb"]})", "no line break"},
      {R"("p": {"roots": [{"path": "/a"}], "exclude": [""]})", "must not be empty"}};
  for (const auto& one : cases) {
    const auto& [text, expected] = one;
    INFO("text := " << one.first);
    std::string message;
    try {
      load("{\"profiles\": {" + text + "}}");
    } catch (const Error& error) {
      message = error.what();
      CHECK(error.code() == Errc::Invalid);
    }
    CHECK(message.find("cannot use 'config.json:1:") == 0);
    CHECK_MESSAGE(message.find(expected) != std::string::npos, message);
  }
}
