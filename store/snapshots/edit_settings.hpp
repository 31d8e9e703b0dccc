#pragma once

#include <nlohmann/json.hpp>

#include "stravinsky/settings_file.hpp"
#include "transaction/pending_files.hpp"

namespace stravinsky {

/// A change of settings that lies ready beside the file, for an operation whose event tells of it.
class PreparedSettings {
 public:
  /// @throws Error as change_settings
  PreparedSettings(Store::Parts& parts, const SettingsEdit& edit);
  const SettingsChange& change() const noexcept { return change_; }
  const nlohmann::json& members() const noexcept { return members_; }  ///< for the event
  /// After the event. @throws Error as PendingFiles::finish
  void finish() { files_.finish(); }

 private:
  PendingFiles files_;
  SettingsChange change_;
  nlohmann::json members_;
};

}  // namespace stravinsky
