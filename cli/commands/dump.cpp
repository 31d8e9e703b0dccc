#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "commands/commands.hpp"
#include "files.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string ref, path, output, format;
};

ArchiveFormat format_of(const Options& options) {
  if (options.format == "tar.zst") return ArchiveFormat::TarZst;
  if (options.format == "zip") return ArchiveFormat::Zip;
  if (options.format == "tar") return ArchiveFormat::Tar;
  const std::string& name = options.output;
  if (name.ends_with(".tar.zst") || name.ends_with(".tzst")) return ArchiveFormat::TarZst;
  return name.ends_with(".zip") ? ArchiveFormat::Zip : ArchiveFormat::Tar;
}

/// A file that appears under its name only when it is complete.
class OutputFile {
 public:
  OutputFile(std::string path, bool replace)
      : path_(std::move(path)), temporary_(fmt::format("{}.part-{}", path_, getpid())) {
    struct stat status {};
    const bool there = lstat(path_.c_str(), &status) == 0;
    if (there && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
      // A FIFO or a device takes the bytes as they come.
      temporary_.clear();
      fd_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd_ < 0) throw_errno("open", path_);
      return;
    }
    if (there && !replace) {
      throw Error(Errc::Exists, fmt::format("cannot write {}", quoted(path_)), "it exists",
                  "add -f to replace it");
    }
    fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) throw_not_created();
    replace_ = replace;
  }
  ~OutputFile() {
    if (fd_ >= 0) close(fd_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int fd() const { return fd_; }

  void publish() {
    const int closed = close(fd_);
    fd_ = -1;
    if (closed != 0) throw_errno("write", path_);
    if (temporary_.empty()) return;
    // link(2) refuses a name that came meanwhile; the destructor removes the other name.
    const int named = replace_ ? ::rename(temporary_.c_str(), path_.c_str())
                               : link(temporary_.c_str(), path_.c_str());
    if (named != 0) throw_errno("create", path_);
  }

 private:
  [[noreturn]] void throw_not_created() const {
    const std::string parent = std::filesystem::path(absolute_path(path_)).parent_path().string();
    if (errno != ENOENT) throw_errno("create", path_);
    throw Error(Errc::NotFound, fmt::format("cannot create {}", quoted(path_)),
                fmt::format("the directory {} does not exist", quoted(parent)),
                fmt::format("make it first: mkdir -p {}", shell_word(parent)));
  }

  std::string path_, temporary_;
  int fd_ = -1;
  bool replace_ = false;
};

/// An archive written over the store's own files would be the end of it.
void require_outside(const std::string& output, const Store& store) {
  namespace filesystem = std::filesystem;
  const filesystem::path inside = filesystem::weakly_canonical(store.path());
  for (filesystem::path at = filesystem::weakly_canonical(output); at.has_relative_path();
       at = at.parent_path()) {
    if (at != inside) continue;
    throw Error(Errc::Invalid, fmt::format("cannot write {}", quoted(output)),
                "it lies inside the store", "name a file elsewhere with -o FILE");
  }
}

/// What goes into the archive. Two profiles get a directory each: their tops would mix. One file
/// goes out as it is, so there can be one only.
std::vector<StoredPath> targets(const Options& options, Session& session, const Store& store) {
  std::vector<StoredPath> found = resolve_target(session, store, options.ref, options.path);
  const bool all_directories = std::all_of(found.begin(), found.end(), [&](const StoredPath& at) {
    if (at.path.empty()) return true;
    const auto entry = SnapshotTree(store, at.snapshot).find(at.path);
    return entry && entry->type == EntryType::Directory;
  });
  if (found.size() == 1 || all_directories) return found;
  return {require_one(std::move(found), options.path.empty() ? options.ref : options.path)};
}

std::vector<std::string> write_archive(const std::vector<StoredPath>& found, const Options& options,
                                       Session& session, const Store& store,
                                       const DumpOutput& output) {
  Progress& progress = session.progress("writing", found.size());
  const ArchiveFormat format = format_of(options);
  if (found.size() == 1) {
    return dump(store, found.front().snapshot, found.front().path, format, output, progress);
  }
  std::vector<DumpPart> parts;
  for (const StoredPath& at : found) parts.push_back({at.snapshot, at.path, at.snapshot.profile});
  return dump(store, parts, format, output, progress);
}

Exit run(const Options& options, Session& session) {
  const bool to_stdout = options.output.empty() || options.output == "-";
  if (to_stdout && session.json()) {
    throw Error(Errc::Invalid, "cannot write archive and JSON to one stream", "there is no -o FILE",
                "name a file: -o snapshot.tar");
  }
  if (to_stdout && session.out().is_terminal()) {
    throw Error(Errc::Invalid, "cannot write an archive to a terminal", "there is no -o FILE",
                "name a file: -o snapshot.tar");
  }
  const Store store = session.open_store();
  const std::vector<StoredPath> found = targets(options, session, store);
  std::vector<std::string> left_out;
  if (to_stdout) {
    left_out = write_archive(found, options, session, store, {STDOUT_FILENO, "standard output"});
  } else {
    require_outside(options.output, store);
    OutputFile file(options.output, session.globals.force);
    left_out = write_archive(found, options, session, store, {file.fd(), options.output});
    file.publish();
    session.achieved(fmt::format("the archive {} was written", quoted(options.output)));
  }
  session.end_progress();
  const Exit exit = left_out.empty() ? Exit::Done : Exit::Partial;
  if (!session.json()) {
    for (const std::string& line : left_out) session.warn(shown(line));
  }
  std::vector<Snapshot> snapshots;
  for (const StoredPath& at : found) snapshots.push_back(at.snapshot);
  show_dumped(session.view(), snapshots, to_stdout ? "" : options.output, left_out, exit);
  return exit;
}

}  // namespace

void add_dump(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("dump", "Write a snapshot, or a part of it, as an archive");
  cmd->add_option("REF", options->ref, "the snapshot, or REF:PATH")->required();
  cmd->add_option("PATH", options->path, "a directory, or a file to write as it is");
  cmd->add_option("-o,--output", options->output, "the file; default: standard output")
      ->type_name("FILE");
  cmd->add_option("--format", options->format, "tar, tar.zst or zip; default: by FILE's name")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"tar", "tar.zst", "zip"}));
  cmd->footer(help_footer("stravinsky dump latest -o snapshot.tar.zst",
                          {Exit::Partial, Exit::NoStore, Exit::NotFound, Exit::Damaged,
                           Exit::NoSpace, Exit::Interrupted, Exit::Terminated}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
