#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "session.hpp"

namespace stravinsky::cli {

/// Adds the global options and the command that the words name to `app`; every command where they
/// name none, or one that tells of all.
void build_app(CLI::App& app, Session& session, const std::vector<std::string>& words = {});

/// Parses the words after the program's name and runs the command.
/// @throws Error, CLI::ParseError
void run_app(CLI::App& app, Session& session, std::vector<std::string> words);

/// A command of `parent` by name or alias; null when there is none.
CLI::App* find_subcommand(CLI::App& parent, const std::string& name);

/// The command that the words name, as deep as they do; the app itself when they name none.
CLI::App* find_command(CLI::App& app, const std::vector<std::string>& words);

/// An option that may be given several times, each time with one value.
CLI::Option* add_repeatable(CLI::App* command, const std::string& name,
                            std::vector<std::string>& values, const std::string& help);

/// `-n,--limit N`: a whole number, and nothing that a number type would make one of.
void add_limit(CLI::App* command, std::size_t& limit);

/// Whether the command that the words name has `--exit-code`.
bool has_exit_code(CLI::App& app, const std::vector<std::string>& words);

/// What a usage error says and what to type instead.
struct UsageAdvice {
  std::string message, remedy;
};
UsageAdvice advice_for(CLI::App& app, const std::vector<std::string>& words,
                       const CLI::ParseError& error);

}  // namespace stravinsky::cli
