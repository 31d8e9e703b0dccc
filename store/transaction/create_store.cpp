// What a crash leaves behind: STORE without a repository, and in it perhaps `store.git.new`, which
// the next creator empties: the lock on STORE itself tells it that nobody is at work there.
#include "transaction/create_store.hpp"

#include <fmt/format.h>

#include <array>

#include "audit/chain.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "fs/lock.hpp"
#include "fs/private_directory.hpp"
#include "fs/rename.hpp"
#include "packs/object_writer.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"
#include "transaction/repository_settings.hpp"
#include "transaction/store_key.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kUnfinished = "store.git.new";

void require_ours_to_fill(const StoreOptions& options) {
  for (const fs::DirectoryEntry& entry : fs::list_directory(options.path)) {
    const std::string& name = entry.name;
    if (name == kUnfinished || name == "config.json" || name == "lock.create") continue;
    throw Error(Errc::Invalid, fmt::format("cannot make a store in {}", quoted(options.path)),
                fmt::format("the directory holds {} already", quoted(name)),
                "name a new or empty directory with --store DIR");
  }
}

/// Writes everything but objects and refs.
void write_settings(const std::string& git_dir, const std::string& final_git_dir,
                    const std::string& signers) {
  for (const char* directory :
       {"", "/info", "/hooks", "/objects", "/objects/info", "/objects/pack", "/refs", "/refs/heads",
        "/refs/tags", "/stravinsky", "/stravinsky/tmp", "/stravinsky/cache"}) {
    fs::make_directory(git_dir + directory);
  }
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::write_new(git_dir + "/" + name, as_bytes(text), true);
  };
  write("HEAD", fmt::format("ref: {}\n", kAuditRef));
  write("config", repository_config(final_git_dir + "/stravinsky/allowed_signers"));
  write("info/attributes", repository_attributes());
  write("hooks/pre-receive", pre_receive_hook());
  fs::make_executable(git_dir + "/hooks/pre-receive");
  write("stravinsky/format", "1\n");
  write("stravinsky/allowed_signers", signers);
  write("stravinsky/applied", "1\n");
}

void write_first_event(const StoreOptions& options, const std::string& git_dir,
                       const signing::SigningKey& key, const std::string& signers) {
  ObjectDatabase database(git_dir + "/objects");
  ObjectWriter writer(database, git_dir + "/stravinsky/tmp", Compression::Fast);
  Event event;
  event.event_id = new_event_id();
  event.event_type = "INIT";
  event.time = options.clock ? options.clock->now() : SystemClock().now();
  event.user = options.user;
  event.host = options.host;
  event.tool = fmt::format("stravinsky {}", library_version());
  const ChainLink link = write_link(writer, std::move(event), std::nullopt, signers, {}, key);
  writer.publish();
  fs::write_new(git_dir + "/" + std::string(kAuditRef), as_bytes(link.id.hex() + "\n"), true);
  for (const char* directory : {"/info", "/hooks", "/objects/info", "/objects", "/refs/heads",
                                "/refs/tags", "/refs", "/stravinsky", ""}) {
    fs::sync_directory(git_dir + directory);
  }
}

}  // namespace

bool create_store(const StoreOptions& options) {
  const bool made = !fs::exists(options.path);
  fs::make_directories(options.path);
  if (made) fs::sync_directory(fs::parent_of(options.path));
  fs::require_private_directory(options.path);
  const std::string final_git_dir = fs::real_path(options.path) + "/store.git";

  const fs::Lock lock(options.path + "/lock.create", fs::Lock::Mode::Exclusive, options.lock_wait);
  if (fs::exists(final_git_dir)) return false;
  require_ours_to_fill(options);
  ensure_key(options);
  const signing::SigningKey key = open_signing_key(options);
  const std::string signers = signing::allowed_signers_line(key.principal(), key.public_key());

  const std::string git_dir = fmt::format("{}/{}", options.path, kUnfinished);
  fs::remove_tree(git_dir);
  try {
    write_settings(git_dir, final_git_dir, signers);
    write_first_event(options, git_dir, key, signers);
    fs::rename(git_dir, final_git_dir);
  } catch (...) {
    try {
      fs::remove_tree(git_dir);
    } catch (const Error&) {
      // The first reason matters more; the next creator empties it.
    }
    throw;
  }
  fs::sync_directory(options.path);
  return true;
}

}  // namespace stravinsky
