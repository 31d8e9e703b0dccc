#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <random>

#include "commands/commands.hpp"
#include "files.hpp"
#include "parse.hpp"
#include "present/reports.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"
#include "stravinsky/verify.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::vector<std::string> refs;
  std::string subset;
  bool read_data = false, signatures = false, restore_test = false;
};

Error bad_subset(const std::string& text) {
  return Error(Errc::Invalid, fmt::format("cannot use {} for --read-data-subset", quoted(text)),
               "not a part", "write n/t (1/5), a percentage (10%) or a size (500M)");
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void set_subset(VerifyOptions& verify, const std::string& text, const Store& store) {
  verify.subset_seed = std::random_device()();
  if (const std::size_t slash = text.find('/'); slash != std::string::npos) {
    const auto part = number<unsigned>(std::string_view(text).substr(0, slash));
    const auto total = number<unsigned>(std::string_view(text).substr(slash + 1));
    if (!part || !total || *part < 1 || *part > *total) throw bad_subset(text);
    verify.read_part = std::pair(*part, *total);
    return;
  }
  if (text.ends_with('%')) {
    const auto percent = number<double>(std::string_view(text).substr(0, text.size() - 1));
    if (!percent || !(*percent > 0 && *percent <= 100)) throw bad_subset(text);
    verify.read_fraction = *percent / 100;
    return;
  }
  const double wanted = double(parse_size("--read-data-subset", text));
  double total = 0;
  for (const Snapshot& snapshot : list_snapshots(store)) total += double(snapshot.bytes);
  verify.read_fraction = total > 0 ? std::min(1.0, wanted / total) : 1.0;
}

/// A directory for restores that are only compared, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "stravinsky-verify-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw_errno("make", pattern);
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Damage weighs more than a signature: the bytes are gone, the proof can be made again.
Exit exit_for(const VerifyReport& report) {
  if (report.ok) return Exit::Done;
  for (const VerifyProblem& problem : report.problems) {
    if (!problem.signature) return Exit::Damaged;
  }
  return Exit::Audit;
}

Exit run(const Options& options, Session& session) {
  const Store store = session.open_store();
  VerifyOptions verify_options;
  for (const std::string& ref : options.refs) {
    for (Snapshot& snapshot : resolve_each(session, store, ref)) {
      verify_options.snapshots.push_back(std::move(snapshot));
    }
  }
  verify_options.read_data = options.read_data;
  if (!options.subset.empty()) set_subset(verify_options, options.subset, store);
  std::optional<Scratch> scratch;
  if (options.restore_test) {
    scratch.emplace();
    verify_options.restore_test = true;
    verify_options.scratch = scratch->path();
  }
  VerifyReport report = verify(store, verify_options, session.progress("checking"));
  if (options.signatures) {
    std::erase_if(report.problems, [](const VerifyProblem& problem) { return !problem.signature; });
    report.ok = report.problems.empty();
  }
  session.end_progress();
  const Exit exit = exit_for(report);
  show_verified(session.view(), report, exit);
  return exit;
}

void add_checks(CLI::App* cmd, Options& options) {
  auto* all = cmd->add_flag("--read-data", options.read_data, "read every byte of every file");
  cmd->add_option("--read-data-subset", options.subset, "read a part: n/t, x% or a size")
      ->type_name("PART")
      ->excludes(all);
  cmd->add_flag("--signatures", options.signatures, "report signatures and the chain only");
  cmd->add_flag("--restore-test", options.restore_test,
                "restore each snapshot to a temporary directory and compare");
}

const std::vector<Exit> kStatuses = {Exit::NoStore, Exit::NotFound,    Exit::Damaged,
                                     Exit::Audit,   Exit::Interrupted, Exit::Terminated};

}  // namespace

void add_verify(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("verify", "Check the store, its signatures and its snapshots");
  cmd->alias("check");
  cmd->add_option("REF", options->refs, "only these snapshots; default: the whole store");
  add_checks(cmd, *options);
  cmd->footer(help_footer("stravinsky verify --read-data-subset 10%", kStatuses));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

void add_backup_verify(CLI::App& backup, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = backup.add_subcommand("verify", "Check a version");
  cmd->add_option("VERSION", options->refs, "only these versions; default: the whole store");
  add_checks(cmd, *options);
  cmd->footer(help_footer("stravinsky backup verify v0.3.8 --read-data", kStatuses));
  cmd->callback([options, &session] {
    try {
      session.exit = run(*options, session);
    } catch (const Error& error) {
      if (error.code() != Errc::NotFound || options->refs.empty()) throw;
      throw Error(Errc::NotFound, "Backup not found", options->refs.front(),
                  "see `stravinsky backup list`");
    }
  });
}

}  // namespace stravinsky::cli
