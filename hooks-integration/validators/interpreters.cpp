#include "validators/interpreters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "process/find_program.hpp"
#include "validators/ask.hpp"

namespace stravinsky::hooks {
namespace {

std::uint32_t number_at(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && value < 100'000'000) {
    value = value * 10 + static_cast<std::uint32_t>(text[at++] - '0');
  }
  return value;
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

std::vector<Finding> ask_about(const Script& script, const Interpreters& interpreters) {
  const auto missing = [&](const char* name) {
    Findings findings(script.path);
    findings.not_checked(fmt::format("there is no {}", name));
    return findings.take();
  };
  if (script.kind == FileKind::Shell) {
    return interpreters.bash.empty() ? missing("bash") : ask_bash(script, interpreters);
  }
  if (script.kind == FileKind::JavaScript) {
    return interpreters.node.empty() ? missing("node") : ask_node(script, interpreters);
  }
  return missing("python3");
}

/// Each number below `count`, on as many threads as there are processors: they wait for a process
/// each. @throws what `work` throws
void for_each_at_once(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto work_on = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::future<void>> others;
  const std::size_t threads = std::min<std::size_t>(count, std::thread::hardware_concurrency());
  for (std::size_t i = 1; i < threads; ++i) {
    others.push_back(std::async(std::launch::async, work_on));
  }
  work_on();
  for (std::future<void>& other : others) other.get();
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
  // The caller is asked by one thread at a time.
  std::mutex mutex;
  Interpreters asked = interpreters;
  if (interpreters.cancelled) {
    asked.cancelled = [&] {
      const std::lock_guard lock(mutex);
      return interpreters.cancelled();
    };
  }
  std::vector<const Script*> single;
  std::vector<Script> python;
  for (const Script& script : scripts) {
    if (script.kind == FileKind::Python && !asked.python.empty()) {
      python.push_back(script);
    } else {
      single.push_back(&script);
    }
  }
  std::vector<std::vector<Finding>> found(single.size());
  for_each_at_once(single.size(), [&](std::size_t i) {
    require_going_on(asked);
    found[i] = ask_about(*single[i], asked);
  });
  require_going_on(asked);
  Answers answers = ask_python(python, asked);
  for (std::size_t i = 0; i < single.size(); ++i) {
    if (!found[i].empty()) answers.emplace_back(single[i]->index, std::move(found[i]));
  }
  std::sort(answers.begin(), answers.end(),
            [](const Answer& a, const Answer& b) { return a.first < b.first; });
  return answers;
}

}  // namespace stravinsky::hooks
