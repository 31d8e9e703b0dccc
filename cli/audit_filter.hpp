#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "session.hpp"
#include "stravinsky/audit.hpp"

namespace stravinsky::cli {

/// The options of `audit log` and `audit export` that choose events.
struct FilterWords {
  std::vector<std::string> types;
  std::string status, version, user, since, until;
  std::size_t limit = SIZE_MAX;
};

/// Adds the options. @param default_limit  without `--limit`
void add_filter(CLI::App* command, FilterWords& words, std::size_t default_limit);
/// What they ask for. @throws Error Invalid: a type, status or time that is none
AuditFilter read_filter(const FilterWords& words, const Session& session);

}  // namespace stravinsky::cli
