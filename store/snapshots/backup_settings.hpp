#pragma once

#include "packs/object_writer.hpp"
#include "stravinsky/config.hpp"

namespace stravinsky {

/// How what a snapshot or an update adds is compressed: `backup.compression`.
Compression compression_of(const Config& config);
/// Reads back what was published, as much of it as `backup.spot_check_percentage` says, if
/// `backup.verify_on_creation` wants that. @throws Error Corrupt
void verify_written(const ObjectWriter& writer, const Config& config);

}  // namespace stravinsky
