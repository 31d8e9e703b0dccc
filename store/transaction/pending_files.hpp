#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "fs/lock.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {

/// A file outside the repository that an operation makes or replaces.
struct FileChange {
  std::string path;              ///< absolute, no link
  std::optional<Sha256> before;  ///< of what it holds; empty: it is not there
  ByteView content;              ///< what it is to hold
  unsigned mode = 0600;
  bool is_secret = false;  ///< the event tells no digest of it
};

/// Files outside the repository that change with an event, so that neither is there without the
/// other: docs/format.md 17. Every file lies complete beside its name before the event, and has
/// only to be renamed after it.
class PendingFiles {
 public:
  /// Takes `lock.pending`, and ends what dead processes left. @throws Error Locked, Io
  explicit PendingFiles(Store::Parts& parts);
  /// What was prepared and not finished is: done where the chain tells of it, else undone.
  ~PendingFiles();
  PendingFiles(const PendingFiles&) = delete;
  PendingFiles& operator=(const PendingFiles&) = delete;

  /// Writes the contents beside their names, durably. Once per object.
  /// @returns members for the event. @throws Error NoSpace, Denied, Io
  nlohmann::json prepare(std::span<const FileChange> changes);
  /// Gives them their names, once the event is published.
  /// @throws Error Changed: somebody edited one meanwhile, and it stays so, which a further event
  ///               tells; else of the errno: the next writing command tries again
  void finish();

 private:
  Store::Parts& parts_;
  fs::Lock lock_;
  std::string operation_;  ///< empty: nothing is prepared
};

/// What `path` leads to, and what that holds. @throws Error NotFound: a link that leads nowhere
std::string followed(const std::string& path);

/// Whether any operation of a store may have left some.
bool has_pending_files(const std::string& store_path);

/// Ends what dead processes left of such operations; those of living ones are passed over. A file
/// that was edited meanwhile is left as it is: an event with status `failed` says so, if the store
/// is open for writing, and until then everything else waits.
/// @returns whether a file was changed. @throws Error Corrupt, Io; as an operation
bool settle_pending_files(Store::Parts& parts);

}  // namespace stravinsky
