#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "stravinsky/late_library.hpp"

namespace stravinsky::hooks {

/// The functions of libarchive that we read with.
struct Libarchive {
  LateLibrary library{STRAVINSKY_LIBARCHIVE};
  STRAVINSKY_LATE(archive_entry_filetype);
  STRAVINSKY_LATE(archive_entry_hardlink);
  STRAVINSKY_LATE(archive_entry_pathname);
  STRAVINSKY_LATE(archive_entry_perm);
  STRAVINSKY_LATE(archive_entry_symlink);
  STRAVINSKY_LATE(archive_errno);
  STRAVINSKY_LATE(archive_error_string);
  STRAVINSKY_LATE(archive_read_data);
  STRAVINSKY_LATE(archive_read_free);
  STRAVINSKY_LATE(archive_read_header_position);
  STRAVINSKY_LATE(archive_read_new);
  STRAVINSKY_LATE(archive_read_next_header);
  STRAVINSKY_LATE(archive_read_open);
  STRAVINSKY_LATE(archive_read_open_filename);
  STRAVINSKY_LATE(archive_read_support_filter_zstd);
  STRAVINSKY_LATE(archive_read_support_format_empty);
  STRAVINSKY_LATE(archive_read_support_format_raw);
  STRAVINSKY_LATE(archive_read_support_format_tar);
  STRAVINSKY_LATE(archive_set_error);
};

/// Loaded at the first call. Threads: any. @throws Error Io
inline const Libarchive& libarchive() {
  static const Libarchive loaded;
  return loaded;
}

}  // namespace stravinsky::hooks
