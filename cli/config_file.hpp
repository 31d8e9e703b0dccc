#pragma once

#include <memory>
#include <optional>
#include <string>

#include "session.hpp"
#include "stravinsky/profile.hpp"

namespace stravinsky::cli {

/// config.json for changing single members; all others, known or not, stay as they are and in
/// their order.
class ConfigFile {
 public:
  /// @throws Error Invalid: the present file is not valid
  static ConfigFile read(Session& session);
  ConfigFile(ConfigFile&&) noexcept;
  ~ConfigFile();

  /// @param key         such as `backup.max_versions`
  /// @param value_text  JSON
  void set(const std::string& key, const std::string& value_text);
  void set_profile(const Profile& profile);
  /// @returns whether it was there
  bool remove_profile(const std::string& name);
  /// Checks the result as a whole, then replaces the file durably. The settings of a store that is
  /// there are part of it: then an event tells of the change before it is made.
  /// @param key  what changed, such as `backup.max_versions` or `profiles.notes`
  /// @throws Error Invalid: a value has the wrong type; NoStore, Denied, NoSpace, Io; as an
  ///         operation, where the event cannot be added
  void write(Session& session, const std::string& key);
  /// The same for a change that an event told of already.
  void write_unrecorded();

  static std::string text(const std::string& value);  ///< as JSON

 private:
  std::string content() const;

  struct Parts;
  explicit ConfigFile(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky::cli
