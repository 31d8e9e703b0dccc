#include "validators/interpreters.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "process/run_process.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

/// Reads `<length>\n<bytes>` after each other, and answers a line of JSON for each: `null`, or
/// where it is no Python. Making a syntax tree runs nothing of the script.
constexpr const char* kPythonReader = R"(
import ast, json, sys
stream = sys.stdin.buffer
while True:
    head = stream.readline()
    if not head:
        break
    text = stream.read(int(head))
    answer = None
    try:
        ast.parse(text)
    except SyntaxError as fault:
        answer = [fault.lineno or 0, fault.offset or 0, fault.msg]
    except (ValueError, RecursionError, MemoryError) as fault:
        answer = [0, 0, str(fault) or type(fault).__name__]
    print(json.dumps(answer), flush=True)
)";

using Answers = std::vector<std::pair<std::size_t, std::vector<Finding>>>;

/// Nothing of ours reaches an interpreter: no BASH_ENV, NODE_OPTIONS or PYTHONSTARTUP.
std::vector<std::string> clean_environment() {
  return {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent"};
}

ProcessOptions question(const Interpreters& interpreters, std::vector<std::string> words,
                        std::string_view input) {
  ProcessOptions options;
  options.words = std::move(words);
  options.environment = clean_environment();
  options.directory = "/";
  options.input = input;
  options.timeout = interpreters.timeout;
  options.cancelled = interpreters.cancelled;
  return options;
}

/// The part of a message that tells something: one line, without the bytes of a terminal.
std::string tidy(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const std::string shown = quoted(text.substr(0, 200));
  return shown.size() < 2 ? shown : shown.substr(1, shown.size() - 2);
}

std::uint32_t number_at(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && value < 100'000'000) {
    value = value * 10 + static_cast<std::uint32_t>(text[at++] - '0');
  }
  return value;
}

/// When an interpreter gave no answer: what became of it. An early end of our own is no finding.
void add_no_answer(const ProcessResult& result, std::string_view name, Findings& findings) {
  if (result.end == ProcessResult::End::NotStarted || result.end == ProcessResult::End::Cancelled) {
    findings.not_checked(fmt::format("{}: {}", name, result.how_it_ended()));
  } else {
    findings.error({0, 0}, fmt::format("{} could not read it: {}", name, result.how_it_ended()));
  }
}

std::vector<Finding> ask_bash(const Script& script, const Interpreters& interpreters) {
  Findings findings(script.path);
  const ProcessResult result = run_process(
      question(interpreters, {interpreters.bash, "--norc", "--noprofile", "-n", "/dev/stdin"},
               script.content));
  if (result.succeeded()) return {};
  if (result.end != ProcessResult::End::Exited) {
    add_no_answer(result, "bash", findings);
    return findings.take();
  }
  std::string_view output = result.output;
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    constexpr std::string_view kLine = ": line ";
    const std::size_t at = line.find(kLine);
    if (at == std::string_view::npos) continue;
    const std::size_t reason = line.find(": ", at + kLine.size());
    // Every second line only repeats the line of the script.
    if (reason == std::string_view::npos || line.substr(reason + 2).starts_with('`')) continue;
    findings.error({number_at(line, at + kLine.size()), 0}, tidy(line.substr(reason + 2)));
  }
  if (findings.empty()) findings.error({0, 0}, "bash cannot read it: " + tidy(result.output));
  return findings.take();
}

/// node's answer to one way of reading; empty: it is well.
std::optional<Finding> ask_node_as(const Script& script, const Interpreters& interpreters,
                                   const char* input_type) {
  const ProcessResult result =
      run_process(question(interpreters,
                           {interpreters.node, "--no-warnings",
                            fmt::format("--input-type={}", input_type), "--check", "-"},
                           script.content));
  if (result.succeeded()) return std::nullopt;
  Findings findings(script.path);
  constexpr std::string_view kPlace = "[stdin]:";
  constexpr std::string_view kError = "SyntaxError: ";
  const std::size_t place = result.output.find(kPlace);
  const std::size_t error = result.output.find(kError);
  if (result.end != ProcessResult::End::Exited || error == std::string::npos) {
    add_no_answer(result, "node", findings);
    return findings.list().front();
  }
  JsonPosition at{0, 0};
  if (place != std::string::npos) {
    at.line = number_at(result.output, place + kPlace.size());
    // Two lines further down a caret stands below the character.
    const std::size_t text = result.output.find('\n', place);
    const std::size_t caret_line =
        text == std::string::npos ? text : result.output.find('\n', text + 1);
    if (caret_line != std::string::npos && caret_line < error) {
      const std::size_t caret = result.output.find('^', caret_line);
      if (caret != std::string::npos && caret < error) {
        at.column = static_cast<std::uint32_t>(caret - caret_line);
      }
    }
  }
  findings.error(at, tidy(std::string_view(result.output).substr(error + kError.size())));
  return findings.list().front();
}

/// Without its package nothing says whether `.js` is a module: it is well if it is one of both.
std::vector<Finding> ask_node(const Script& script, const Interpreters& interpreters) {
  const auto ends = [&](std::string_view ending) { return script.path.ends_with(ending); };
  std::optional<Finding> fault;
  if (!ends(".mjs")) fault = ask_node_as(script, interpreters, "commonjs");
  if (ends(".mjs") || (fault && fault->severity == Severity::Error && !ends(".cjs"))) {
    const auto as_module = ask_node_as(script, interpreters, "module");
    const bool has_module_words = script.content.find("import ") != std::string_view::npos ||
                                  script.content.find("export ") != std::string_view::npos;
    if (!as_module || has_module_words || ends(".mjs")) fault = as_module;
  }
  if (!fault) return {};
  return {*fault};
}

/// All scripts in one process: starting Python costs more than reading a hundred of them.
Answers ask_python(const std::vector<Script>& scripts, const Interpreters& interpreters) {
  Answers answers;
  std::size_t done = 0;
  while (done < scripts.size()) {
    std::string input;
    for (std::size_t i = done; i < scripts.size(); ++i) {
      input += fmt::format("{}\n", scripts[i].content.size());
      input += scripts[i].content;
    }
    ProcessOptions options = question(
        interpreters, {interpreters.python, "-I", "-S", "-B", "-W", "ignore", "-c", kPythonReader},
        input);
    options.output_limit = 1024 * (scripts.size() - done) + 64 * 1024;
    const ProcessResult result = run_process(options);
    std::string_view output = result.output;
    while (done < scripts.size()) {
      const std::size_t end = output.find('\n');
      if (end == std::string_view::npos) break;
      const auto answer = nlohmann::json::parse(output.substr(0, end), nullptr, false);
      output.remove_prefix(end + 1);
      if (!answer.is_null() && !(answer.is_array() && answer.size() == 3)) break;  // not of ours
      const Script& script = scripts[done++];
      if (answer.is_null()) continue;
      Findings findings(script.path);
      findings.error({answer[0].get<std::uint32_t>(), answer[1].get<std::uint32_t>()},
                     tidy(answer[2].get<std::string>()));
      answers.emplace_back(script.index, findings.take());
    }
    if (done == scripts.size()) break;
    // It ended before its time: the script that it was at did that.
    Findings findings(scripts[done].path);
    add_no_answer(result, "python", findings);
    answers.emplace_back(scripts[done].index, findings.take());
    ++done;
    if (result.end == ProcessResult::End::NotStarted ||
        result.end == ProcessResult::End::Cancelled) {
      for (; done < scripts.size(); ++done) {
        Findings others(scripts[done].path);
        add_no_answer(result, "python", others);
        answers.emplace_back(scripts[done].index, others.take());
      }
    }
  }
  return answers;
}

std::string find_program(std::string_view directories, std::initializer_list<const char*> names) {
  while (!directories.empty()) {
    const std::string directory(directories.substr(0, directories.find(':')));
    directories.remove_prefix(std::min(directories.size(), directory.size() + 1));
    if (!directory.starts_with('/')) continue;  // a relative one would depend on where we are
    for (const char* name : names) {
      std::string path = directory + "/" + name;
      if (access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return {};
}

}  // namespace

Interpreters find_interpreters(std::string_view path_variable) {
  Interpreters found;
  found.bash = find_program(path_variable, {"bash"});
  found.python = find_program(path_variable, {"python3"});
  found.node = find_program(path_variable, {"node", "nodejs"});
  return found;
}

bool is_asked(FileKind kind) noexcept {
  return kind == FileKind::Shell || kind == FileKind::Python || kind == FileKind::JavaScript;
}

Answers ask_interpreters(const std::vector<Script>& scripts, const Interpreters& interpreters) {
  Answers answers;
  std::vector<Script> python;
  const auto missing = [&](const Script& script, const char* name) {
    Findings findings(script.path);
    findings.not_checked(fmt::format("there is no {}", name));
    answers.emplace_back(script.index, findings.take());
  };
  const auto add = [&](const Script& script, std::vector<Finding> findings) {
    if (!findings.empty()) answers.emplace_back(script.index, std::move(findings));
  };
  for (const Script& script : scripts) {
    if (script.kind == FileKind::Shell) {
      interpreters.bash.empty() ? missing(script, "bash")
                                : add(script, ask_bash(script, interpreters));
    } else if (script.kind == FileKind::JavaScript) {
      interpreters.node.empty() ? missing(script, "node")
                                : add(script, ask_node(script, interpreters));
    } else if (interpreters.python.empty()) {
      missing(script, "python3");
    } else {
      python.push_back(script);
    }
  }
  Answers more = ask_python(python, interpreters);
  answers.insert(answers.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  return answers;
}

}  // namespace stravinsky::hooks
