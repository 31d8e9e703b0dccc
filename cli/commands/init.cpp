#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.hpp"
#include "config_file.hpp"
#include "files.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "session.hpp"
#include "stravinsky/settings_file.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string sign_key;
};

Exit run(const Options& options, Session& session) {
  const std::string key = options.sign_key.empty() ? "" : absolute_path(options.sign_key);
  Store store = session.open_or_make_store(key);
  if (!key.empty()) {
    session.attempt(store, "CONFIG", "signing.key");
    change_settings(store, ConfigFile::edit(session, "signing.key", [&](ConfigFile& file) {
                      file.set("signing.key", ConfigFile::text(key));
                    }));
  }
  show_done(session.view(),
            store.created() ? "Store created: " + shown(store.path())
                            : "Store exists: " + shown(store.path()),
            {{"store", store.path()},
             {"git_dir", store.git_dir()},
             {"key_fingerprint", store.key_fingerprint()}});
  return Exit::Done;
}

}  // namespace

void add_init(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("init", "Make the store; any first snapshot does it too");
  cmd->add_option("--sign-key", options->sign_key, "sign with this OpenSSH Ed25519 key")
      ->type_name("FILE");
  cmd->footer(help_footer("stravinsky init --sign-key ~/.ssh/id_ed25519",
                          {Exit::Locked, Exit::Key, Exit::NoSpace, Exit::Denied}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
