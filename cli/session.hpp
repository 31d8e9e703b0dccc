#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "environment.hpp"
#include "exit_status.hpp"
#include "output.hpp"
#include "present/view.hpp"
#include "progress.hpp"
#include "stravinsky/audit.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/store.hpp"

namespace stravinsky::cli {

/// The options that every command takes.
struct Globals {
  std::string store, directory, profile, config, color = "auto";
  bool json = false, quiet = false, no_progress = false, yes = false, force = false;
  int verbose = 0;
  std::optional<double> lock_wait;  ///< seconds
};

/// One run of the program: its options and surroundings, and what a command needs of both. Settings
/// and store are opened when a command asks for them.
class Session {
 public:
  Session();

  Globals globals;
  Exit exit = Exit::Done;
  bool has_dashes = false;          ///< there was a `--` whose words the command reads itself
  std::vector<std::string> dashed;  ///< the words after it
  std::string reload = "affected";  ///< `--reload`: also `all` or `none`
  bool failures_are_128 = false;    ///< `--exit-code`: 1 means "differences" alone

  /// Once the options are known: goes to `-C DIR`. @throws Error NotFound, Denied
  void begin();

  const Environment& environment() const { return environment_; }
  ProfileSurroundings surroundings() const;
  Timestamp now() const { return now_; }

  bool json() const { return globals.json; }
  View& view() { return view_; }
  Output& out() { return out_; }
  /// A line for people, on standard error; nothing with -q or --json.
  void talk(std::string_view line);
  /// A line that even -q wants; with --json it goes into the document.
  void warn(std::string_view line);

  /// Something that is done and stays so: said on standard error when the output that would tell
  /// of it cannot be written. @param sentence  such as `the snapshot a/b was made`
  void achieved(std::string sentence) { achievements_.push_back(std::move(sentence)); }
  const std::vector<std::string>& achievements() const { return achievements_; }

  /// `stravinsky` with the global options that say what it acts on: how a command that is to be
  /// typed next begins.
  std::string command() const;

  static std::string agent_socket();  ///< of the ssh-agent; empty: there is none
  std::string store_path() const;     ///< absolute
  std::string config_path() const;    ///< absolute
  /// The settings; their warnings are said once. What is returned stays valid, but opening a store
  /// for writing may bring newer ones. @throws Error Invalid
  const LoadedConfig& settings();
  const Config& config() { return settings().config; }
  enum class Recover : bool { No, Yes };
  /// For writing, it first ends what dead processes left of live trees, unless the settings or the
  /// command leave that to the user; for reading it names it. @param key  another signing key than
  /// the settings say; empty: none. @throws Error NoStore: there is none, which is never made here
  Store open_store(Access access = Access::Read, const std::string& key = {},
                   Recover recover = Recover::Yes);
  /// For writing, and makes the store if there is none: for what puts something new into it, once
  /// its words and what it is to read were judged.
  Store open_or_make_store(const std::string& key = {});
  /// Whether a store is there, of whatever condition.
  bool has_store() const;

  /// From here on a failure of the command is an event of this type with status `failed`.
  /// @param profiles  those whose live files it would change
  void attempt(const Store& store, std::string event_type, std::string subject,
               std::vector<std::string> profiles = {});
  /// What was attempted tells of its own end from here on.
  void end_attempt() { attempt_.reset(); }
  /// Adds that event, if the command has said what it attempts and the failure is not one of words
  /// that name nothing. Never throws: what stands in its way is said.
  void record_failure(const Error& error) noexcept;

  /// Gives the answer, then does what it need not wait for; a failure there is no failure of the
  /// command. @param bytes_added  by the command
  void finish_writing(Store& store, std::uint64_t bytes_added);

  /// From here on signals stop at safe points. The same object for the whole run.
  /// @param trees  how many trees the operation walks
  Progress& progress(const std::string& label, std::size_t trees = 1);
  void end_progress();

 private:
  StoreOptions store_options();
  Store open(Access access, const std::string& key, Recover recover);
  void finish_settings();
  void end_interrupted(Store& store, Access access);
  /// @returns false: something is left that another try may end
  bool try_to_end(Store& store);

  Environment environment_;
  Timestamp now_;
  Output out_;
  View view_;
  /// The newest is the last: what callers hold of one before stays valid.
  std::vector<std::unique_ptr<const LoadedConfig>> settings_;
  bool is_stale_ = false;  ///< the file has changed since they were read
  std::vector<std::string> achievements_;
  std::unique_ptr<ShownProgress> progress_;
  std::optional<Attempt> attempt_;
};

}  // namespace stravinsky::cli
