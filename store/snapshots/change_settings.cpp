#include "stravinsky/settings_file.hpp"

#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "fs/file.hpp"
#include "snapshots/edit_settings.hpp"
#include "transaction/record_event.hpp"

namespace stravinsky {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{16} << 20;

nlohmann::json value_of(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
}

}  // namespace

PreparedSettings::PreparedSettings(Store::Parts& parts, const SettingsEdit& edit) : files_(parts) {
  FileChange file;
  file.path = followed(edit.file);
  const auto content = fs::find_file(file.path, kLargest);
  change_ = edit.make(content);
  if (content) {
    file.before = sha256(*content);
    file.mode = fs::find_stat(file.path)->st_mode & 07777;
  }
  file.content = as_bytes(change_.content);
  members_ = files_.prepare({&file, 1});
}

std::uint64_t change_settings(Store& store, const SettingsEdit& edit) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  const Timestamp started = parts.now();
  PreparedSettings prepared(parts, edit);
  Event event;
  event.event_type = "CONFIG";
  event.subject = prepared.change().key;
  event.extra = prepared.members();
  event.extra["key"] = prepared.change().key;
  event.extra["setting_before"] = value_of(prepared.change().before);
  event.extra["setting_after"] = value_of(prepared.change().after);
  const ChainLink link = record_event(parts, std::move(event), started);
  prepared.finish();
  return link.event.sequence;
}

bool finish_settings(const StoreOptions& options) {
  if (!has_pending_files(options.path)) return false;
  return settle_pending_files(Store::open(options, Access::Read).parts());
}

}  // namespace stravinsky
