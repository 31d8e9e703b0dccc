// Line n may be the last one that runs; what a crash leaves, and who finds it:
//   1  a file under its outside name          remove_known_file
//   2  a directory with fewer entries         remove_known
#include "restore/remove_known.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/link.hpp"
#include "fs/list_directory.hpp"
#include "fs/switch_names.hpp"
#include "restore/displaced.hpp"
#include "restore/existing_entry.hpp"
#include "restore/walk_tree.hpp"
#include "restore/write_content.hpp"
#include "snapshots/path.hpp"

namespace stravinsky {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/// Whether a file that no path but ours leads to may go. @returns why not; empty: it may
std::string judge_outside(int stage, const std::string& outside, const Entry& entry) {
  const fs::Fd fd = open_for_reading(stage, outside);
  if (!fd) return std::generic_category().message(errno);
  Displaced judged;
  judge_writers(fd.get(), judged);
  if (judged.state != Displaced::State::Known) return judged.reason;
  return has_content(fd.get(), entry, outside) ? std::string() : "it was edited";
}

class Removal {
 public:
  Removal(const ObjectDatabase& database, int stage, const std::string& name)
      : database_(database), stage_(stage), name_(name), outside_(name_outside(name)) {}

  std::string run(const Node& node, Position position) {
    enter(stage_, name_, node, position);
    while (!levels_.empty() && !lost_way_) {
      Level& level = levels_.back();
      if (level.next == level.entries.size()) {
        leave();
      } else {
        const fs::DirectoryEntry entry = level.entries[level.next++];
        visit(entry.name);
      }
    }
    return problem_;
  }

 private:
  struct Level {
    std::string name;
    Directory stored;
    std::vector<fs::DirectoryEntry> entries;
    std::size_t next = 0;
    ino_t inode = 0;
  };

  /// The first one is told.
  void note(const std::string& name, const std::string& reason) {
    if (!problem_.empty()) return;
    std::string path;
    for (std::size_t i = 1; i < levels_.size(); ++i) path = join_path(path, levels_[i].name);
    if (!name.empty()) path = join_path(path, name);
    problem_ = path.empty() ? reason : fmt::format("{}: {}", quoted(path), reason);
  }

  /// Only the directory that is being emptied is open, however deep it lies.
  void enter(int parent, const std::string& name, const Node& node, Position position) {
    open_up(parent, name);
    fs::Fd fd = fs::open_at(parent, name.c_str(), kDirectory);
    if (!fd) return note(name, std::generic_category().message(errno));
    Level level;
    level.name = name;
    level.inode = fs::stat_of(fd.get(), name).st_ino;
    if (const int error = fs::list_directory(fd.get(), level.entries); error != 0) {
      return note(name, std::generic_category().message(error));
    }
    try {
      level.stored = read_directory(database_, node.directory, name, position);
    } catch (const Error& error) {
      return note(name, error.what());  // what cannot be compared is not known
    }
    levels_.push_back(std::move(level));
    fd_ = std::move(fd);
  }

  void visit(const std::string& name) {
    const Node* node = find_node(levels_.back().stored, name);
    struct stat status {};
    if (fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) note(name, std::generic_category().message(errno));
      return;
    }
    if (node == nullptr || type_bits(node->entry.type) != (status.st_mode & S_IFMT)) {
      return note(name, "it appeared there meanwhile");
    }
    if (S_ISDIR(status.st_mode)) {
      const Node below = *node;
      return enter(fd_.get(), name, below, Position::Below);
    }
    if (S_ISREG(status.st_mode)) return remove_file(name, node->entry);
    if (S_ISLNK(status.st_mode)) {
      std::string link;
      const int error = fs::read_link(fd_.get(), name.c_str(), link);
      if (error != 0 || link != node->entry.link) return note(name, "it was edited");
    }
    if (unlinkat(fd_.get(), name.c_str(), 0) != 0) {
      note(name, std::generic_category().message(errno));
    }
  }

  void remove_file(const std::string& name, const Entry& entry) {
    const fs::NameAt inside{fd_.get(), name}, outside{stage_, outside_};
    if (const int error = fs::move_to_own_name(inside, outside); error != 0) {
      return note(name, std::generic_category().message(error));
    }
    std::string reason = judge_outside(stage_, outside_, entry);  // 1
    if (reason.empty() && unlinkat(stage_, outside_.c_str(), 0) != 0) {
      reason = std::generic_category().message(errno);
    }
    if (reason.empty()) return;
    note(name, reason);
    // Back to where its user knows it; a new file of that name keeps it out, and the next one in.
    if (fs::move_to_free_name(outside, inside) != 0) lost_way_ = true;
  }

  void leave() {
    const std::string name = levels_.back().name;
    levels_.pop_back();
    int parent = stage_;
    fs::Fd up;
    if (!levels_.empty()) {
      up = fs::open_at(fd_.get(), "..", kDirectory);
      if (!up || fs::stat_of(up.get(), name).st_ino != levels_.back().inode) {
        note(name, "it was moved meanwhile");
        lost_way_ = true;
        return;
      }
      parent = up.get();
    }
    if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) {  // 2
      note(levels_.empty() ? std::string() : name, errno == ENOTEMPTY || errno == EEXIST
                                                       ? "something appeared in it meanwhile"
                                                       : std::generic_category().message(errno));
    }
    fd_ = std::move(up);
  }

  const ObjectDatabase& database_;
  const int stage_;
  const std::string name_, outside_;
  std::vector<Level> levels_;
  fs::Fd fd_;  ///< of the last level
  std::string problem_;
  bool lost_way_ = false;
};

}  // namespace

void open_up(int parent, const std::string& name) {
  if (geteuid() == 0) return;
  const fs::Fd path = fs::open_at(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (path) fs::AttributeSetter(path.get(), fs::AttributeSetter::Kind::PathOnly).set_mode(0700);
}

std::string name_outside(const std::string& name) { return name + ".file"; }

std::string remove_known(const ObjectDatabase& database, int stage, const std::string& name,
                         const Node& node, Position position) {
  return Removal(database, stage, name).run(node, position);
}

std::string remove_known_file(const ObjectDatabase& database, int stage, const std::string& name,
                              const Node& directory, Position position) {
  struct stat status {};
  if (fstatat(stage, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? std::string() : std::generic_category().message(errno);
  }
  std::string reason = "no snapshot has it";
  bool is_known = false;
  TreeWalk walk;
  walk.visit = [&](const std::string&, const Entry& entry, const Node&) {
    if (is_known || entry.type != EntryType::File ||
        entry.size != static_cast<std::uint64_t>(status.st_size)) {
      return;
    }
    reason = judge_outside(stage, name, entry);
    is_known = reason.empty();
  };
  walk_tree(database, directory.directory, "", position, walk);
  if (is_known && unlinkat(stage, name.c_str(), 0) != 0) {
    reason = std::generic_category().message(errno);
  }
  return reason;
}

}  // namespace stravinsky
