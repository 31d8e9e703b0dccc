#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/object_id.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

struct Config;
struct Profile;

/// Such as `0.1.0`.
std::string_view library_version() noexcept;

/// Everything the library must be told about its surroundings: it reads neither environment nor
/// home directory.
struct StoreOptions {
  std::string path;              ///< the store, or any git clone of one for reading
  bool is_default_path = false;  ///< no `--store` was given: for the words of remedies
  /// The signing key: a file, made on first use when missing, or `key::ssh-ed25519 AAAA…`, whose
  /// secret the agent holds.
  std::string key_path;
  std::string key_dir;       ///< where keys of ours are kept: no snapshot captures it; empty: none
  std::string sign_program;  ///< signs instead, called as git calls gpg.ssh.program; empty: none
  std::string agent_socket;  ///< what SSH_AUTH_SOCK says; empty: there is no agent
  std::string temp_dir = "/tmp";  ///< where `sign_program` is handed what it signs
  std::string checkpoint_dir;  ///< where the last seen event of each store is kept; empty: nowhere
  std::string user, host;      ///< who acts, for commits and events
  std::chrono::milliseconds lock_wait{5000};
  std::shared_ptr<const Config> config;  ///< defaults when null
  std::shared_ptr<const Clock> clock;    ///< the system's when null
  /// What a profile's `captures` ask for, as a JSON object; empty: nothing. Called in the thread of
  /// the snapshot that records it, before anybody else is kept waiting.
  std::function<std::string(const Profile&)> facts;
  /// Told each remark as it is made, in the calling thread; when null they wait in
  /// `Store::remarks()`.
  std::function<void(const std::string&)> on_remark;
};

enum class Access { Read, Write };

/// An open store. Movable, not copyable. Threads: one call at a time per object, except where a
/// function says otherwise.
class Store {
 public:
  /// @param access  Read: never locks, repairs or writes, and works on read-only media and on
  /// clones.
  ///                Write: makes the store when it is missing, finishes what a crash left, and
  ///                makes the signing key when it is missing
  /// @throws Error NoStore, Denied (another owner, or reachable by others), Corrupt, Hostile,
  /// Locked,
  ///               Key, Io
  static Store open(const StoreOptions& options, Access access);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  const std::string& path() const;     ///< as given
  const std::string& git_dir() const;  ///< the bare repository
  bool created() const;                ///< this `open` made the store
  bool is_clone() const;               ///< read from a clone: words such as `current` have no refs
  /// What opening and the calls since met that the user should hear of: moves applied in memory,
  /// foreign refs, snapshots passed over as damaged, leftovers removed. One line each, each once.
  const std::vector<std::string>& remarks() const;
  std::string key_fingerprint() const;  ///< `SHA256:…`; empty when opened for reading

  struct Parts;
  Parts& parts() const { return *parts_; }  ///< for the library's own files

 private:
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Does what an answer need not wait for: makes the refs of recent events durable, packs snapshots'
/// refs, and folds small packs into one where their number has grown, so that it stays logarithmic.
/// For after an operation that wrote; without it a later one does the same. Packs are left alone
/// while another process writes.
/// @param bytes_added  by the operation: folding may copy four times that, or 64 MiB
/// @throws Error Corrupt: a pack is damaged, it stays as it is; Locked, NoSpace, Io, Denied
void maintain(Store& store, std::uint64_t bytes_added);

}  // namespace stravinsky
