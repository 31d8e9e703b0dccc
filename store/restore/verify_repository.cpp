#include "restore/verify_repository.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/walk_files.hpp"
#include "git/config_file.hpp"
#include "restore/verify_snapshots.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/ref_name.hpp"
#include "transaction/repository_settings.hpp"
#include "transaction/signers_file.hpp"

namespace stravinsky {
namespace {

void add(VerifyReport& report, std::string path, std::string kind, std::string detail) {
  add_problem(report, {{}, std::move(path), std::move(kind), std::move(detail), false});
}

/// What git would obey and we do not: with it the two would show different histories.
void check_foreign(const Store::Parts& parts, const RefMap& refs, VerifyReport& report) {
  for (const char* name : {"objects/info/alternates", "objects/info/http-alternates", "shallow",
                           "info/grafts", "commondir"}) {
    if (!fs::exists(parts.git_dir + "/" + name)) continue;
    add(report, name, "foreign",
        "git obeys this file and stravinsky does not; no store of ours has it");
  }
  for (auto ref = refs.lower_bound("refs/replace/");
       ref != refs.end() && ref->first.starts_with("refs/replace/"); ++ref) {
    add(report, std::string(ref->first), "foreign",
        "git shows another object in its place; stravinsky does not");
  }
}

/// Refs that hold no id, and no event explains that.
void check_refs(Store::Parts& parts, VerifyReport& report) {
  std::vector<std::string> bad;
  RefMap refs = parts.ref_store->list(&bad);
  try {
    parts.apply_pending(refs, bad);
  } catch (const Error&) {
    // What is wrong with the chain is found by whoever checks that.
  }
  for (const std::string& name : bad) {
    add(report, name, "ref",
        fmt::format("it is a symlink or holds no object id; remove {}, then: stravinsky audit "
                    "restore-refs latest",
                    quoted(parts.git_dir + "/" + name)));
  }
}

/// Files that a store of ours has, and programs that git would run besides.
void check_surroundings(const Store::Parts& parts, VerifyReport& report) {
  for (const auto& [name, wanted] : {std::pair("info/attributes", repository_attributes()),
                                     std::pair("hooks/pre-receive", pre_receive_hook())}) {
    if (fs::find_beginning(parts.git_dir + "/" + name, 65536) == wanted) continue;
    add(report, name, "setting", "it is not as a store of ours has it");
  }
  for (const std::string& hook : fs::list_files_below(parts.git_dir + "/hooks")) {
    if (hook == "pre-receive" || hook.ends_with(".sample")) continue;
    add(report, "hooks/" + hook, "foreign", "git runs it, and no store of ours has it");
  }
}

void check_foreign_settings(const git::ConfigFile& config, VerifyReport& report) {
  for (const char* key :
       {"include.path", "core.worktree", "core.fsmonitor", "core.hookspath", "core.sshcommand",
        "core.pager", "core.editor", "core.attributesfile", "core.alternaterefscommand",
        "gpg.program", "gpg.ssh.program", "gpg.ssh.revocationfile"}) {
    if (!config.find(key)) continue;
    add(report, "config", "foreign",
        fmt::format("git obeys {} here, and no store of ours has it", key));
  }
  if (config.find("gpg.format") != "ssh") {
    add(report, "config", "setting",
        "gpg.format is not ssh: git would not sign and judge as the store does");
  }
  if (config.find_bool("core.bare") != true) {
    add(report, "config", "setting", "core.bare is not true: git would look for a work tree");
  }
}

/// Without a HEAD that it understands git does not take the directory for a repository.
void check_head(const Store::Parts& parts, VerifyReport& report) {
  constexpr std::string_view kSymbolic = "ref: ";
  const std::string text = fs::find_beginning(parts.git_dir + "/HEAD", 4096).value_or("");
  const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  if (line.starts_with(kSymbolic) && RefName::is_valid(line.substr(kSymbolic.size()))) return;
  if (parts.is_clone && ObjectId::from_hex(line)) return;
  add(report, "HEAD", "ref",
      "it names no ref, so that git cannot open the store; write 'ref: refs/heads/audit' and a "
      "newline into it");
}

void check_settings(const Store::Parts& parts, VerifyReport& report) {
  const git::ConfigFile config(parts.git_dir + "/config");
  check_foreign_settings(config, report);
  const auto complain = [&](std::string_view key, std::string_view wanted) {
    add(report, "config", "setting",
        fmt::format("{0} is not {1}: git's maintenance could delete objects; run `git --git-dir {2}"
                    " config {0} {1}`",
                    key, wanted, quoted(parts.git_dir)));
  };
  if (config.find("core.repositoryformatversion") != "1") {
    complain("core.repositoryFormatVersion", "1");
  }
  if (config.find_bool("extensions.preciousobjects") != true) {
    complain("extensions.preciousObjects", "true");
  }
  if (config.find("gc.auto") != "0") complain("gc.auto", "0");
  if (config.find_bool("maintenance.auto") != false) complain("maintenance.auto", "false");
}

/// By which list git judges signatures.
void check_signers(const Store::Parts& parts, const RefMap& refs, VerifyReport& report) {
  std::optional<ChainLink> head;
  try {
    if (const auto found = refs.find(kAuditRef); found != refs.end()) {
      head = read_link(*parts.database, found->second);
    }
  } catch (const Error&) {
    // What is wrong with the chain is found by whoever checks that.
  }
  if (!head) return;
  const std::string fault = fault_of_signers(parts, *head);
  if (!fault.empty()) add(report, "stravinsky/allowed_signers", "setting", fault);
}

template <typename Check>
void guarded(VerifyReport& report, const char* path, Check check) {
  try {
    check();
  } catch (const Error& error) {
    add(report, path, std::string(problem_kind(error.code())), error.what());
  }
}

}  // namespace

void check_repository(Store::Parts& parts, const RefMap& refs, VerifyReport& report) {
  check_foreign(parts, refs, report);
  guarded(report, "refs", [&] { check_refs(parts, report); });
  guarded(report, "HEAD", [&] { check_head(parts, report); });
  if (parts.is_clone) return;
  guarded(report, "config", [&] {
    check_settings(parts, report);
    check_signers(parts, refs, report);
  });
  guarded(report, "hooks", [&] { check_surroundings(parts, report); });
}

}  // namespace stravinsky
