#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "stravinsky/store.hpp"

namespace stravinsky {

/// One change of a file of settings.
struct SettingsChange {
  std::string key;            ///< what changes, such as `backup.max_versions`
  std::string before, after;  ///< of it, as JSON text; empty: not set
  std::string content;        ///< what the file is to hold
};

/// A file of settings, and what is to become of it.
struct SettingsEdit {
  std::string file;  ///< absolute; a link is followed
  /// Given what the file holds, empty when there is none. Nobody else of us changes it meanwhile.
  std::function<SettingsChange(const std::optional<std::string>& content)> make;
};

/// Changes settings as one operation with its event: docs/format.md 17.
/// @returns the event's number
/// @throws Error Changed: somebody edited the file meanwhile; what `edit.make` throws; as an
///         operation
std::uint64_t change_settings(Store& store, const SettingsEdit& edit);

/// Ends changes of settings that were cut short between their event and the file. Opening a store
/// for writing does it too, but then its caller has read the settings already.
/// @param options  `path` and `on_remark` are enough
/// @returns whether a file was changed. @throws Error as reading the store
bool finish_settings(const StoreOptions& options);

}  // namespace stravinsky
