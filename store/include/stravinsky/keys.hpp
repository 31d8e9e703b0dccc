#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stravinsky/settings_file.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky {

/// A key that the newest event lists.
struct ListedKey {
  std::string principal, fingerprint;
  std::string line;          ///< `ssh-ed25519 AAAA…`
  std::string valid_before;  ///< `YYYYMMDDHHMMSSZ` when it is retired; empty: it may sign
};

/// The key that signs, and whom the chain trusts.
struct KeyReport {
  std::string source;  ///< as the settings name it
  std::string fault;   ///< why it cannot sign; empty: it can
  std::string principal, fingerprint, line;
  std::string verifier_key;  ///< for tools that read signed notes; empty with `fault`
  std::vector<ListedKey> listed;
};

/// @param store  opened for reading: a key that is missing is a fault and no error
KeyReport describe_keys(const Store& store);

/// Makes another key the one that signs, by an event that the old key signs. What the old one
/// signed stays good; from then on it signs nothing.
/// @param key       as StoreOptions::key_path, program and agent likewise
/// @param settings  what makes the settings name it, as part of the operation
/// @returns the event's number; 0: it was that key already, and the settings are as they were
/// @throws Error Key: the new key cannot sign; as change_settings
std::uint64_t change_key(Store& store, const std::string& key, const std::string& program,
                         const std::string& agent_socket, const SettingsEdit& settings);

/// Lets what a key signed from an event on count for nothing. Not the key that signs now.
/// @param fingerprint  `SHA256:…`
/// @param from         that event's number; empty: from this one on
/// @throws Error NotFound: the chain never listed the key; Invalid: it is the one that signs, or
///         there is no such event
std::uint64_t revoke_key(Store& store, const std::string& fingerprint,
                         std::optional<std::uint64_t> from);

/// Copies an unencrypted OpenSSH Ed25519 key to a new file of ours (0600) with its public half.
/// @param store  its event tells of it; null: there is none, or none that can be written to
/// @returns its fingerprint. @throws Error Key, Exists, Io; as an operation
std::string import_key(const std::string& from, const std::string& to, Store* store);

}  // namespace stravinsky
