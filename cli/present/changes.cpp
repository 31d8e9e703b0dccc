#include "changes.hpp"

#include <fmt/format.h>

#include <utility>

#include "present/json.hpp"
#include "present/unified_diff.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

std::string_view colour_of(const Change& change) {
  if (change.code == 'A') return "32";
  return change.code == 'D' ? "31" : "33";
}

void show_letters(const View& view, const ChangeReport& report) {
  for (const Change& change : report.changes) {
    // With -z no quoting and no padding: a path may then hold anything but NUL.
    if (view.end == '\0') {
      view.out.print("{} {}{}", change.letters(), change.path, '\0');
    } else {
      view.out.print("{} {}\n",
                     view.painted(colour_of(change), fmt::format("{:<5}", change.letters())),
                     shown(change.path));
    }
  }
}

bool has_content(const std::optional<Entry>& entry) {
  return entry && (entry->type == EntryType::File || entry->type == EntryType::Symlink);
}

/// Both sides' bytes; a missing side is empty. Empty result: not to be compared.
std::optional<std::pair<std::string, std::string>> contents(const ChangeReport& report,
                                                            const Change& change) {
  std::pair<std::string, std::string> both;
  if (has_content(change.before)) {
    auto content = report.content(change, false);
    if (!content) return std::nullopt;
    both.first = *std::move(content);
  }
  if (has_content(change.after)) {
    auto content = report.content(change, true);
    if (!content) return std::nullopt;
    both.second = *std::move(content);
  }
  return both;
}

bool touches_content(const Change& change) {
  return change.code != '-' && (has_content(change.before) || has_content(change.after));
}

/// Changed lines of a file; empty result: of what has no lines.
std::optional<LineCounts> lines_of(const ChangeReport& report, const Change& change) {
  const auto both = contents(report, change);
  if (!both || is_binary(both->first) || is_binary(both->second)) return std::nullopt;
  return count_changed_lines(both->first, both->second);
}

void show_stat(const View& view, const ChangeReport& report) {
  LineCounts total;
  std::size_t files = 0;
  for (const Change& change : report.changes) {
    if (!touches_content(change)) continue;
    ++files;
    const auto counts = lines_of(report, change);
    if (!counts) {
      view.out.print(" {} | Bin {} -> {} bytes\n", shown(change.path),
                     change.before ? change.before->size : 0,
                     change.after ? change.after->size : 0);
      continue;
    }
    total.added += counts->added;
    total.removed += counts->removed;
    view.out.print(" {} | {} {}\n", shown(change.path),
                   view.good(fmt::format("+{}", counts->added)),
                   view.bad(fmt::format("-{}", counts->removed)));
  }
  view.out.print(" {} changed, {} added, {} removed\n", counted(files, "file"),
                 counted(total.added, "line"), counted(total.removed, "line"));
}

Json change_json(const View& view, const ChangeReport& report, const Change& change,
                 ChangeForm form) {
  Json json;
  json["profile"] = report.from.profile;
  add_path(json, "path", change.path);
  json["code"] = change.letters();
  if (change.before) json["before"] = to_json(*change.before);
  if (change.after) json["after"] = to_json(*change.after);
  if (form == ChangeForm::Patch) add_path(json, "patch", patch_of(view, report, change));
  if (form == ChangeForm::Stat && touches_content(change)) {
    const auto counts = lines_of(report, change);
    json["binary"] = !counts.has_value();
    if (counts) {
      json["lines_added"] = counts->added;
      json["lines_removed"] = counts->removed;
    }
  }
  return json;
}

void show_json(const View& view, const std::vector<ChangeReport>& reports, ChangeForm form) {
  Json json = document(view);
  json["from"] = Json::array();
  json["to"] = Json::array();
  json["changes"] = Json::array();
  json["losses"] = Json::array();
  for (const ChangeReport& report : reports) {
    json["from"].push_back(to_json(report.from));
    if (report.to) json["to"].push_back(to_json(*report.to));
    for (Json& change : changes_json(view, report, form)) {
      json["changes"].push_back(std::move(change));
    }
    for (const Loss& loss : report.losses) {
      Json item = {{"profile", report.from.profile}};
      item.update(to_json(loss));
      json["losses"].push_back(std::move(item));
    }
  }
  print(view, json);
}

/// The mode that git would have for an entry.
std::string_view git_mode(const Entry& entry) {
  if (entry.type == EntryType::Symlink) return "120000";
  return (entry.mode & 0100) != 0 ? "100755" : "100644";
}

std::string painted_hunks(const View& view, const std::string& hunks) {
  if (!view.colour) return hunks;
  std::string result;
  std::size_t start = 0;
  while (start < hunks.size()) {
    std::size_t end = hunks.find('\n', start);
    if (end == std::string::npos) end = hunks.size();
    const std::string_view line = std::string_view(hunks).substr(start, end - start);
    const std::string_view code = line.starts_with("@@")  ? "36"
                                  : line.starts_with('+') ? "32"
                                  : line.starts_with('-') ? "31"
                                                          : "";
    result += code.empty() ? std::string(line) : view.painted(code, line);
    result += '\n';
    start = end + 1;
  }
  return result;
}

std::string heading(const View& view, const ChangeReport& report) {
  return view.strong(fmt::format("Profile {}: {} to {}", report.from.profile,
                                 shown(report.from.name),
                                 report.to ? shown(report.to->name) : "the live files"));
}

}  // namespace

std::string patch_of(const View& view, const ChangeReport& report, const Change& change) {
  if (change.code == 'T' && has_content(change.before) && has_content(change.after)) {
    // git shows a changed type as one file that goes and another that comes.
    Change gone = change, come = change;
    gone.code = 'D';
    gone.after.reset();
    come.code = 'A';
    come.before.reset();
    return patch_of(view, report, gone) + patch_of(view, report, come);
  }
  const bool before = has_content(change.before), after = has_content(change.after);
  if (!before && !after) return {};  // directories and special files
  const bool mode_changed = before && after && git_mode(*change.before) != git_mode(*change.after);
  if (change.code == '-' && !mode_changed) return {};

  const std::string a = git_quoted("a/" + change.path), b = git_quoted("b/" + change.path);
  std::string head = fmt::format("diff --git {} {}\n", a, b);
  if (!before) head += fmt::format("new file mode {}\n", git_mode(*change.after));
  if (!after) head += fmt::format("deleted file mode {}\n", git_mode(*change.before));
  if (mode_changed) {
    head += fmt::format("old mode {}\nnew mode {}\n", git_mode(*change.before),
                        git_mode(*change.after));
  }
  const auto both = contents(report, change);
  if (!both || is_binary(both->first) || is_binary(both->second)) {
    std::string text = view.strong(head);
    if (change.code != '-') {
      text += fmt::format("Binary files {} and {} differ\n", before ? a : "/dev/null",
                          after ? b : "/dev/null");
    }
    return text;
  }
  const std::string hunks = unified_diff(both->first, both->second);
  if (!hunks.empty()) {
    head += fmt::format("--- {}\n+++ {}\n", before ? a : "/dev/null", after ? b : "/dev/null");
  }
  return view.strong(head) + painted_hunks(view, hunks);
}

Json changes_json(const View& view, const ChangeReport& report, ChangeForm form) {
  Json changes = Json::array();
  for (const Change& change : report.changes) {
    changes.push_back(change_json(view, report, change, form));
  }
  return changes;
}

void show_changes(const View& view, const std::vector<ChangeReport>& reports, ChangeForm form) {
  if (view.json) return show_json(view, reports, form);
  for (const ChangeReport& report : reports) {
    // Paths of two profiles would mix. `git apply` passes over such a line.
    const bool says_something = form == ChangeForm::Stat || !report.changes.empty();
    if (reports.size() > 1 && says_something && view.end != '\0') {
      view.out.print("{}\n", heading(view, report));
    }
    if (form == ChangeForm::Stat) {
      show_stat(view, report);
    } else if (form == ChangeForm::Patch) {
      for (const Change& change : report.changes) {
        view.out.write(patch_of(view, report, change));
      }
    } else {
      show_letters(view, report);
    }
  }
}

}  // namespace stravinsky::cli
