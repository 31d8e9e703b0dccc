#include "validators/ask.hpp"

#include <fmt/format.h>

#include "stravinsky/error.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::hooks {
namespace {

/// Nothing of ours reaches an interpreter: no BASH_ENV, NODE_OPTIONS or PYTHONSTARTUP.
std::vector<std::string> clean_environment() {
  return {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent"};
}

}  // namespace

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

std::string tidy(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const std::string shown = quoted(text.substr(0, 200));
  return shown.size() < 2 ? shown : shown.substr(1, shown.size() - 2);
}

bool is_about_script(const ProcessResult& result) {
  using End = ProcessResult::End;
  return result.end != End::NotStarted && result.end != End::Cancelled &&
         result.end != End::Unknown;
}

void add_no_answer(const ProcessResult& result, std::string_view name, Findings& findings) {
  if (is_about_script(result)) {
    findings.error({0, 0}, fmt::format("{} could not read it: {}", name, result.how_it_ended()));
  } else {
    findings.not_checked(fmt::format("{}: {}", name, result.how_it_ended()));
  }
}

void require_going_on(const Interpreters& interpreters) {
  if (interpreters.cancelled && interpreters.cancelled())
    throw Error(Errc::Cancelled, "the checks stopped", "they were asked to");
}

}  // namespace stravinsky::hooks
