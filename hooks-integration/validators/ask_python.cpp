#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "validators/ask.hpp"

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

constexpr std::size_t kBatch = 4u << 20;  ///< bytes of scripts that one process is given

using Iterator = std::vector<Script>::const_iterator;

/// As many as one process is given: at least one.
Iterator end_of_batch(Iterator first, Iterator end) {
  std::size_t bytes = first->content.size();
  for (++first; first != end && bytes + first->content.size() <= kBatch; ++first) {
    bytes += first->content.size();
  }
  return first;
}

ProcessResult read_batch(Iterator first, Iterator end, const Interpreters& interpreters) {
  std::string input;
  for (Iterator script = first; script != end; ++script) {
    input += fmt::format("{}\n", script->content.size());
    input += script->content;
  }
  ProcessOptions options =
      question(interpreters,
               {interpreters.python, "-I", "-S", "-B", "-W", "ignore", "-c", kPythonReader}, input);
  options.output_limit = 1024 * static_cast<std::size_t>(end - first) + 64 * 1024;
  return run_process(options);
}

/// Takes the answers that are there, in the order of the scripts. @returns the first without one
Iterator take_answers(std::string_view output, Iterator script, Iterator end, Answers& answers) {
  for (; script != end; ++script) {
    const std::size_t line = output.find('\n');
    if (line == std::string_view::npos) break;
    const auto answer = nlohmann::json::parse(output.substr(0, line), nullptr, false);
    output.remove_prefix(line + 1);
    if (answer.is_null()) continue;
    if (!answer.is_array() || answer.size() != 3) break;  // not of ours
    Findings findings(script->path);
    findings.error({answer[0].get<std::uint32_t>(), answer[1].get<std::uint32_t>()},
                   tidy(answer[2].get<std::string>()));
    answers.emplace_back(script->index, findings.take());
  }
  return script;
}

}  // namespace

Answers ask_python(const std::vector<Script>& scripts, const Interpreters& interpreters) {
  Answers answers;
  bool alone = false;
  for (Iterator next = scripts.begin(); next != scripts.end();) {
    require_going_on(interpreters);
    const Iterator first = next;
    const Iterator end = alone ? first + 1 : end_of_batch(first, scripts.end());
    const ProcessResult result = read_batch(first, end, interpreters);
    require_going_on(interpreters);
    next = take_answers(result.output, first, end, answers);
    // The time, and the memory, were for all of them: which one is at fault only that one alone
    // can show.
    const bool ended_early = next != end;
    alone = ended_early && end - first > 1 && is_about_script(result);
    if (!ended_early || alone) continue;
    for (const Iterator unread = is_about_script(result) ? next + 1 : scripts.end(); next != unread;
         ++next) {
      Findings findings(next->path);
      add_no_answer(result, "python", findings);
      answers.emplace_back(next->index, findings.take());
    }
  }
  return answers;
}

}  // namespace stravinsky::hooks
