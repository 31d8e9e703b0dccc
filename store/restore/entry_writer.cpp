#include "restore/entry_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/text.hpp"
#include "restore/existing_entry.hpp"
#include "restore/write_content.hpp"

namespace stravinsky {
namespace {

constexpr const char* kAppeared = "something else took this name meanwhile; it was left alone";

/// A name that goes again unless it is given up.
class TemporaryName {
 public:
  TemporaryName(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  ~TemporaryName() {
    if (name_.empty()) return;
    const int error = errno;  // of what failed, for whoever tells of it
    unlinkat(directory_, name_.c_str(), 0);
    errno = error;
  }
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

  const std::string& str() const noexcept { return name_; }
  void keep() noexcept { name_.clear(); }

 private:
  int directory_;
  std::string name_;
};

/// Makes a link or special file that nobody may use yet; 0 or the errno.
int make(int directory, const Entry& entry, const std::string& name) {
  if (entry.type == EntryType::Symlink) {
    return symlinkat(entry.link.c_str(), directory, name.c_str()) == 0 ? 0 : errno;
  }
  const bool device = entry.type == EntryType::CharDevice || entry.type == EntryType::BlockDevice;
  const dev_t number = device ? makedev(entry.device_major, entry.device_minor) : 0;
  return mknodat(directory, name.c_str(), type_bits(entry.type), number) == 0 ? 0 : errno;
}

/// What a nameless file begins with: never more than it ends with.
mode_t first_mode(const Entry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    // The mode of a file with an ACL shows the mask where the group's permission would be.
    if (name == fs::kAccessAcl) return entry.mode & 0700;
  }
  return entry.mode & 0777;
}

}  // namespace

bool EntryWriter::restore(DirectoryNode& directory, int directory_fd, const Node& node) {
  const Entry& entry = node.entry;
  const auto path = [&] { return path_of(directory, entry.name); };
  try {
    Place place = Place::Free;
    if (directory.presence == Presence::Existing && !directory.was_empty) {
      switch (judge_existing(directory_fd, entry, options_.overwrite, owners_,
                             short_path_of(directory, entry.name))) {
        case Standing::Absent:
          break;
        case Standing::Replace:
          place = Place::Taken;
          break;
        case Standing::Unchanged:
          log_.unchanged();
          return true;
        case Standing::Skip:
          log_.skipped();
          return false;
        case Standing::InTheWay:
          log_.failed(path(), "a directory is in the way; it was left alone", false);
          return false;
      }
    }
    const bool done =
        options_.dry_run ||
        (entry.type == EntryType::File ? write_file(directory, directory_fd, node, place)
                                       : make_special(directory, directory_fd, entry, place));
    if (done) log_.restored(entry.type == EntryType::File ? entry.size : 0);
    return done;
  } catch (const Error& error) {
    fail(path(), error);
    return false;
  }
}

void EntryWriter::fail(std::string path, const Error& error) {
  if (staging_ || error.code() == Errc::NoSpace || error.code() == Errc::Cancelled) throw error;
  log_.failed(std::move(path), error.what(), false);
}

bool EntryWriter::write_file(DirectoryNode& directory, int directory_fd, const Node& node,
                             Place place) {
  const Entry& entry = node.entry;
  const std::string path = short_path_of(directory, entry.name);
  fs::TempFile file(temp_files_, directory_fd, first_mode(entry), path);
  const WrittenContent written =
      write_content_to(file.fd(), database_, entry, node.content, path,
                       options_.verify ? ReadBack::Yes : ReadBack::No, progress_);
  if (!written.complete) {
    log_.failed(path_of(directory, entry.name), written.reason, true);
    return false;
  }
  struct stat present {};
  if (fstat(file.fd(), &present) != 0) fs::throw_errno("look at", path);
  const fs::AttributeSetter setter(file.fd(), fs::AttributeSetter::Kind::Open);
  const auto reasons = apply_attributes(setter, entry, present, directory.inherits_acl, owners_);
  if (place == Place::Taken) {
    file.replace(entry.name);
  } else if (!file.link(entry.name)) {
    log_.failed(path_of(directory, entry.name), kAppeared, false);
    return false;
  }
  report(directory, entry, reasons);
  return true;
}

bool EntryWriter::make_special(DirectoryNode& directory, int directory_fd, const Entry& entry,
                               Place place) {
  // Where only we may enter yet, a temporary name would protect from nobody.
  const bool direct = directory.presence == Presence::Made;
  std::string name = entry.name;
  int error = 0;
  do {
    if (!direct) name = temp_files_.next_name();
    error = make(directory_fd, entry, name);
  } while (!direct && error == EEXIST);
  if (error == ENOSPC || error == EDQUOT) {
    throw fs::errno_error("create", short_path_of(directory, entry.name), error);
  }
  if (error != 0) {
    log_.failed(path_of(directory, entry.name),
                error == EEXIST
                    ? kAppeared
                    : fmt::format("cannot create it: {}", std::generic_category().message(error)),
                false);
    return false;
  }
  TemporaryName made(directory_fd, name);
  const std::string path = short_path_of(directory, entry.name);
  const fs::Fd fd = fs::open_at(directory_fd, name.c_str(), O_PATH | O_NOFOLLOW);
  struct stat present {};
  if (!fd || fstat(fd.get(), &present) != 0) fs::throw_errno("look at", path);
  // Somebody else's file under our name must not get this owner and mode.
  if ((present.st_mode & S_IFMT) != type_bits(entry.type) || present.st_nlink != 1) {
    made.keep();
    log_.failed(path_of(directory, entry.name), kAppeared, false);
    return false;
  }
  const fs::AttributeSetter setter(fd.get(), fs::AttributeSetter::Kind::PathOnly);
  const auto reasons = apply_attributes(setter, entry, present, directory.inherits_acl, owners_);
  if (!direct && place == Place::Taken) {
    if (renameat(directory_fd, name.c_str(), directory_fd, entry.name.c_str()) != 0) {
      fs::throw_errno("replace", path);
    }
  } else if (!direct && !fs::rename_in_directory(directory_fd, name, entry.name, path)) {
    log_.failed(path_of(directory, entry.name), kAppeared, false);
    return false;
  }
  made.keep();
  report(directory, entry, reasons);
  return true;
}

bool EntryWriter::link(DirectoryNode& directory, int directory_fd, const Node& node,
                       int source_directory, const std::string& source) {
  const Entry& entry = node.entry;
  const std::string path = short_path_of(directory, entry.name);
  struct stat wanted {
  }, present{};
  if (fstatat(source_directory, source.c_str(), &wanted, AT_SYMLINK_NOFOLLOW) != 0) return false;
  const bool taken = fstatat(directory_fd, entry.name.c_str(), &present, AT_SYMLINK_NOFOLLOW) == 0;
  if (taken && S_ISDIR(present.st_mode)) return false;
  if (taken && present.st_dev == wanted.st_dev && present.st_ino == wanted.st_ino) {
    log_.unchanged();
    return true;
  }
  if (taken) {
    const Standing standing =
        judge_existing(directory_fd, entry, options_.overwrite, owners_, path);
    if (standing == Standing::Skip) {
      log_.skipped();
      return true;
    }
    // Unchanged but a file of its own: it must become the same file.
    TemporaryName temporary(directory_fd, temp_files_.next_name());
    if (linkat(source_directory, source.c_str(), directory_fd, temporary.str().c_str(), 0) != 0) {
      return false;
    }
    if (renameat(directory_fd, temporary.str().c_str(), directory_fd, entry.name.c_str()) != 0) {
      fs::throw_errno("replace", path);
    }
    temporary.keep();
  } else if (linkat(source_directory, source.c_str(), directory_fd, entry.name.c_str(), 0) != 0) {
    if (errno == ENOSPC || errno == EDQUOT) fs::throw_errno("create", path);
    return false;
  }
  log_.restored(0);
  return true;
}

void EntryWriter::seal(DirectoryNode& directory, int directory_fd, const Entry& entry) {
  const fs::Fd fd =
      fs::open_at(directory_fd, entry.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const std::string reason =
      fd ? apply_sealing_flags(fs::AttributeSetter(fd.get(), fs::AttributeSetter::Kind::Open),
                               entry)
         : "immutable or append-only not set: " + std::generic_category().message(errno);
  if (!reason.empty()) log_.incomplete(path_of(directory, entry.name), reason);
}

void EntryWriter::report(DirectoryNode& directory, const Entry& entry,
                         const std::vector<std::string>& reasons) {
  for (const std::string& reason : reasons) {
    log_.incomplete(path_of(directory, entry.name), reason);
  }
}

}  // namespace stravinsky
