// File by file, so that what is held is one file and the scripts that wait for their interpreter.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "checks/check_parts.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kHead = 512;
constexpr std::size_t kWaiting = 8u << 20;  ///< bytes of scripts that are asked about together

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Judges the files of one tree.
class Judge {
 public:
  Judge(const CheckedTree& tree, const ChecksOptions& options)
      : tree_(tree),
        options_(options),
        validators_(tree.profile().validators ? *tree.profile().validators : default_validators()),
        is_claude_(contains(validators_, "claude")) {
    if (!tree.profile().roots.empty()) context_.top = tree.profile().roots.front().path;
    context_.home = options.home;
    context_.project = tree.project();
    context_.find_script = [&tree](const std::string& path) { return tree.find_script(path); };
    context_.is_taken = [&tree](const std::string& path) { return tree.is_script_taken(path); };
  }

  std::vector<Finding> run() {
    for (const CheckedFile& file : tree_.files()) {
      require_going_on(options_);
      if (file.type != EntryType::File) continue;
      try {
        judge(file);
      } catch (const Error& error) {
        if (error.code() == Errc::Cancelled) throw;
        if (error.code() == Errc::NotFound) continue;  // gone since it was listed
        add_unread(file, fmt::format("not checked: {}", error.what()));
      }
      if (waiting_bytes_ > kWaiting) ask();
    }
    ask();
    std::vector<Finding> all;
    for (Judged& one : judged_) {
      for (Finding& finding : one.findings) all.push_back(std::move(finding));
    }
    all.insert(all.end(), std::make_move_iterator(unread_.begin()),
               std::make_move_iterator(unread_.end()));
    return all;
  }

 private:
  struct Judged {
    FileKind kind = FileKind::Bytes;
    bool is_changed = true;
    std::vector<Finding> findings;
  };

  void judge(const CheckedFile& file) {
    std::string text = tree_.read(file.path, kHead);
    const FileKind kind = kind_of(file.path, text, is_claude_);
    const std::string_view validator = validator_of(kind);
    const bool is_wanted = kind == FileKind::OtherScript
                               ? is_any_script_wanted()
                               : !validator.empty() && contains(validators_, validator);
    if (!is_wanted) return;
    if (file.size > kJsonSize) {
      Findings findings(file.path);
      findings.not_checked(too_large());
      judged_.push_back({kind, file.is_changed, {}});
      return add(judged_.size() - 1, findings.take());
    }
    if (text.size() == kHead) text = tree_.read(file.path, kJsonSize + 1);
    std::optional<std::string> before;
    if (file.is_changed && (kind == FileKind::Settings || kind == FileKind::McpServers)) {
      before = tree_.read_previous(file.path);
    }
    judged_.push_back({kind, file.is_changed, {}});
    const ValidatedFile one{.path = file.path,
                            .kind = kind,
                            .content = text,
                            .is_executable = (file.mode & 0111) != 0,
                            .previous = before};
    add(judged_.size() - 1, validate_file(one, context_));
    if (!is_asked(kind) || text.size() > kJsonSize) return;
    waiting_bytes_ += text.size();
    const std::string& kept = texts_.emplace_back(std::move(text));
    waiting_.push_back({file.path, kind, kept, judged_.size() - 1});
  }

  /// Asks the interpreters about the scripts that wait.
  void ask() {
    for (auto& [index, findings] : ask_interpreters(waiting_, options_.interpreters)) {
      add(index, std::move(findings));
    }
    waiting_.clear();
    texts_.clear();
    waiting_bytes_ = 0;
  }

  void add(std::size_t index, std::vector<Finding> findings) {
    Judged& one = judged_[index];
    for (Finding& finding : findings) {
      finding.check = std::string(check_of(one.kind));
      // Nobody's update brought it: it must not stand in the way of one that repairs it.
      if (!one.is_changed && !finding.is_news && finding.severity == Severity::Error) {
        finding.severity = Severity::Warning;
      }
      one.findings.push_back(std::move(finding));
    }
  }

  /// One of a language that nobody here reads is named as such to whoever wants scripts judged.
  bool is_any_script_wanted() const {
    return contains(validators_, "shell") || contains(validators_, "python") ||
           contains(validators_, "javascript");
  }

  void add_unread(const CheckedFile& file, std::string reason) {
    unread_.push_back({std::string(check_of(kind_of(file.path, {}, is_claude_))), file.path, 0, 0,
                       std::move(reason), Severity::NotChecked});
  }

  const CheckedTree& tree_;
  const ChecksOptions& options_;
  const std::vector<std::string>& validators_;
  bool is_claude_;
  TreeContext context_;
  std::vector<Judged> judged_;
  std::vector<Finding> unread_;
  std::vector<Script> waiting_;
  std::deque<std::string> texts_;  ///< of those; a deque keeps its items where they are
  std::size_t waiting_bytes_ = 0;
};

}  // namespace

std::vector<ReportedFinding> judge_files(const Trees& trees, const ChecksOptions& options) {
  std::vector<ReportedFinding> all;
  for (const auto& tree : trees) {
    for (Finding& finding : Judge(*tree, options).run()) {
      const std::string live = tree->live_path(finding.file);
      all.push_back({tree->profile().name, live, std::move(finding)});
    }
    if (tree->profile().validators && contains(*tree->profile().validators, "claude")) {
      find_name_clashes(*tree, all);
    }
  }
  return all;
}

}  // namespace stravinsky::hooks
