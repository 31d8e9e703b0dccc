#include <fmt/format.h>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/private_directory.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"
#include "transaction/create_store.hpp"
#include "transaction/kept_checkpoint.hpp"
#include "transaction/pending_files.hpp"
#include "transaction/recover.hpp"
#include "transaction/signers_file.hpp"
#include "transaction/store_key.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

Error no_store(const StoreOptions& options, const std::string& reason) {
  return Error(Errc::NoStore, fmt::format("cannot open the store {}", quoted(options.path)), reason,
               options.is_default_path ? "stravinsky snapshot"
                                       : "stravinsky --store DIR init, or name an existing store");
}

bool is_git_dir(const std::string& path) {
  return fs::exists(path + "/HEAD") && fs::exists(path + "/objects") && fs::exists(path + "/refs");
}

void require_known_format(const Store::Parts& parts) {
  const auto format = fs::find_beginning(parts.own("format"), 4096);
  if (format == "1\n") return;
  const std::string what = fmt::format("cannot use the store {}", quoted(parts.options.path));
  const auto number = format
                          ? parse_unsigned(std::string_view(*format).substr(0, format->find('\n')))
                          : std::nullopt;
  if (number && *number > 1) {
    throw Error(Errc::Invalid, what, fmt::format("its format is {}, this program knows 1", *number),
                "install a newer stravinsky");
  }
  throw Error(Errc::Corrupt, what, "'stravinsky/format' is missing or damaged",
              "its content is \"1\" and a newline");
}

/// Finds the repository behind the path. A clone is what has no settings of ours beside git's.
void find_repository(Store::Parts& parts) {
  const std::string& path = parts.options.path;
  const auto status = fs::find_stat(path);
  if (!status) throw no_store(parts.options, "it does not exist");
  if (const std::string git_dir = path + "/store.git"; fs::exists(git_dir)) {
    fs::require_private_directory(path);
    parts.git_dir = git_dir;
    if (!is_git_dir(git_dir)) {
      throw Error(Errc::Corrupt, fmt::format("cannot use the store {}", quoted(path)),
                  "'store.git' is not a git repository", "restore HEAD, objects/ and refs/ in it");
    }
    for (const char* name : {"objects", "objects/pack", "refs", "stravinsky"}) {
      const auto inner = fs::find_stat(git_dir + "/" + name);
      if (!inner || !S_ISLNK(inner->st_mode)) continue;
      throw Error(Errc::Hostile, fmt::format("cannot use the store {}", quoted(path)),
                  fmt::format("{} in it is a symlink, and what is written would be elsewhere",
                              quoted(name)),
                  "put the directory itself in its place");
    }
    require_known_format(parts);
    return;
  }
  parts.is_clone = true;
  if (is_git_dir(path + "/.git")) {
    parts.git_dir = path + "/.git";
  } else if (is_git_dir(path)) {
    parts.git_dir = path;
  } else {
    throw no_store(parts.options, "there is neither a store nor a git repository");
  }
}

/// Told at once and as what it is, not of whichever file comes first.
void require_writable(const Store::Parts& parts) {
  for (const char* below : {"", "/stravinsky", "/objects/pack", "/refs"}) {
    try {
      fs::require_writable(parts.git_dir + below);
    } catch (const Error& error) {
      if (error.code() == Errc::NotFound) continue;
      if (error.code() != Errc::Denied) throw;
      throw Error(Errc::Denied,
                  fmt::format("cannot write to the store {}", quoted(parts.options.path)),
                  error.what(),
                  "what only reads still works; make the store writable, or name another: "
                  "--store DIR");
    }
  }
}

/// Here and not with the first checkpoint: a scan leaves the directory out by its inode, and one
/// that it sees for the first time makes it list every directory anew.
void make_checkpoint_directory(Store::Parts& parts) {
  if (parts.options.checkpoint_dir.empty()) return;
  try {
    fs::make_directories(parts.options.checkpoint_dir);
  } catch (const Error& error) {
    parts.remark(error.what());
  }
}

/// The key must be one that the chain trusts, before anything is changed.
void load_key(Store::Parts& parts) {
  const std::string& path = parts.options.key_path;
  if (is_key_file(parts.options) && !fs::exists(path)) {
    throw Error(Errc::Key, fmt::format("cannot sign for the store {}", quoted(parts.options.path)),
                fmt::format("the key {} is missing", quoted(path)),
                "put the key back, or name it with `signing.key` in config.json");
  }
  parts.key = open_signing_key(parts.options);
  require_trusted_key(parts, parts.head());
}

/// What was kept of another store that was here before is evidence, and no guide to the new one.
void begin_checkpoint(Store::Parts& parts) {
  try {
    const ChainLink head = parts.head();
    const auto kept = find_kept_checkpoint(parts);
    if (kept && contradiction_of(*parts.database, head, *kept).empty()) return;
    if (kept) {
      parts.remark(
          fmt::format("another store with {} events was here before; what was known of it "
                      "stays beside {}",
                      kept->sequence, quoted(kept->file)));
    }
    replace_kept_checkpoint(parts, head);
  } catch (const Error& error) {
    parts.remark(error.what());
  }
}

/// Plain git judges by a copy of the newest list of signers.
void follow_signers(Store::Parts& parts) {
  const std::string path = parts.own("allowed_signers");
  const std::string signers = read_allowed_signers(*parts.database, parts.head());
  if (fs::find_beginning(path, 1 << 20) == signers) return;
  write_signers(parts, signers);
  parts.remark(fmt::format("{} was not the list of the newest event, and is again", quoted(path)));
}

}  // namespace

std::string_view library_version() noexcept { return STRAVINSKY_VERSION; }

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

const std::string& Store::path() const { return parts_->options.path; }
const std::string& Store::git_dir() const { return parts_->git_dir; }
bool Store::created() const { return parts_->created; }
bool Store::is_clone() const { return parts_->is_clone; }
const std::vector<std::string>& Store::remarks() const { return parts_->remarks; }
std::string Store::key_fingerprint() const {
  return parts_->key ? parts_->key->public_key().fingerprint() : "";
}

Store Store::open(const StoreOptions& options, Access access) {
  auto parts = std::make_unique<Parts>();
  parts->options = options;
  while (parts->options.path.size() > 1 && parts->options.path.ends_with('/')) {
    parts->options.path.pop_back();
  }
  const std::string& path = parts->options.path;
  if (access == Access::Write && !fs::exists(path + "/store.git") && !is_git_dir(path) &&
      !is_git_dir(path + "/.git")) {
    parts->created = create_store(parts->options);
  }
  find_repository(*parts);
  if (access == Access::Write && parts->is_clone) {
    throw Error(Errc::NoStore, fmt::format("cannot write to {}", quoted(path)),
                "it is a git repository, not a store",
                "a clone is for reading; name a store with --store DIR");
  }
  parts->database = std::make_unique<ObjectDatabase>(
      parts->git_dir + "/objects", std::uint64_t{2} << 30, parts->config().store.threads);
  parts->directories = std::make_unique<DirectoryMemo>(*parts->database);
  parts->ref_store = std::make_unique<RefStore>(parts->git_dir);
  if (access == Access::Write) {
    require_writable(*parts);
    make_checkpoint_directory(*parts);
    load_key(*parts);
    {
      const RecoveredRefs recovered(*parts);
      parts->remember_if_chained(recovered.refs());  // most commands ask for them next
      follow_signers_setting(*parts);
      follow_signers(*parts);
      if (parts->created) begin_checkpoint(*parts);
    }
    settle_pending_files(*parts);  // takes the same lock
  }
  return Store(std::move(parts));
}

}  // namespace stravinsky
