#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "stravinsky/late_library.hpp"

namespace stravinsky {

/// The functions of libarchive that we write with.
struct Libarchive {
  LateLibrary library{STRAVINSKY_LIBARCHIVE};
  STRAVINSKY_LATE(archive_entry_copy_pathname);
  STRAVINSKY_LATE(archive_entry_copy_symlink);
  STRAVINSKY_LATE(archive_entry_free);
  STRAVINSKY_LATE(archive_entry_new);
  STRAVINSKY_LATE(archive_entry_set_filetype);
  STRAVINSKY_LATE(archive_entry_set_gid);
  STRAVINSKY_LATE(archive_entry_set_mtime);
  STRAVINSKY_LATE(archive_entry_set_perm);
  STRAVINSKY_LATE(archive_entry_set_size);
  STRAVINSKY_LATE(archive_entry_set_uid);
  STRAVINSKY_LATE(archive_error_string);
  STRAVINSKY_LATE(archive_write_add_filter_zstd);
  STRAVINSKY_LATE(archive_write_close);
  STRAVINSKY_LATE(archive_write_data);
  STRAVINSKY_LATE(archive_write_free);
  STRAVINSKY_LATE(archive_write_header);
  STRAVINSKY_LATE(archive_write_new);
  STRAVINSKY_LATE(archive_write_open);
  STRAVINSKY_LATE(archive_write_set_bytes_in_last_block);
  STRAVINSKY_LATE(archive_write_set_format_raw);
  STRAVINSKY_LATE(archive_write_set_format_zip);
};

/// Loaded at the first call. Threads: any. @throws Error Io
inline const Libarchive& libarchive() {
  static const Libarchive loaded;
  return loaded;
}

}  // namespace stravinsky
