#include "confirm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "present/reports.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::cli {

namespace {

void record_refusal(Session& session, const std::string& event_type, const std::string& subject,
                    const Error& error) {
  if (!session.has_store()) return;
  try {
    const Store store = session.open_store(Access::Write);
    session.attempt(store, event_type, subject);
    session.record_failure(error);
  } catch (const Error& again) {
    session.warn(fmt::format("the audit chain does not know of this: {}", again.what()));
  }
}

}  // namespace

bool is_confirmed(Session& session, const std::string& what, const std::string& event_type,
                  const std::string& subject, Exit refused) {
  if (!session.config().safety.require_manual_confirmation_for_rollback || session.globals.yes) {
    return true;
  }
  if (!session.json() && isatty(STDIN_FILENO) == 1) {
    say(fmt::format("{} Type yes to go on:", what));
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "yes" || answer == "y") return true;
  }
  const Error error(Errc::Cancelled, "cannot change live files", "nobody confirmed it",
                    "add --yes");
  record_refusal(session, event_type, subject, error);
  show_failure(session.view(), refused, "not_confirmed", error.what(), error.remedy());
  return false;
}

}  // namespace stravinsky::cli
