#include "session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "captures/capture_facts.hpp"
#include "files.hpp"
#include "present/words.hpp"
#include "process/find_program.hpp"
#include "signals.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/in_place.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/settings_file.hpp"
#include "stravinsky/text.hpp"
#include "stravinsky/update.hpp"

namespace stravinsky::cli {
namespace {

/// A command that failed is not held up for long by writing that down.
constexpr std::chrono::milliseconds kFailureWait{1000};

constexpr std::size_t kMaxConfig = 16 * 1024 * 1024;

}  // namespace

Session::Session()
    : environment_(read_environment()),
      now_(SystemClock().now()),
      out_(STDOUT_FILENO),
      view_{.out = out_, .now = now_, .warnings = {}} {}

void Session::begin() {
  view_.json = globals.json;
  view_.quiet = globals.quiet;
  view_.verbose = globals.verbose;
  view_.colour = !globals.json && (globals.color == "always" ||
                                   (globals.color == "auto" && out_.is_terminal() &&
                                    !environment_.no_color && !environment_.dumb_terminal));
  if (!globals.profile.empty() && !is_profile_name(globals.profile)) {
    throw Error(Errc::Invalid, fmt::format("cannot use profile {}", quoted(globals.profile)),
                "no profile can have that name", "see `stravinsky profile list`");
  }
  if (!globals.directory.empty() && chdir(globals.directory.c_str()) != 0) {
    throw_errno("enter", globals.directory);
  }
}

ProfileSurroundings Session::surroundings() const {
  std::error_code failed;
  const std::filesystem::path current = std::filesystem::current_path(failed);
  return {.home = environment_.home,
          .working_directory = failed ? "/" : current.string(),
          .claude_config_dir = environment_.claude_config_dir};
}

void Session::talk(std::string_view line) {
  if (globals.quiet || globals.json) return;
  end_progress();
  say(line);
}

void Session::warn(std::string_view line) {
  view_.warnings.emplace_back(line);
  if (globals.json) return;
  end_progress();
  say(fmt::format("warning: {}", line));
}

std::string Session::command() const {
  std::string text = "stravinsky";
  const auto add = [&text](const char* option, const std::string& value) {
    if (!value.empty()) text += fmt::format(" {} {}", option, shell_word(value));
  };
  add("-C", globals.directory);
  add("-s", globals.store);
  add("--config", globals.config);
  add("-P", globals.profile);
  return text;
}

std::string Session::store_path() const {
  if (!globals.store.empty()) return absolute_path(globals.store);
  if (environment_.store) return absolute_path(*environment_.store);
  if (environment_.home.empty()) {
    throw Error(Errc::Invalid, "cannot find the default store", "there is no home directory",
                "name a store: --store DIR");
  }
  return environment_.home + "/.stravinsky/rollback";
}

std::string Session::config_path() const {
  return globals.config.empty() ? store_path() + "/config.json" : absolute_path(globals.config);
}

const LoadedConfig& Session::settings() {
  if (!settings_.empty() && !is_stale_) return *settings_.back();
  const std::string path = config_path();
  const auto text = read_file(path, kMaxConfig);
  if (!text && !globals.config.empty()) {
    throw Error(Errc::NotFound, fmt::format("cannot read the settings {}", quoted(path)),
                "there is no such file");
  }
  if (globals.verbose > 0 && text) talk(fmt::format("settings: {}", shown(path)));
  try {
    settings_.push_back(std::make_unique<const LoadedConfig>(
        load_config(text, path, environment_.home, find_variable)));
    is_stale_ = false;
  } catch (const Error& error) {
    if (error.remedy().find("config check") == std::string::npos) throw;
    // The library does not know which file a plain `config check` would look at.
    throw with_remedy(error, fmt::format("correct it, then run `{} config check`", command()));
  }
  for (const std::string& warning : settings_.back()->warnings) warn(warning);
  return *settings_.back();
}

std::string Session::agent_socket() { return find_variable("SSH_AUTH_SOCK").value_or(""); }

StoreOptions Session::store_options() {
  StoreOptions options;
  options.path = store_path();
  options.is_default_path = globals.store.empty() && !environment_.store;
  options.config = std::make_shared<Config>(config());
  options.key_dir = environment_.config_home + "/stravinsky/keys";
  options.key_path =
      config().signing.key.empty() ? options.key_dir + "/id_ed25519" : config().signing.key;
  options.sign_program = config().signing.program;
  options.agent_socket = agent_socket();
  options.temp_dir = environment_.temp_dir;
  options.checkpoint_dir = environment_.state_home + "/stravinsky/checkpoints";
  options.user = environment_.user;
  options.host = environment_.host;
  options.facts = [this](const Profile& profile) {
    hooks::FactsOptions asked;
    asked.home = environment_.home;
    asked.git = hooks::find_program(find_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin"),
                                    {"git"});
    return hooks::capture_facts(profile, asked);
  };
  const double seconds = globals.lock_wait.value_or(double(config().safety.lock_timeout_seconds));
  if (!(seconds >= 0 && seconds <= 1e6)) {
    throw Error(Errc::Invalid, fmt::format("cannot wait {} seconds for a lock", seconds),
                "out of range", "give --lock-wait 0 to 1000000");
  }
  options.lock_wait = std::chrono::milliseconds(std::llround(seconds * 1000));
  return options;
}

bool Session::has_store() const {
  std::error_code failed;
  return std::filesystem::exists(store_path() + "/store.git", failed);
}

Store Session::open_store(Access access, const std::string& key, Recover recover) {
  if (access == Access::Write && !has_store()) open(Access::Read, key, Recover::No);
  return open(access, key, recover);
}

Store Session::open_or_make_store(const std::string& key) {
  return open(Access::Write, key, Recover::Yes);
}

/// What a crash kept from config.json is part of the settings that a writer goes by: the key above
/// all.
void Session::finish_settings() {
  StoreOptions options;
  options.path = store_path();
  options.on_remark = [this](const std::string& remark) { warn(remark); };
  if (stravinsky::finish_settings(options)) is_stale_ = true;
}

Store Session::open(Access access, const std::string& key, Recover recover) {
  if (access == Access::Write && has_store()) finish_settings();
  StoreOptions options = store_options();
  options.on_remark = [this](const std::string& remark) { warn(remark); };
  if (!key.empty()) options.key_path = key;
  if (access == Access::Write) signals::hold();
  Store store = Store::open(options, access);
  if (globals.verbose > 0) talk(fmt::format("store: {}", shown(store.path())));
  if (store.created()) talk(fmt::format("store created: {}", shown(store.path())));
  if (recover == Recover::Yes) end_interrupted(store, access);
  return store;
}

bool Session::try_to_end(Store& store) {
  std::vector<std::string> lines = recover_operations(store, Recovery::Finish);
  // After that every switch has ended; an update whose switch nobody verified has not.
  for (std::string& line : settle_updates(store, Settling::RollBack)) lines.push_back(line);
  for (const std::string& line : lines) warn(line);
  if (lines.empty()) return true;
  const auto updates = list_unsettled_updates(store);
  return list_interrupted(store).empty() &&
         std::all_of(updates.begin(), updates.end(),
                     [](const UnsettledUpdate& one) { return one.is_running; });
}

void Session::end_interrupted(Store& store, Access access) {
  if (access == Access::Write && config().recovery.enable_auto_recovery) {
    const Config::Recovery& recovery = config().recovery;
    for (std::uint64_t tries = 1;; ++tries) {
      if (try_to_end(store) || tries >= recovery.max_recovery_attempts) return;
      warn(fmt::format("trying again in {} s: try {} of {}", recovery.recovery_retry_delay_seconds,
                       tries + 1, recovery.max_recovery_attempts));
      if (!signals::wait(std::chrono::seconds(recovery.recovery_retry_delay_seconds))) return;
    }
  }
  // Who only reads shall know why the live tree is neither what it was nor what it was to be.
  for (const std::string& name : list_interrupted(store)) {
    warn(fmt::format("the operation {} was interrupted and waits: {} operations", name, command()));
  }
  for (const UnsettledUpdate& one : list_unsettled_updates(store)) {
    if (one.is_running || !one.is_switched) continue;
    warn(fmt::format("the update of {} to {} was interrupted and is not verified: {} operations",
                     one.profile, shown(one.to_version), command()));
  }
}

void Session::attempt(const Store& store, std::string event_type, std::string subject,
                      std::vector<std::string> profiles) {
  attempt_ = begin_attempt(store, std::move(event_type), std::move(subject), std::move(profiles));
}

void Session::record_failure(const Error& error) noexcept {
  if (!attempt_) return;
  const Attempt attempt = *std::exchange(attempt_, std::nullopt);
  try {
    StoreOptions options = store_options();
    options.on_remark = [this](const std::string& remark) { warn(remark); };
    options.lock_wait = std::min(options.lock_wait, kFailureWait);
    Store store = Store::open(options, Access::Write);
    stravinsky::record_failure(store, attempt, error.what());
  } catch (const std::exception& again) {
    try {
      warn(fmt::format("the audit chain does not know of this: {}", again.what()));
    } catch (const std::exception&) {
      return;  // out of memory: the failure itself is told
    }
  }
}

void Session::finish_writing(Store& store, std::uint64_t bytes_added) {
  end_progress();
  out_.flush();
  try {
    maintain(store, bytes_added);
  } catch (const Error& error) {
    // The last line of JSON is the summary, and it is out.
    if (!json()) warn(fmt::format("{}; nothing was lost by that", error.what()));
  }
}

Progress& Session::progress(const std::string& label, std::size_t trees) {
  if (progress_) return *progress_;
  signals::hold();
  ProgressStyle style = ProgressStyle::None;
  if (!globals.quiet && !globals.no_progress) {
    style = globals.json                 ? ProgressStyle::Json
            : isatty(STDERR_FILENO) == 1 ? ProgressStyle::Bar
                                         : ProgressStyle::Lines;
  }
  progress_ = std::make_unique<ShownProgress>(label, style, out_, trees);
  return *progress_;
}

void Session::end_progress() {
  if (progress_) progress_->finish();
}

}  // namespace stravinsky::cli
