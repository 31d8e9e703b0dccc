#include <fmt/format.h>

#include <algorithm>

#include "checks/check_parts.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::size_t kHead = 512;

/// What a tree's validators are given, and what keeps it alive.
struct Loaded {
  std::vector<std::unique_ptr<std::string>> texts;
  std::vector<ValidatedFile> files;
  std::vector<bool> changed;
  std::vector<Finding> unread;
};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Loaded load(const CheckedTree& tree) {
  const std::vector<std::string>& validators =
      tree.profile().validators ? *tree.profile().validators : default_validators();
  const bool claude = contains(validators, "claude");
  Loaded loaded;
  for (const CheckedFile& file : tree.files()) {
    if (file.type != EntryType::File) continue;
    try {
      std::string text = tree.read(file.path, kHead);
      const FileKind kind = kind_of(file.path, text, claude);
      const std::string_view validator = validator_of(kind);
      const bool is_script = kind == FileKind::OtherScript;
      if (!is_script && (validator.empty() || !contains(validators, validator))) continue;
      if (text.size() == kHead) text = tree.read(file.path, kJsonSize + 1);
      ValidatedFile& one = loaded.files.emplace_back();
      one.path = file.path;
      one.kind = kind;
      one.content = *loaded.texts.emplace_back(std::make_unique<std::string>(std::move(text)));
      one.is_executable = (file.mode & 0111) != 0;
      if (file.is_changed && (kind == FileKind::Settings || kind == FileKind::McpServers)) {
        if (auto before = tree.read_previous(file.path)) {
          one.previous =
              *loaded.texts.emplace_back(std::make_unique<std::string>(*std::move(before)));
        }
      }
      loaded.changed.push_back(file.is_changed);
    } catch (const Error& error) {
      if (error.code() == Errc::NotFound) continue;  // gone since it was listed
      loaded.unread.push_back({std::string(check_of(kind_of(file.path, {}, claude))), file.path, 0,
                               0, fmt::format("not checked: {}", error.what()),
                               Severity::NotChecked});
    }
  }
  return loaded;
}

}  // namespace

std::vector<ReportedFinding> judge_files(const Trees& trees, const ChecksOptions& options) {
  std::vector<ReportedFinding> all;
  for (const auto& tree : trees) {
    const std::string& profile = tree->profile().name;
    Loaded loaded = load(*tree);
    TreeContext context;
    if (!tree->profile().roots.empty()) context.top = tree->profile().roots.front().path;
    context.home = options.home;
    context.project = tree->project();
    context.find_script = [&tree](const std::string& path) { return tree->find_script(path); };
    auto found = validate_files(loaded.files, context, options.interpreters);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::string check(check_of(loaded.files[i].kind));
      for (Finding& finding : found[i]) {
        finding.check = check;
        // Nobody's update brought it: it must not stand in the way of one that repairs it.
        if (!loaded.changed[i] && finding.severity == Severity::Error) {
          finding.severity = Severity::Warning;
        }
        all.push_back({profile, tree->live_path(finding.file), std::move(finding)});
      }
    }
    for (Finding& finding : loaded.unread) {
      all.push_back({profile, tree->live_path(finding.file), std::move(finding)});
    }
    if (tree->profile().validators && contains(*tree->profile().validators, "claude")) {
      find_name_clashes(*tree, all);
    }
  }
  return all;
}

}  // namespace stravinsky::hooks
