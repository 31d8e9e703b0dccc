#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "audit_filter.hpp"
#include "commands/commands.hpp"
#include "present/audit.hpp"
#include "session.hpp"

namespace stravinsky::cli {
namespace {

struct Options {
  FilterWords words;
  std::string format = "jsonl";
};

ExportFormat format_of(const std::string& word) {
  if (word == "csv") return ExportFormat::Csv;
  return word == "sql" ? ExportFormat::Sql : ExportFormat::Jsonl;
}

Exit run(const Options& options, Session& session) {
  const Store store = session.open_store();
  const ExportFormat format = format_of(options.format);
  Output& out = session.out();
  AuditFilter filter = read_filter(options.words, session);
  filter.check_signatures = true;
  std::uint64_t bad = 0;
  out.write(export_head(format));
  visit_events_upwards(store, filter, [&](const AuditEvent& event) {
    out.write(export_event(format, event));
    if (event.signature && !event.signature->good) ++bad;
    return true;
  });
  out.write(export_end(format));
  if (bad == 0) return Exit::Done;
  session.warn(
      fmt::format("{} whose signature does not hold: stravinsky audit verify",
                  bad == 1 ? "there is an event" : fmt::format("there are {} events", bad)));
  return Exit::Audit;
}

}  // namespace

void add_audit_export(CLI::App& audit, Session& session) {
  auto options = std::make_shared<Options>();
  auto* cmd = audit.add_subcommand("export", "Write events for other programs, oldest first");
  cmd->add_option("--format", options->format, "jsonl (default), csv or sql")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"jsonl", "csv", "sql"}));
  add_filter(cmd, options->words, SIZE_MAX);
  cmd->footer(help_footer("stravinsky audit export --format sql | sqlite3 events.db",
                          {Exit::NoStore, Exit::Damaged, Exit::Audit}));
  cmd->callback([options, &session] { session.exit = run(*options, session); });
}

}  // namespace stravinsky::cli
