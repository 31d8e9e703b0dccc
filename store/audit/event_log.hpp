#pragma once

#include <string>

#include "audit/projections.hpp"

namespace stravinsky {

/// Adds lines to `operations.log`. @param digest  of the lines before; receives that of all
void append_log(const std::string& path, std::span<const ChainLink> links, Sha256& digest);
/// Puts a log with these lines alone in its place. @param digest  receives theirs
void replace_log(const std::string& path, std::span<const ChainLink> links, Sha256& digest);
/// The digest of the lines there are; that of none for a missing file.
Sha256 digest_of_log(const std::string& path);

/// Moves a log that is too large or too old to `archive/operations.log.YYYY-MM-DD.gz`, and removes
/// archived ones that are past their time. @param begun  the time of the log's first event
/// @returns whether the log is gone
bool rotate_log(const ProjectionPlaces& places, Timestamp begun, Timestamp now);

}  // namespace stravinsky
