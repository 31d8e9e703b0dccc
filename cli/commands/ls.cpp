#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.hpp"
#include "present/entries.hpp"
#include "profiles.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  std::string ref, path;
  bool is_long = false, recursive = false, zero = false;
};

std::vector<PathAndEntry> entries_of(const SnapshotTree& tree, const StoredPath& at,
                                     const Options& options) {
  std::vector<PathAndEntry> entries;
  const auto self = at.path.empty() ? std::nullopt : tree.find(at.path);
  if (self && self->type != EntryType::Directory) return {{at.path, *self}};
  if (options.recursive) {
    tree.walk(at.path, [&entries](const std::string& path, const Entry& entry) {
      entries.emplace_back(path, entry);
      return true;
    });
    return entries;
  }
  const std::string prefix = at.path.empty() ? "" : at.path + "/";
  for (Entry& entry : tree.list(at.path)) {
    std::string path = prefix + entry.name;
    entries.emplace_back(std::move(path), std::move(entry));
  }
  return entries;
}

Exit run(const Options& options, Session& session) {
  if (options.zero) session.view().end = '\0';
  const Store store = session.open_store();
  std::vector<Listed> listed;
  std::vector<std::string> names;
  for (const StoredPath& at : resolve_target(session, store, options.ref, options.path)) {
    const SnapshotTree tree(store, at.snapshot);
    listed.push_back({at.snapshot, entries_of(tree, at, options)});
    names.push_back(at.snapshot.profile);
  }
  if (options.zero) require_one_profile(session, names);
  show_entries(session.view(), listed, options.is_long ? EntryForm::Long : EntryForm::Names);
  return Exit::Done;
}

}  // namespace

void add_ls(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("ls", "List the entries of a snapshot");
  cmd->add_option("REF", options->ref, "the snapshot, or REF:PATH")->required();
  cmd->add_option("PATH", options->path, "a directory or file in it; default: the top");
  cmd->add_flag("-l,--long", options->is_long, "with mode, owner, size and time (UTC)");
  cmd->add_flag("-R,--recursive", options->recursive, "everything below");
  cmd->add_flag("-z", options->zero, "end each line with NUL, quote nothing");
  cmd->footer(help_footer("stravinsky ls -lR latest hooks",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
