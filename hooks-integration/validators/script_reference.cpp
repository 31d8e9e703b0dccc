#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

/// The words of the first simple command of a shell line, quotes taken off. A word that holds
/// something only a shell could tell (a variable of its own, a substitution, a pattern) is empty.
class FirstCommand {
 public:
  FirstCommand(std::string_view line, const TreeContext& context)
      : line_(line), context_(context) {}

  std::vector<std::string> words() {
    while (next_ < line_.size()) {
      const char c = line_[next_];
      if (c == ' ' || c == '\t') {
        end_word();
      } else if (std::string_view(";|&<>()\n").find(c) != std::string_view::npos) {
        break;
      } else if (c == '#' && !inside_) {
        break;
      } else {
        take(c);
        continue;
      }
      ++next_;
    }
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (inside_) words_.push_back(unknown_ ? std::string() : std::move(word_));
    word_.clear();
    inside_ = unknown_ = false;
  }

  void take(char c) {
    const bool first = !inside_;
    inside_ = true;
    if (c == '\'') {
      quote();
    } else if (c == '"') {
      in_quotes_ = !in_quotes_;
      ++next_;
      while (in_quotes_ && next_ < line_.size()) {
        if (line_[next_] == '"') {
          in_quotes_ = false;
          ++next_;
        } else {
          letter(false);
        }
      }
    } else {
      letter(first);
    }
  }

  void quote() {
    const std::size_t end = line_.find('\'', next_ + 1);
    const std::size_t length =
        end == std::string_view::npos ? line_.size() - next_ - 1 : end - next_ - 1;
    word_ += line_.substr(next_ + 1, length);
    next_ += length + 2;
  }

  void letter(bool first) {
    const char c = line_[next_];
    if (c == '$') return variable();
    if (c == '`') unknown_ = true;
    if (!in_quotes_ && (c == '*' || c == '?' || c == '{')) unknown_ = true;
    if (c == '\\' && next_ + 1 < line_.size()) ++next_;
    if (c == '~' && first && !in_quotes_) {
      const std::string_view rest = line_.substr(next_ + 1);
      const bool mine = rest.empty() || rest.front() == '/' || rest.front() == ' ';
      if (mine && !context_.home.empty()) {
        word_ += context_.home;
      } else {
        unknown_ = true;
      }
      ++next_;
      return;
    }
    word_ += line_[next_++];
  }

  void variable() {
    const bool braces = next_ + 1 < line_.size() && line_[next_ + 1] == '{';
    const std::size_t start = next_ + (braces ? 2 : 1);
    std::size_t end = start;
    const auto is_name = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (end < line_.size() && is_name(line_[end])) ++end;
    const std::string_view name = line_.substr(start, end - start);
    const bool closed = !braces || (end < line_.size() && line_[end] == '}');
    const std::string* value = name == "HOME"                 ? &context_.home
                               : name == "CLAUDE_PROJECT_DIR" ? &context_.project
                                                              : nullptr;
    if (value == nullptr || value->empty() || !closed) unknown_ = true;
    if (value != nullptr) word_ += *value;
    next_ = std::min(line_.size(), std::max(end + (braces && closed ? 1 : 0), next_ + 1));
  }

  std::string_view line_;
  const TreeContext& context_;
  std::size_t next_ = 0;
  std::string word_;
  std::vector<std::string> words_;
  bool inside_ = false, unknown_ = false, in_quotes_ = false;
};

bool is_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 && word.find('/') > equals;
}

/// The name of an interpreter without directory and version; empty: the word is none.
std::string_view interpreter_of(std::string_view word) {
  const std::size_t slash = word.rfind('/');
  if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
  while (!word.empty() && (word.back() == '.' || (word.back() >= '0' && word.back() <= '9'))) {
    word.remove_suffix(1);
  }
  static constexpr std::string_view kNames[] = {"python", "bash", "sh",   "zsh",  "dash",
                                                "node",   "perl", "ruby", "deno", "bun"};
  const auto* const name = std::find(std::begin(kNames), std::end(kNames), word);
  return name == std::end(kNames) ? std::string_view() : *name;
}

/// Whether an option says that there is no path of a script: the program stands in the line itself,
/// or is a module.
bool has_no_path(std::string_view interpreter, std::string_view option) {
  if (interpreter == "python") return option == "-c" || option == "-m";
  if (interpreter.ends_with("sh")) return option.find('c') != std::string_view::npos;
  return option.starts_with("-e") || option.starts_with("-p") || option.starts_with("--eval");
}

/// The path that a word names, when it names one that can be looked at.
std::optional<std::string> path_of(const std::string& word, const TreeContext& context) {
  if (word.find('/') == std::string::npos) return std::nullopt;
  if (word.front() == '/') return word;
  if (context.project.empty()) return std::nullopt;  // it starts wherever the session does
  return context.project + "/" + (word.starts_with("./") ? word.substr(2) : word);
}

struct Named {
  std::string path;
  bool is_run = false;  ///< by itself: it must be executable
};

std::optional<Named> find_named(const std::vector<std::string>& words, const TreeContext& context) {
  std::size_t i = 0;
  while (i < words.size() && is_assignment(words[i])) ++i;
  if (i < words.size() && (words[i] == "env" || words[i] == "/usr/bin/env")) {
    ++i;
    while (i < words.size() && (is_assignment(words[i]) || words[i].starts_with('-'))) ++i;
  }
  if (i < words.size() && words[i] == "exec") ++i;
  if (i + 1 < words.size() && words[i] == "uv" && words[i + 1] == "run") {
    i += 2;
    if (i < words.size() && interpreter_of(words[i]).empty()) {
      if (const auto path = path_of(words[i], context)) return Named{*path, false};
      return std::nullopt;
    }
  }
  if (i == words.size() || words[i].empty()) return std::nullopt;
  if (interpreter_of(words[i]).empty()) {
    if (const auto path = path_of(words[i], context)) return Named{*path, true};
    return std::nullopt;
  }
  const std::string_view interpreter = interpreter_of(words[i]);
  for (++i; i < words.size(); ++i) {
    if (!words[i].starts_with('-')) {
      const auto path = words[i].empty() ? std::nullopt : path_of(words[i], context);
      return path ? std::optional(Named{*path, false}) : std::nullopt;
    }
    if (has_no_path(interpreter, words[i])) break;
  }
  return std::nullopt;
}

}  // namespace

void check_command_script(const std::string& command, JsonPosition at, const TreeContext& context,
                          Findings& findings) {
  if (!context.find_script) return;
  const auto named = find_named(FirstCommand(command, context).words(), context);
  if (!named) return;
  const auto state = context.find_script(named->path);
  if (!state) return;
  const std::string shown = quoted(std::string_view(named->path).substr(0, 200));
  const bool is_taken = context.is_taken && context.is_taken(named->path);
  const auto add = [&](std::string reason) {
    if (is_taken) return findings.news(at, std::move(reason));
    findings.error(at, std::move(reason));
  };
  if (*state == TreeContext::Script::Missing) {
    add(fmt::format("the script {} does not exist{}", shown, is_taken ? " any more" : ""));
  } else if (*state == TreeContext::Script::NotExecutable && named->is_run) {
    add(fmt::format("the script {} is not executable{}: chmod +x, or put its interpreter in front",
                    shown, is_taken ? " any more" : ""));
  }
}

}  // namespace stravinsky::hooks
