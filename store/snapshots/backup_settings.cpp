#include "snapshots/backup_settings.hpp"

#include "core/random.hpp"

namespace stravinsky {

Compression compression_of(const Config& config) {
  if (config.backup.compression == "none") return Compression::None;
  return config.backup.compression == "best" ? Compression::Best : Compression::Fast;
}

void verify_written(const ObjectWriter& writer, const Config& config) {
  if (!config.backup.verify_on_creation) return;
  writer.read_back(static_cast<unsigned>(config.backup.spot_check_percentage), random_number());
}

}  // namespace stravinsky
