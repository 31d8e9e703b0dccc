#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "app.hpp"
#include "commands/commands.hpp"
#include "in_place.hpp"
#include "parse.hpp"
#include "present/snapshots.hpp"
#include "present/words.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/annotation.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot.hpp"

// `describe`, `tag`, `pin`, `unpin`, `rename`: what may change about a snapshot. The commit stays.

namespace stravinsky::cli {
namespace {

struct Options {
  std::vector<std::string> refs, tags, remove;
  std::string ref, text;
};

const std::vector<Exit> kStatuses = {Exit::NoStore, Exit::Locked, Exit::Key, Exit::NotFound,
                                     Exit::Denied};

/// The snapshots that all the words mean: they are understood before the first change.
std::vector<Snapshot> resolve_all(Session& session, const Store& store,
                                  const std::vector<std::string>& refs, const std::string& what) {
  std::vector<Snapshot> snapshots;
  for (const std::string& ref : refs) {
    for (Snapshot& snapshot : resolve_each(session, store, ref)) {
      require_no_release(session, snapshot, what);
      snapshots.push_back(std::move(snapshot));
    }
  }
  return snapshots;
}

Exit annotate_all(Session& session, const std::vector<std::string>& refs,
                  const Annotation& annotation, const std::string& said) {
  Store store = session.open_store(Access::Write);
  session.attempt(store, event_type_of(annotation), fmt::format("{}", fmt::join(refs, " ")));
  const std::vector<Snapshot> snapshots = resolve_all(session, store, refs, "change");
  session.attempt(store, event_type_of(annotation), full_names(snapshots));
  const std::vector<Snapshot> changed = annotate(store, snapshots, annotation);
  for (const Snapshot& snapshot : changed) {
    session.achieved(fmt::format("{}/{} was changed", snapshot.profile, shown(snapshot.name)));
  }
  show_annotated(session.view(), changed, said);
  session.finish_writing(store, 0);
  return Exit::Done;
}

Exit run_tag(const Options& options, Session& session) {
  Annotation annotation;
  for (const std::string& tag : options.tags) annotation.add_tags.push_back(parse_tag(tag));
  annotation.remove_tags = options.remove;
  if (annotation.add_tags.empty() && annotation.remove_tags.empty()) {
    throw Error(Errc::Invalid, "cannot tag", "no tag is given",
                "write KEY or KEY=VALUE after the REF, or --remove KEY");
  }
  return annotate_all(session, {options.ref}, annotation, "Tagged");
}

Exit run_rename(const Options& options, Session& session) {
  Store store = session.open_store(Access::Write);
  session.attempt(store, "RENAME", options.ref);
  const std::vector<Snapshot> snapshots = resolve_all(session, store, {options.ref}, "rename");
  session.attempt(store, "RENAME", full_names(snapshots));
  const std::vector<Snapshot> renamed = rename(store, snapshots, options.text);
  for (std::size_t i = 0; i < renamed.size(); ++i) {
    session.achieved(fmt::format("{}/{} was renamed to {}", snapshots[i].profile,
                                 shown(snapshots[i].name), shown(renamed[i].name)));
  }
  show_annotated(session.view(), renamed, "Renamed");
  session.finish_writing(store, 0);
  return Exit::Done;
}

void add_pinning(CLI::App& app, Session& session, const std::string& name, const std::string& help,
                 bool pinned) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand(name, help);
  cmd->add_option("REF", options->refs, "the snapshots")->required();
  cmd->footer(help_footer("stravinsky " + name + " v0.3.8", kStatuses));
  cmd->callback([options, &session, pinned] {
    Annotation annotation;
    annotation.pinned = pinned;
    session.exit = annotate_all(session, options->refs, annotation, pinned ? "Pinned" : "Unpinned");
  });
}

}  // namespace

void add_describe(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("describe", "Give a snapshot another description");
  cmd->add_option("REF", options->ref, "the snapshot")->required();
  cmd->add_option("-m,--message", options->text, "the description")->required()->type_name("TEXT");
  cmd->footer(help_footer("stravinsky describe latest -m \"Works with the new hooks\"", kStatuses));
  cmd->callback([options, &session] {
    Annotation annotation;
    annotation.description = options->text;
    session.exit = annotate_all(session, {options->ref}, annotation, "Described");
  });
}

void add_tag(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("tag", "Add tags to a snapshot, or remove them");
  cmd->add_option("REF", options->ref, "the snapshot")->required();
  cmd->add_option("TAG", options->tags, "KEY or KEY=VALUE");
  add_repeatable(cmd, "--remove", options->remove, "take this tag off; repeatable")
      ->type_name("KEY");
  cmd->footer(help_footer("stravinsky tag latest reviewed ticket=42", kStatuses));
  cmd->callback([options, &session] { session.exit = run_tag(*options, session); });
}

void add_pin(CLI::App& app, Session& session) {
  add_pinning(app, session, "pin", "Keep snapshots from being thinned out", true);
  add_pinning(app, session, "unpin", "Let snapshots be thinned out again", false);
}

void add_rename(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("rename", "Give a snapshot another name");
  cmd->add_option("REF", options->ref, "the snapshot")->required();
  cmd->add_option("NAME", options->text, "its new name; no other snapshot ever gets the old one")
      ->required();
  cmd->footer(help_footer("stravinsky rename latest before-migration", kStatuses));
  cmd->callback([options, &session] { session.exit = run_rename(*options, session); });
}

}  // namespace stravinsky::cli
