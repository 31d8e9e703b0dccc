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
  /// Checks the result as a whole, then replaces the file durably.
  /// @throws Error Invalid: a value has the wrong type; NoStore, Denied, NoSpace, Io
  void write();

  static std::string text(const std::string& value);  ///< as JSON

 private:
  struct Parts;
  explicit ConfigFile(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky::cli
