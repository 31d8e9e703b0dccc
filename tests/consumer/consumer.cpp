// Opens a store, takes a snapshot of a directory and packs it up to standard output: what another
// program needs of ours, and with it all of our libraries but SQLite and zstd.
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include "stravinsky/config.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/restore.hpp"
#include "stravinsky/snapshot.hpp"
#include "stravinsky/store.hpp"

namespace {

stravinsky::Snapshot take(stravinsky::Store& store, const std::string& root) {
  stravinsky::CreateOptions create;
  create.profile.name = "consumer";
  create.profile.roots.emplace_back().path = root;
  create.name = "first";
  return stravinsky::create_snapshot(store, create).snapshot.value();
}

}  // namespace

/// Usage: consumer DIRECTORY, whose `live` is captured into its `store`.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string top = argv[1];
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  try {
    stravinsky::load_config("{", "config.json", "/home/u", nothing);
    return 1;
  } catch (const stravinsky::Error& error) {
    std::fprintf(stderr, "%s\n%s\n", error.what(),
                 stravinsky::derived_profile_name("a", "b").c_str());
  }
  try {
    stravinsky::StoreOptions options;
    options.path = top + "/store";
    options.key_path = top + "/keys/id_ed25519";
    options.user = "consumer";
    options.host = "here";
    stravinsky::Store store = stravinsky::Store::open(options, stravinsky::Access::Write);
    const stravinsky::Snapshot snapshot = take(store, top + "/live");
    const auto lost =
        stravinsky::dump(store, snapshot, "", stravinsky::ArchiveFormat::TarZst, STDOUT_FILENO);
    if (!lost.empty()) return 1;
  } catch (const stravinsky::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
