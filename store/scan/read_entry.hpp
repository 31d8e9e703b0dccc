#pragma once

#include <optional>
#include <string>

#include "index/directory_record.hpp"
#include "scan/scan.hpp"

namespace stravinsky {

/// What reading needs besides the file.
struct ReadContext {
  ScanSink& sink;
  Progress& progress;
  const Clock& clock;
  std::uint64_t chunk_threshold = 0;
};

/// What came of looking at one entry.
struct ReadResult {
  FileRecord record;
  std::optional<Loss::Kind> lost;
  std::string reason;        ///< of the loss
  int attributes_error = 0;  ///< why some attributes could not be read
  bool is_read = false;      ///< a regular file's content was
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_told = 0;  ///< what progress knows of them, never more than was expected
};

/// Reads the content and attributes of a file, a link or a special file, and hands the content to
/// the sink: all of it as it was at one time, or not at all.
///
/// A file is read again when its times, size or inode changed meanwhile, up to three times in all.
/// One that was written so shortly before that its times could not tell counts as unchanged only if
/// reading it once more gives the same.
/// Special files are never opened. Memory: up to `chunk_threshold`, kept per thread for files of
/// usual sizes. Threads: any.
/// @param name  in the open directory
/// @param seen  what a look at it said just now; a directory is a loss
/// @throws Error when descriptors or memory run out, Cancelled; what the sink throws
ReadResult read_entry(const ReadContext& context, int directory, const char* name,
                      const fs::FileStatus& seen);

/// The kind of loss that an errno means.
Loss::Kind loss_of(int error) noexcept;
std::string reason_of(int error);
/// Says nothing about the file but about this process or system: no loss, an error.
bool is_shortage(int error) noexcept;

}  // namespace stravinsky
