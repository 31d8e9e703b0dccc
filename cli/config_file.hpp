#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "session.hpp"
#include "stravinsky/profile.hpp"
#include "stravinsky/settings_file.hpp"

namespace stravinsky::cli {

/// config.json for changing single members; all others, known or not, stay as they are and in
/// their order.
class ConfigFile {
 public:
  using Change = std::function<void(ConfigFile&)>;

  /// Changes the file the session goes by; where there is a store, as an operation of that.
  /// @param key     what changes, such as `backup.max_versions` or `profiles.notes`
  /// @param change  nobody else of us changes the file meanwhile
  /// @throws Error Invalid: the file, or what becomes of it; NoStore, Denied, NoSpace, Io; as an
  ///         operation; what `change` throws
  static void change(Session& session, const std::string& key, const Change& change);
  /// The same as a part of an operation of its own.
  static SettingsEdit edit(Session& session, const std::string& key, Change change);

  ConfigFile(ConfigFile&&) noexcept;
  ~ConfigFile();

  /// @param key         such as `backup.max_versions`
  /// @param value_text  JSON
  void set(const std::string& key, const std::string& value_text);
  void set_profile(const Profile& profile);
  bool has_profile(const std::string& name) const;
  /// @returns whether it was there
  bool remove_profile(const std::string& name);

  static std::string text(const std::string& value);  ///< as JSON

 private:
  struct Parts;
  explicit ConfigFile(std::unique_ptr<Parts> parts);
  static ConfigFile parse(const std::string& path, const std::string& home,
                          const std::optional<std::string>& content);
  std::string content() const;

  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky::cli
