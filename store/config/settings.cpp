#include "config/settings.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace stravinsky {
namespace {

using Numbers = std::uint64_t;

// Upper limits keep sums in 64 bits once megabytes are bytes and days are nanoseconds.
constexpr std::uint64_t kMegabytes = 1u << 30;
constexpr std::uint64_t kDays = 36'500;
constexpr std::uint64_t kSeconds = 86'400;

constexpr Setting kSettings[] = {
    {"audit", "enable_audit_logging",
     SwitchSetting{[](Config& c) -> bool& { return c.audit.enable_audit_logging; }, true}, "",
     "every operation is an event of the audit chain"},
    {"audit", "log_retention_days",
     NumberSetting{[](Config& c) -> Numbers& { return c.audit.log_retention_days; }, 1, kDays},
     "STRAVINSKY_AUDIT_RETENTION_DAYS",
     "how long rotated audit logs are kept; the chain itself is never cut"},
    {"audit", "log_rotation_size_mb",
     NumberSetting{[](Config& c) -> Numbers& { return c.audit.log_rotation_size_mb; }, 1,
                   kMegabytes},
     "", "the size at which `audit/operations.log` is rotated"},
    {"audit", "tamper_detection_enabled",
     SwitchSetting{[](Config& c) -> bool& { return c.audit.tamper_detection_enabled; }, true}, "",
     "events are signed and linked by hashes"},
    {"backup", "compression",
     TextSetting{[](Config& c) -> std::string& { return c.backup.compression; },
                 TextSetting::Rule::Compression},
     "", "how hard new objects are compressed; `gzip` reads as `fast`"},
    {"backup", "max_total_size_mb",
     NumberSetting{[](Config& c) -> Numbers& { return c.backup.max_total_size_mb; }, 1, kMegabytes},
     "", "the size that `gc` keeps the store below, by thinning routine snapshots"},
    {"backup", "max_versions",
     NumberSetting{[](Config& c) -> Numbers& { return c.backup.max_versions; }, 1, 1'000'000}, "",
     "how many routine snapshots of a profile are kept"},
    {"backup", "retention_days",
     NumberSetting{[](Config& c) -> Numbers& { return c.backup.retention_days; }, 1, kDays}, "",
     "how long named snapshots are kept"},
    {"backup", "spot_check_percentage",
     NumberSetting{[](Config& c) -> Numbers& { return c.backup.spot_check_percentage; }, 0, 100},
     "", "how much of the new bytes `verify_on_creation` reads back"},
    {"backup", "verify_on_creation",
     SwitchSetting{[](Config& c) -> bool& { return c.backup.verify_on_creation; }}, "",
     "a new snapshot is checked after it is published"},
    {"profile", "default",
     TextSetting{[](Config& c) -> std::string& { return c.profile_default; },
                 TextSetting::Rule::ProfileName},
     "", "the profile that commands act on when nothing else decides"},
    {"recovery", "enable_auto_recovery",
     SwitchSetting{[](Config& c) -> bool& { return c.recovery.enable_auto_recovery; }},
     "STRAVINSKY_AUTO_RECOVER", "what a crash cut short is finished or undone at the next start"},
    {"recovery", "max_recovery_attempts",
     NumberSetting{[](Config& c) -> Numbers& { return c.recovery.max_recovery_attempts; }, 1, 100},
     "", "how often a start tries to end what a crash cut short, before it is left to the user"},
    {"recovery", "recovery_retry_delay_seconds",
     NumberSetting{[](Config& c) -> Numbers& { return c.recovery.recovery_retry_delay_seconds; }, 0,
                   kSeconds},
     "", "the pause between two tries"},
    {"safety", "disk_space_threshold_mb",
     NumberSetting{[](Config& c) -> Numbers& { return c.safety.disk_space_threshold_mb; }, 0,
                   kMegabytes},
     "", "free space below which nothing is begun"},
    {"safety", "fail_safe_on_backup_error",
     SwitchSetting{[](Config& c) -> bool& { return c.safety.fail_safe_on_backup_error; }}, "",
     "live bytes stay untouched when the snapshot before an update, or before `run "
     "--rollback-on-failure`, could not read every file"},
    {"safety", "lock_timeout_seconds",
     NumberSetting{[](Config& c) -> Numbers& { return c.safety.lock_timeout_seconds; }, 0,
                   kSeconds},
     "", "how long another writer's lock is waited for; 0 tries once"},
    {"safety", "require_manual_confirmation_for_rollback", SwitchSetting{[](Config& c) -> bool& {
       return c.safety.require_manual_confirmation_for_rollback;
     }},
     "", "a rollback asks before it acts"},
    {"signing", "key",
     TextSetting{[](Config& c) -> std::string& { return c.signing.key; }, TextSetting::Rule::Path},
     "",
     "the SSH key that signs: a file, or `key::` and a public key that the agent holds; empty: "
     "the store's own"},
    {"signing", "program",
     TextSetting{[](Config& c) -> std::string& { return c.signing.program; },
                 TextSetting::Rule::Path},
     "", "signs in place of the built-in code, called as `ssh-keygen`; empty: none"},
    {"store", "chunk_threshold_mb",
     NumberSetting{[](Config& c) -> Numbers& { return c.store.chunk_threshold_mb; }, 1, 1024}, "",
     "files from this size on are stored in chunks"},
    {"store", "threads",
     NumberSetting{[](Config& c) -> Numbers& { return c.store.threads; }, 0, 1024}, "",
     "worker threads; 0: one per processor"},
    {"update", "auto_backup_before_update",
     SwitchSetting{[](Config& c) -> bool& { return c.update.auto_backup_before_update; }}, "",
     "what is live before an update is kept as a safety snapshot; off: as a routine one"},
    {"update", "auto_rollback_on_failure",
     SwitchSetting{[](Config& c) -> bool& { return c.update.auto_rollback_on_failure; }},
     "STRAVINSKY_AUTO_ROLLBACK", "a failed update is taken back"},
    {"update", "auto_rollback_timeout_seconds",
     NumberSetting{[](Config& c) -> Numbers& { return c.update.auto_rollback_timeout_seconds; }, 1,
                   kSeconds},
     "", "how long taking back an update that failed may last"},
    {"update", "post_update_verification_enabled",
     SwitchSetting{[](Config& c) -> bool& { return c.update.post_update_verification_enabled; }},
     "", "an update ends with the checks"},
    {"update", "pre_update_checks_enabled",
     SwitchSetting{[](Config& c) -> bool& { return c.update.pre_update_checks_enabled; }}, "",
     "an update begins with the checks"},
};

std::string upper(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>  // GCC 12 deduces it; clang 14, whose tools read this, does not
Overloaded(Cases...)->Overloaded<Cases...>;

}  // namespace

std::string Setting::key() const { return fmt::format("{}.{}", section, name); }

std::string Setting::variable() const {
  return fmt::format("STRAVINSKY_{}_{}", upper(section), upper(name));
}

std::string Setting::type() const {
  const auto text_type = [](const TextSetting& text) -> std::string {
    switch (text.rule) {
      case TextSetting::Rule::Compression:
        return "`fast`, `best` or `none`";
      case TextSetting::Rule::ProfileName:
        return "a profile name";
      case TextSetting::Rule::Path:
        break;
    }
    return "a string";
  };
  return std::visit(
      Overloaded{[](const NumberSetting& number) {
                   return fmt::format("a whole number from {} to {}", number.least, number.most);
                 },
                 [](const SwitchSetting&) -> std::string { return "true or false"; }, text_type},
      kind);
}

std::string Setting::value(const Config& config) const {
  Config copy = config;  // the table's members take what they may change
  return std::visit(
      Overloaded{[&](const NumberSetting& number) { return std::to_string(number.member(copy)); },
                 [&](const SwitchSetting& flag) -> std::string {
                   return flag.member(copy) ? "true" : "false";
                 },
                 [&](const TextSetting& text) { return json_quoted(text.member(copy)); }},
      kind);
}

std::span<const Setting> settings() { return kSettings; }

std::vector<SettingInfo> list_settings() {
  std::vector<SettingInfo> list;
  for (const Setting& setting : kSettings) {
    list.push_back({.key = setting.key(),
                    .type = setting.type(),
                    .default_value = setting.value(Config()),
                    .variable = setting.variable(),
                    .alias = std::string(setting.alias),
                    .meaning = std::string(setting.meaning)});
  }
  return list;
}

std::string json_quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace stravinsky
