#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

#include "commands/commands.hpp"
#include "config_file.hpp"
#include "files.hpp"
#include "present/keys.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/keys.hpp"
#include "stravinsky/settings_file.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string key, program, name = "id_ed25519";
  std::optional<std::uint64_t> from;
};

Exit run_show(Session& session) {
  const Store store = session.open_store();
  const KeyReport report = describe_keys(store);
  show_keys(session.view(), report);
  return report.fault.empty() || store.is_clone() ? Exit::Done : Exit::Key;
}

/// Who lost the key of the store brings it back with this: then nothing can sign an event of it.
std::optional<Store> find_writable(Session& session) {
  if (!session.has_store()) return std::nullopt;
  try {
    return session.open_store(Access::Write);
  } catch (const Error& error) {
    if (error.code() != Errc::Key) throw;
    session.warn(fmt::format("the audit chain does not know of this: {}", error.what()));
    return std::nullopt;
  }
}

Exit run_import(const Options& options, Session& session) {
  const std::string to =
      fmt::format("{}/stravinsky/keys/{}", session.environment().config_home, options.name);
  if (options.name.find('/') != std::string::npos) {
    throw Error(Errc::Invalid, fmt::format("cannot name a key {}", shown(options.name)),
                "it has a '/'", "give --name a plain name");
  }
  std::optional<Store> store = find_writable(session);
  if (store) session.attempt(*store, "KEY_IMPORT", options.name);
  const std::string fingerprint =
      import_key(absolute_path(options.key), to, store ? &*store : nullptr);
  session.achieved(fmt::format("the key was copied to {}", shown(to)));
  show_done(session.view(),
            fmt::format("Key imported: {} {}\nTo sign with it: {} key use {}", shown(to),
                        fingerprint, session.command(), shell_word(to)),
            {{"file", to}, {"key_fingerprint", fingerprint}});
  return Exit::Done;
}

SettingsEdit edit_of(Session& session, const Options& options, const std::string& key) {
  return ConfigFile::edit(session, "signing.key",
                          [key, program = options.program,
                           before = session.config().signing.program](ConfigFile& file) {
                            file.set("signing.key", ConfigFile::text(key));
                            if (program != before)
                              file.set("signing.program", ConfigFile::text(program));
                          });
}

/// The chain trusts the key already, but the settings name another: somebody put them back.
bool is_taken_already(Session& session, const Options& options, const std::string& key) {
  try {
    Store store = session.open_store(Access::Write, key);
    session.attempt(store, "CONFIG", "signing.key");
    change_settings(store, edit_of(session, options, key));
    return true;
  } catch (const Error& error) {
    if (error.code() != Errc::Key) throw;
    return false;
  }
}

/// @returns the number of the event; 0: the chain trusted it already
std::uint64_t change(Session& session, const Options& options, const std::string& key) {
  try {
    Store store = session.open_store(Access::Write);
    session.attempt(store, "KEY_CHANGE", "");
    const std::uint64_t sequence = change_key(store, key, options.program, Session::agent_socket(),
                                              edit_of(session, options, key));
    if (sequence != 0) return sequence;
    session.attempt(store, "CONFIG", "signing.key");
    change_settings(store, edit_of(session, options, key));
    return 0;
  } catch (const Error& error) {
    if (error.code() != Errc::Key || !is_taken_already(session, options, key)) throw;
    return 0;
  }
}

Exit run_use(const Options& options, Session& session) {
  const bool is_literal = options.key.starts_with("key::");
  const std::string key = is_literal ? options.key : absolute_path(options.key);
  const std::string before = session.config().signing.program;
  const std::uint64_t sequence = change(session, options, key);
  if (sequence != 0) session.achieved(fmt::format("event {} changed the key", sequence));
  std::string done =
      sequence == 0
          ? fmt::format("The chain trusts it already; from now on it signs: {}", shown(key))
          : fmt::format("From event {} on, this key signs: {}", sequence + 1, shown(key));
  if (options.program.empty() && !before.empty()) {
    done += fmt::format(" (itself, not through {})", shown(before));
  }
  show_done(session.view(), done, {{"key", key}, {"sequence", std::to_string(sequence)}});
  return Exit::Done;
}

Exit run_revoke(const Options& options, Session& session) {
  Store store = session.open_store(Access::Write);
  session.attempt(store, "KEY_REVOKE", options.key);
  const std::uint64_t sequence = revoke_key(store, options.key, options.from);
  show_done(
      session.view(),
      fmt::format("Revoked from event {} on: {}", options.from.value_or(sequence), options.key),
      {{"key_fingerprint", options.key}, {"sequence", std::to_string(sequence)}});
  session.finish_writing(store, 0);
  return Exit::Done;
}

const std::vector<Exit> kStatuses = {Exit::NoStore, Exit::Locked, Exit::Key, Exit::Denied};

}  // namespace

void add_key(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("key", "Who signs: show, import, use, revoke");
  group->require_subcommand(1);
  group->footer(help_footer("stravinsky key show", kStatuses));
  auto options = std::make_shared<Options>();

  auto* show = group->add_subcommand("show", "Show the key that signs and those the chain lists");
  show->footer(help_footer("stravinsky key show", {Exit::NoStore, Exit::Key}));
  show->callback([&session] { session.exit = run_show(session); });

  auto* copy = group->add_subcommand("import", "Copy an OpenSSH key to where ours are kept");
  copy->add_option("FILE", options->key, "an unencrypted Ed25519 key")->required();
  copy->add_option("--name", options->name, "of the copy; default: id_ed25519")->type_name("NAME");
  copy->footer(help_footer("stravinsky key import ~/.ssh/id_ed25519 --name work",
                           {Exit::Key, Exit::NoSpace, Exit::Denied}));
  copy->callback([options, &session] { session.exit = run_import(*options, session); });

  auto* use =
      group->add_subcommand("use", "Sign with another key from now on; the old one says so");
  use->add_option("KEY", options->key,
                  "a key's file, or key::ssh-ed25519 AAAA… for one that the ssh-agent holds")
      ->required();
  use->add_option("--program", options->program, "sign through this program, as gpg.ssh.program")
      ->type_name("PROGRAM");
  use->footer(help_footer("stravinsky key use ~/.ssh/id_ed25519", kStatuses));
  use->callback([options, &session] { session.exit = run_use(*options, session); });

  auto* revoke = group->add_subcommand("revoke", "Let what a key signed count for nothing");
  revoke->add_option("FINGERPRINT", options->key, "SHA256:…")->required();
  revoke->add_option("--from", options->from, "from this event on; default: from now on")
      ->type_name("SEQUENCE");
  revoke->footer(help_footer("stravinsky key revoke SHA256:… --from 12",
                             {Exit::NoStore, Exit::Locked, Exit::Key, Exit::NotFound}));
  revoke->callback([options, &session] { session.exit = run_revoke(*options, session); });
}  // namespace stravinsky::cli

}  // namespace stravinsky::cli
