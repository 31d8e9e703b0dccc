#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "captures/capture_facts.hpp"

namespace stravinsky::hooks {

/// Commit and branch of the repository around each root that is a directory.
nlohmann::json git_state(const Profile& profile, const FactsOptions& options);

/// The virtual environments of Python that are a root, or lie directly in one. Read, never run.
nlohmann::json virtual_environments(const Profile& profile);

/// Where credentials lie, by the rules of docs/captures.md: never what they are.
nlohmann::json credentials(const Profile& profile, const FactsOptions& options);

/// The content of a regular file of at most `limit` bytes, links followed; empty: there is none
/// such.
std::optional<std::string> read_small_file(const std::string& path, std::size_t limit);

/// A path as JSON can hold it.
std::string as_text(const std::string& path);

}  // namespace stravinsky::hooks
