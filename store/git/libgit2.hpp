#pragma once

#include <git2.h>
#include <git2/sys/odb_backend.h>

#include "stravinsky/late_library.hpp"

namespace stravinsky::git {

/// The functions of libgit2 that we call.
struct Libgit2 {
  LateLibrary library{STRAVINSKY_LIBGIT2};
  STRAVINSKY_LATE(git_buf_dispose);
  STRAVINSKY_LATE(git_config_free);
  STRAVINSKY_LATE(git_config_get_string_buf);
  STRAVINSKY_LATE(git_config_open_ondisk);
  STRAVINSKY_LATE(git_config_parse_bool);
  STRAVINSKY_LATE(git_error_last);
  STRAVINSKY_LATE(git_libgit2_init);
  STRAVINSKY_LATE(git_libgit2_opts);
  STRAVINSKY_LATE(git_merge_file);
  STRAVINSKY_LATE(git_merge_file_result_free);
  STRAVINSKY_LATE(git_odb_add_backend);
  STRAVINSKY_LATE(git_odb_backend_one_pack);
  STRAVINSKY_LATE(git_odb_free);
  STRAVINSKY_LATE(git_odb_new);
  STRAVINSKY_LATE(git_odb_object_data);
  STRAVINSKY_LATE(git_odb_object_free);
  STRAVINSKY_LATE(git_odb_object_size);
  STRAVINSKY_LATE(git_odb_object_type);
  STRAVINSKY_LATE(git_odb_read);
  STRAVINSKY_LATE(git_odb_read_header);
  STRAVINSKY_LATE(git_oid_fromraw);
};

/// Loads and starts it, once in a process: that costs about 6 ms, so nobody calls this before there
/// is work for it. Threads: any. @throws Error Io
const Libgit2& libgit2();

}  // namespace stravinsky::git
