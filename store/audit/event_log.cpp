#include "audit/event_log.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <memory>

#include "audit/event_row.hpp"
#include "core/text.hpp"
#include "fs/append_file.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/rename.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kArchived = "operations.log.";
constexpr std::uint64_t kLargestLog = std::uint64_t{4} << 30;

std::string lines_of_events(std::span<const ChainLink> links, Sha256& digest) {
  std::string lines;
  for (const ChainLink& link : links) {
    const std::string line = event_line(link);
    digest = extend_digest(digest, line);
    lines += line;
  }
  return lines;
}

std::string gzipped(std::string_view text) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(6), &libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), packed.data(),
                                         packed.size()));
  return packed;
}

/// The day in an archived log's name; empty for other files.
std::optional<Timestamp> day_of(std::string_view name) {
  if (!name.starts_with(kArchived)) return std::nullopt;
  const auto day = parse_time(name.substr(kArchived.size(), 10), {});
  return day ? std::optional(day->first) : std::nullopt;
}

}  // namespace

void append_log(const std::string& path, std::span<const ChainLink> links, Sha256& digest) {
  fs::append_file(path, as_bytes(lines_of_events(links, digest)));
}

void replace_log(const std::string& path, std::span<const ChainLink> links, Sha256& digest) {
  digest = Sha256();
  fs::write_atomically(path, path + ".new", as_bytes(lines_of_events(links, digest)));
}

Sha256 digest_of_log(const std::string& path) {
  Sha256 digest;
  const std::string text = fs::find_file(path, kLargestLog).value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    const std::string_view taken = line.empty() ? rest : line;  // cut short: fits nothing
    digest = extend_digest(digest, taken);
    rest.remove_prefix(taken.size());
  }
  return digest;
}

bool rotate_log(const ProjectionPlaces& places, Timestamp begun, Timestamp now) {
  const std::string log = places.directory + "/operations.log";
  const std::string archive = places.directory + "/archive";
  if (fs::exists(archive)) {
    for (const fs::DirectoryEntry& entry : fs::list_directory(archive)) {
      const auto day = day_of(entry.name);
      if (day && *day + places.retention < now) fs::remove_file(archive + "/" + entry.name);
    }
  }
  const auto status = fs::find_stat(log);
  if (!status) return false;
  const bool is_large = static_cast<std::uint64_t>(status->st_size) >= places.rotation_bytes;
  if (!is_large && begun + places.rotation_age > now) return false;
  fs::make_directories(archive);
  const std::string day = rfc3339(now).substr(0, 10);
  std::string target = fmt::format("{}/{}{}.gz", archive, kArchived, day);
  for (int n = 2; fs::exists(target); ++n) {
    target = fmt::format("{}/{}{}.{}.gz", archive, kArchived, day, n);
  }
  fs::write_durably(target, target + ".new", as_bytes(gzipped(fs::read_file(log, kLargestLog))));
  fs::remove_file(log);
  return true;
}

}  // namespace stravinsky
