#pragma once

#include <string>
#include <vector>

#include "snapshots/edit_tree.hpp"
#include "stravinsky/update.hpp"
#include "transaction/publish.hpp"

namespace stravinsky {

/// What is to be live after an update, and what was delivered, on their way into the store.
struct UpdateSnapshots {
  Snapshot candidate, release;
  std::vector<RefMove> moves;
};

/// Stores the contents of an update: the bulk, for which nobody need be kept from publishing.
class UpdateStorage {
 public:
  /// @throws Error Invalid, Corrupt, NoSpace, Io
  UpdateStorage(Store& store, ObjectWriter& writer, const Profile& profile,
                const std::string& version, const UpdateContent& content, Timestamp now);

  /// Adds the commits. @param publication  nobody else moves refs meanwhile
  UpdateSnapshots add_commits(const Publication& publication);

 private:
  Store::Parts& parts_;
  ObjectWriter& writer_;
  const Profile& profile_;
  std::string version_;
  const UpdateContent& content_;
  Timestamp now_;
  EditedTree tree_;
  Snapshot release_;
  std::string manifest_;
};

}  // namespace stravinsky
