#include "comparison.hpp"

#include <fmt/format.h>

#include "present/words.hpp"

namespace stravinsky::cli {

Exit end_comparison(Session& session, const std::vector<ChangeReport>& reports, bool exit_code) {
  bool differs = false, lost = false;
  for (const ChangeReport& report : reports) {
    differs = differs || !report.changes.empty();
    lost = lost || !report.losses.empty();
    for (const Loss& loss : report.losses) {
      session.talk(fmt::format("warning: not read: {}: {}", shown(loss.path), shown(loss.reason)));
    }
  }
  // "No differences" can only be said of what was read.
  if (exit_code && differs) return Exit::Failure;
  if (exit_code) return lost ? Exit::ComparisonFailed : Exit::Done;
  return lost ? Exit::Partial : Exit::Done;
}

}  // namespace stravinsky::cli
