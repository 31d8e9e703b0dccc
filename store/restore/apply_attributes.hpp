#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "fs/account_ids.hpp"
#include "fs/set_attributes.hpp"
#include "stravinsky/entry.hpp"

namespace stravinsky {

/// Whose a restored entry shall be.
class OwnerPolicy {
 public:
  OwnerPolicy(bool set_owner, bool numeric_ids)
      : set_owner_(set_owner), numeric_ids_(numeric_ids) {}

  bool sets_owner() const noexcept { return set_owner_; }
  /// The numbers here for the recorded owner: by name if the name is known here, else as recorded.
  uid_t user_of(const Entry& entry);
  gid_t group_of(const Entry& entry);

 private:
  bool set_owner_, numeric_ids_;
  fs::AccountIds accounts_;
};

/// Inode flags that forbid to link or write to what has them: set at the very end.
inline constexpr std::uint32_t kSealingFlags = inode_flags::kImmutable | inode_flags::kAppend;

/// Gives an entry everything recorded about it but the sealing flags, in the order that at no
/// instant lets anyone do more than in the end and loses nothing: owner (which clears setuid and
/// capabilities), extended attributes with ACLs and capabilities, mode, flags, time.
///
/// setuid and setgid are given only to a file of the recorded owner and group.
/// @param present  what it is now
/// @param exact    it may have attributes or ACLs that are not recorded: remove them
/// @returns what could not be set, one reason each
std::vector<std::string> apply_attributes(const fs::AttributeSetter& setter, const Entry& entry,
                                          struct stat present, bool exact, OwnerPolicy& owners);

/// The last step for entries with sealing flags. @returns a reason, or empty
std::string apply_sealing_flags(const fs::AttributeSetter& setter, const Entry& entry);

}  // namespace stravinsky
