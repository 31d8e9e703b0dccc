#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "restore/directory_node.hpp"
#include "restore/entry_writer.hpp"
#include "restore/restore_tree.hpp"

namespace stravinsky {

/// One restore of a tree.
///
/// Jobs lie on a stack, so the tree is walked in depth and few directories are unfinished at a
/// time; the sub-directories of one are begun one by one. Each unfinished directory counts what it
/// waits for; whoever brings that to zero gives it its attributes, then its parent is one nearer.
/// Hard links and sealing flags come when all files are there: their directories wait for them.
class TreeRestorer {
 public:
  TreeRestorer(const ObjectDatabase& database, const Selection& selection,
               const RestoreOptions& options, RestoreTarget target, RestoreLog& log,
               Progress& progress);

  void run(const StoredDirectory& top, std::size_t threads);

 private:
  using NodePtr = std::shared_ptr<DirectoryNode>;
  struct Job {
    enum class Kind { Directory, Files, Subdirectories };
    Kind kind = Kind::Directory;
    NodePtr node;
    std::shared_ptr<const Directory> listing;
    std::size_t begin = 0, end = 0;  ///< of `listing`'s nodes
  };

  struct Late {
    NodePtr directory;
    Node node;
  };

  void work();
  void push(Job job);
  void run_job(Job& job);
  void enter(const NodePtr& node);
  void begin_subdirectory(Job& job);
  void restore_files(const Job& job);
  bool is_late(const Node& node) const;
  void finish_late();
  void release(NodePtr node);
  void finish(DirectoryNode& node);
  void give_attributes(DirectoryNode& node);
  bool is_above_parts(const DirectoryNode& node) const;
  std::optional<Selected> choose(const DirectoryNode& node, const Node& child) const;
  /// Makes or enters the directory, and before it those above. False: it cannot be; that is logged.
  bool ensure(DirectoryNode& node);
  /// Its descriptor; -1 in a dry run for a directory that is not there.
  std::shared_ptr<fs::Fd> descriptor_of(DirectoryNode& node);
  Presence make_or_enter(DirectoryNode& node);
  void require_not_cancelled();

  const ObjectDatabase& database_;
  const Selection& selection_;
  const RestoreOptions& options_;
  RestoreLog& log_;
  Progress& progress_;
  OwnerPolicy owners_;
  EntryWriter writer_;
  std::vector<ForbiddenDirectory> forbidden_;
  std::shared_ptr<const StageRules> stage_;  ///< null: none
  DirectoryMemo* directories_;               ///< null: none
  NodePtr top_;
  OpenDirectories open_;
  const bool privileged_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> stack_;
  std::size_t working_ = 0;
  bool stopping_ = false;

  bool finishing_ = false;  ///< no thread but the caller's works any more
  std::mutex late_mutex_;
  std::vector<Late> late_;
  std::vector<NodePtr> held_;  ///< directories whose final mode would lock us out of them
};

}  // namespace stravinsky
