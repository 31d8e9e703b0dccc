#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/run_process.hpp"
#include "validators/interpreters.hpp"

namespace stravinsky::hooks {

/// The caller's index of a script, and what was found.
using Answer = std::pair<std::size_t, std::vector<Finding>>;
using Answers = std::vector<Answer>;

/// A process that is to read a script from its input.
ProcessOptions question(const Interpreters& interpreters, std::vector<std::string> words,
                        std::string_view input);
/// The part of a message that tells something: one line, without the bytes of a terminal.
std::string tidy(std::string_view text);
/// Whether a process ended by itself: what became of it is the script's doing.
bool is_about_script(const ProcessResult& result);
/// When an interpreter gave no answer: what became of it. An end that is not the script's doing is
/// no finding about it.
void add_no_answer(const ProcessResult& result, std::string_view name, Findings& findings);
/// @throws Error Cancelled: the caller wants no more
void require_going_on(const Interpreters& interpreters);

/// Many scripts to a process: starting Python costs more than reading a hundred of them.
/// @throws Error Cancelled
Answers ask_python(const std::vector<Script>& scripts, const Interpreters& interpreters);

}  // namespace stravinsky::hooks
