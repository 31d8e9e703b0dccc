#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "fs/fd.hpp"
#include "restore/directory_node.hpp"
#include "restore/entry_writer.hpp"
#include "restore/restore_log.hpp"
#include "restore/restore_tree.hpp"

namespace stravinsky {

/// Where the files are that further names of hard-link groups shall lead to.
///
/// The group's first path is believed only if what stands there has the content wanted: it may be
/// excluded, failed, or an older file that the caller keeps. Then the first further name becomes a
/// file of its own and the others lead there; where a link was due, or nobody could tell, that loss
/// is logged. One thread.
class LinkSources {
 public:
  /// @param stage  asked for what is not staged because it is live already; may be null
  LinkSources(std::shared_ptr<fs::Fd> top, const StageRules* stage)
      : top_(std::move(top)), stage_(stage) {}

  /// Restores one further name. Errors of the entry are logged. @throws Error as EntryWriter
  void restore(DirectoryNode& directory, int directory_fd, const Node& node, EntryWriter& writer,
               RestoreLog& log);

 private:
  struct Source {
    std::string path;
    bool usable = false;
    std::optional<StageRules::LiveName> live;  ///< instead of `path`
    std::string doubt;                         ///< why nobody knows what stands there
  };
  Source find_source(const Entry& entry) const;
  /// @throws Error: it cannot be told
  bool is_usable(const std::string& path, const Entry& entry) const;

  std::shared_ptr<fs::Fd> top_;
  const StageRules* stage_;
  std::unordered_map<std::string, Source> sources_;  ///< by the group's first path
};

}  // namespace stravinsky
