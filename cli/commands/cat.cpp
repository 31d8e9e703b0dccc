#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <span>

#include "commands/commands.hpp"
#include "present/entries.hpp"
#include "references.hpp"
#include "session.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::size_t kMaxJson = 64 * 1024 * 1024;

struct Options {
  std::string word;
};

std::string_view text_of(std::span<const std::byte> piece) {
  return {reinterpret_cast<const char*>(piece.data()), piece.size()};
}

Exit run(const Options& options, Session& session) {
  const Store store = session.open_store();
  const StoredPath at = require_one(resolve_paths(session, store, options.word), options.word);
  const SnapshotTree tree(store, at.snapshot);
  if (!session.json()) {
    tree.read(at.path,
              [&](std::span<const std::byte> piece) { session.out().write(text_of(piece)); });
    return Exit::Done;
  }
  std::string content;
  tree.read(at.path, [&](std::span<const std::byte> piece) {
    if (content.size() + piece.size() > kMaxJson) {
      throw Error(Errc::Invalid, fmt::format("cannot put {} into a document", quoted(at.path)),
                  "it has more than 64 MiB", "leave out --json");
    }
    content += text_of(piece);
  });
  show_content(session.view(), at.snapshot, at.path, content);
  return Exit::Done;
}

}  // namespace

void add_cat(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = app.add_subcommand("cat", "Print a file of a snapshot, byte for byte");
  cmd->add_option("REF:PATH", options->word, "snapshot and file")->required();
  cmd->footer(help_footer("stravinsky cat latest~2:settings.json",
                          {Exit::NoStore, Exit::NotFound, Exit::Damaged, Exit::NoSpace}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
