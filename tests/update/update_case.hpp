#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/past_operations.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"
#include "update/run_update.hpp"

namespace stravinsky::test {

/// A store, a Claude Code tree that is live, and releases beside it.
class UpdateCase {
 public:
  using Outcome = hooks::UpdateReport::Outcome;

  UpdateCase() {
    put_live("settings.json", "{\n  \"model\": \"opus\"\n}\n");
    request.staging = t.dir / "staging";
    request.checks.free_space = [](const std::string&) { return std::uint64_t{1} << 40; };
    request.checks.pause = [](std::chrono::milliseconds) {};
    request.checks.spot_check_seed = 1;
    request.health.environment = {"PATH=/usr/bin:/bin"};
    request.on_phase = [this](hooks::UpdatePhase phase) { phases.push_back(phase); };
  }

  static void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(path.substr(0, path.rfind('/')));
    write_file(path, text);
  }
  void put_live(const std::string& path, const std::string& text) const {
    put(t.live() + "/" + path, text);
  }
  std::string live(const std::string& path) const { return fs::read_file(t.live() + "/" + path); }
  bool is_live(const std::string& path) const { return fs::exists(t.live() + "/" + path); }
  void put_release(const std::string& version, const std::string& path, const std::string& text) {
    put(t.dir / version + "/" + path, text);
  }

  Profile profile() const {
    Profile profile = t.profile("claude");
    profile.validators = validators;
    profile.exclude = {"cache/"};
    profile.checks = checks;
    return profile;
  }

  hooks::UpdateReport update(const std::string& version) {
    phases.clear();
    request.version = version;
    request.source = t.dir / version;
    request.profile = profile();
    t.clock->advance(std::chrono::seconds(1));
    return hooks::run_update(t.store(), request);
  }

  /// The types of events, oldest first, from the first that is not INIT or SNAPSHOT.
  std::vector<std::string> events() {
    std::vector<std::string> types;
    visit_events_upwards(t.store(), {}, [&](const AuditEvent& event) {
      if (event.event_type != "INIT" && event.event_type != "SNAPSHOT") {
        types.push_back(event.event_type);
      }
      return true;
    });
    return types;
  }
  AuditEvent newest(const std::string& type) {
    AuditFilter filter;
    filter.types = {type};
    filter.limit = 1;
    std::optional<AuditEvent> found;
    visit_events(t.store(), filter, [&](const AuditEvent& event) {
      found = event;
      return false;
    });
    return found.value();
  }
  /// Everything that is live, as the store sees it.
  Sha256 content() {
    CreateOptions create;
    create.profile = profile();
    create.skip_if_unchanged = true;
    const CreateReport made = create_snapshot(t.store(), create);
    return made.snapshot ? made.snapshot->content : made.current->content;
  }
  /// As `rollback to` does.
  void bring_back(const std::string& version) {
    InPlaceTarget target;
    target.snapshot = resolve(t.store(), version, {"claude"}).snapshot;
    target.profile = profile();
    InPlaceOptions options;
    options.surplus = Surplus::Remove;
    apply(t.store(), {target}, options);
  }
  std::vector<std::string> actions(const hooks::UpdateReport& report) const {
    std::vector<std::string> lines;
    for (const hooks::UpdateItem& item : report.plan.items) {
      lines.push_back(fmt::format("{} {}", name_of(item.action), item.path));
    }
    return lines;
  }

  TempStore t;
  // Of the profile.
  std::vector<HealthCheck> checks;
  std::vector<std::string> validators = hooks::validator_names();
  hooks::UpdateRequest request;
  std::vector<hooks::UpdatePhase> phases;
};

/// A release with settings, a command and a hook.
inline void put_release(UpdateCase& c, const std::string& version) {
  c.put_release(version, "settings.json",
                "{\n  \"model\": \"opus\",\n  \"outputStyle\": \"" + version + "\"\n}\n");
  c.put_release(version, "commands/plan.md", "Plan for " + version + ".\n");
  c.put_release(version, "hooks/guard.sh", "#!/bin/sh\nexit 0\n");
  chmod((c.t.dir / (version + "/hooks/guard.sh")).c_str(), 0755);
}

/// With 0.4.0 installed over nothing.
inline void install_first(UpdateCase& c) {
  std::filesystem::remove(c.t.live() + "/settings.json");
  put_release(c, "0.4.0");
  REQUIRE(c.update("0.4.0").outcome == UpdateCase::Outcome::Done);
  put_release(c, "0.4.1");
}

}  // namespace stravinsky::test
