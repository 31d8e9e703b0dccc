#include "update/verify_update.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "process/variables.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "update/candidate_tree.hpp"

namespace stravinsky::hooks {
namespace {

const std::vector<std::string> kVerification = {"file_permissions", "hooks_syntax",
                                                "commands_validity", "settings_schema"};

class Verifier {
 public:
  Verifier(Store& store, const UpdateRequest& request, const UpdateReport& report,
           const FileTree& live, const std::vector<Loss>& lost)
      : store_(store),
        request_(request),
        report_(report),
        live_(live),
        lost_(lost),
        progress_(request.progress != nullptr ? *request.progress : no_progress()) {}

  Verification run() {
    try {
      verify();
    } catch (const Error& error) {
      if (error.code() == Errc::Cancelled) {
        stopped();
      } else {
        fail(kind_of(error.code()), error.what());
      }
    }
    found_.failure = combined(kinds_);
    return std::move(found_);
  }

 private:
  void fail(FailureKind kind, std::string reason) {
    kinds_.push_back(kind);
    found_.failures.push_back(std::move(reason));
  }

  void stopped() {
    found_.interrupted = true;
    fail(FailureKind::Unknown, "it was asked to stop before everything was verified");
  }

  bool is_asked_for_files() const {
    return request_.checks.config.update.post_update_verification_enabled;
  }

  void verify() {
    const InPlaceReport& switched = *report_.switched;
    for (const RestoreIssue& issue : switched.issues) {
      fail(FailureKind::Unknown, fmt::format("{}: {}", issue.path, issue.reason));
    }
    if (!switched.after || switched.after->content != report_.after->content) {
      fail(FailureKind::Unknown, "what is live is not what was to be");
    }
    if (!found_.failures.empty()) return;
    if (is_asked_for_files()) verify_files();
    std::vector<std::string> failures = run_health_checks(health_checks());
    if (progress_.cancelled()) {
      failures.clear();  // the signal ended them as well
      stopped();
    }
    for (std::string& failure : failures) {
      fail(FailureKind::DependencyFailure, std::move(failure));
    }
    require_roots();
  }

  /// Whoever checks may destroy: a root that was switched and is gone is never well.
  void require_roots() {
    for (const ProfileRoot& root : request_.profile.roots) {
      const bool is_ours = root.mount.empty() || live_.has_directory(root.mount) ||
                           live_.find(root.mount) != nullptr;
      struct stat status {};
      if (!is_ours || stat(root.path.c_str(), &status) == 0) continue;
      fail(FailureKind::Unknown, fmt::format("the root {} is gone", quoted(root.path)));
    }
  }

  HealthChecks health_checks() const {
    HealthChecks health = request_.health;
    // What stands in the file is switched off there too; `--check` is a later word.
    if (is_asked_for_files()) health.profiles = {request_.profile};
    health.environment = with_variables(
        health.environment,
        {{"TO_VERSION", request_.version}, {"FROM_VERSION", report_.before->version}});
    return health;
  }

  void verify_files() {
    const auto current = find_current(store_, request_.profile.name);
    if (!current || current->version != request_.version) {
      fail(FailureKind::Unknown, "the current snapshot is not of the version that was installed");
    }
    std::vector<std::unique_ptr<CheckedTree>> trees;
    trees.push_back(read_switched_tree(store_, request_.profile, live_, report_.plan.edits, lost_));
    ChecksOptions options = request_.checks;
    options.only = kVerification;
    found_.checks = run_checks(store_, trees, options);
    for (const std::string& check : found_.checks.failed_checks) {
      fail(kind_of_check(check), fmt::format("verification: {}", check));
    }
  }

  Store& store_;
  const UpdateRequest& request_;
  const UpdateReport& report_;
  const FileTree& live_;
  const std::vector<Loss>& lost_;
  Progress& progress_;
  std::vector<FailureKind> kinds_;
  Verification found_;
};

}  // namespace

bool is_verified(const UpdateRequest& request) {
  return request.checks.config.update.post_update_verification_enabled ||
         !request.health.commands.empty();
}

Verification verify_update(Store& store, const UpdateRequest& request, const UpdateReport& report,
                           const FileTree& live, const std::vector<Loss>& lost) {
  return Verifier(store, request, report, live, lost).run();
}

}  // namespace stravinsky::hooks
