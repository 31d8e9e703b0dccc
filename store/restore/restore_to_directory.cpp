#include <fmt/format.h>
#include <sys/statvfs.h>

#include <chrono>

#include "core/text.hpp"
#include "restore/require_path.hpp"
#include "restore/restore_target.hpp"
#include "restore/restore_tree.hpp"
#include "snapshots/path.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/restore.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

Error with_free_space(const Error& error, const Snapshot& snapshot, const std::string& target) {
  struct statvfs space {};
  if (statvfs(target.c_str(), &space) != 0) return error;
  return Error(Errc::NoSpace, error.what(),
               fmt::format("the whole snapshot needs about {} bytes and {} entries; {} bytes and "
                           "{} inodes are free",
                           snapshot.bytes, snapshot.entries, space.f_bavail * space.f_frsize,
                           space.f_favail),
               fmt::format("free space in {}, or restore to another filesystem", quoted(target)));
}

}  // namespace

RestoreReport restore_to_directory(const Store& store, const Snapshot& snapshot,
                                   const RestoreOptions& options, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const ObjectDatabase& database = *store.parts().database;
  const Selection selection(options.paths, options.include, options.exclude);
  const StoredDirectory top = read_snapshot_roots(database, snapshot).top;
  for (const std::string& path : selection.paths()) {
    require_path(database, top, path, snapshot.name);
  }
  RestoreTarget target = open_restore_target(options, {store.path(), store.git_dir()});
  if (selection.paths().empty()) {
    progress.expect(snapshot.entries, snapshot.bytes);
    progress.all_expected();
  }
  RestoreLog log;
  try {
    restore_tree(database, top, selection, options, std::move(target),
                 store.parts().config().store.threads, log, progress);
  } catch (const Error& error) {
    if (error.code() == Errc::NoSpace) throw with_free_space(error, snapshot, options.target);
    if (error.code() != Errc::Cancelled || options.dry_run) throw;
    const std::uint64_t count = log.report().restored;
    throw Error(Errc::Cancelled,
                fmt::format("cannot finish restoring to {}", quoted(options.target)),
                fmt::format("it was asked to stop; {} are there, each of them whole",
                            count == 1 ? "1 file" : fmt::format("{} files", count)),
                "restore once more, with what is there kept where it is unchanged");
  }
  RestoreReport report = log.report();
  report.duration = std::chrono::steady_clock::now() - start;
  return report;
}

}  // namespace stravinsky
