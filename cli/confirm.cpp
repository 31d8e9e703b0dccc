#include "confirm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "present/reports.hpp"

namespace stravinsky::cli {

bool is_confirmed(Session& session, const std::string& what) {
  if (!session.config().safety.require_manual_confirmation_for_rollback || session.globals.yes) {
    return true;
  }
  if (!session.json() && isatty(STDIN_FILENO) == 1) {
    say(fmt::format("{} Type yes to go on:", what));
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "yes" || answer == "y") return true;
  }
  show_failure(session.view(), Exit::NotConfirmed, "not_confirmed",
               "cannot change live files: nobody confirmed it", "add --yes");
  return false;
}

}  // namespace stravinsky::cli
