#include <malloc.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app.hpp"
#include "present/reports.hpp"
#include "session.hpp"
#include "signals.hpp"
#include "stravinsky/error.hpp"

// The one place that catches. Whatever happens, the program ends with a status of docs/errors.md.

namespace stravinsky::cli {
namespace {

/// A usage error comes before the options are known: JSON is wanted if the words say so.
bool holds(const std::vector<std::string>& words, std::string_view option) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, option) != end;
}

Exit fail(Session& session, Exit exit, std::string_view code, std::string_view message,
          std::string_view remedy) {
  session.end_progress();
  if (session.failures_are_128 && exit != Exit::Interrupted && exit != Exit::Terminated) {
    exit = Exit::ComparisonFailed;
  }
  show_failure(session.view(), exit, code, message, remedy);
  return exit;
}

/// What a failure does not take back.
void say_achievements(const Session& session) {
  for (const std::string& done : session.achievements()) say("note: " + done);
}

Exit fail(Session& session, const Error& error) {
  session.record_failure(error);
  Exit exit = exit_of(error.code());
  if (error.code() == Errc::Cancelled) exit = Exit{signals::exit_status()};
  const bool damaged = error.code() == Errc::Corrupt || error.code() == Errc::Hostile;
  exit = fail(session, exit, name_of(error.code()), error.what(),
              damaged && error.remedy().empty() ? kDamageRemedy : error.remedy());
  say_achievements(session);
  return exit;
}

Exit run(Session& session, const std::vector<std::string>& words) {
  CLI::App app;
  app.name("stravinsky");
  try {
    build_app(app, session, words);
    session.failures_are_128 = holds(words, "--exit-code") && has_exit_code(app, words);
    run_app(app, session, words);
    session.end_progress();
    return session.exit;
  } catch (const CLI::CallForVersion& version) {
    session.out().line(version.what());
    return Exit::Done;
  } catch (const CLI::CallForHelp&) {
    session.out().write(app.help());
    return Exit::Done;
  } catch (const CLI::ParseError& error) {
    session.view().json = holds(words, "--json");
    const UsageAdvice advice = advice_for(app, words, error);
    return fail(session, Exit::Usage, "usage", advice.message, advice.remedy);
  } catch (const Error& error) {
    return fail(session, error);
  }
}

Exit guarded(Session& session, const std::vector<std::string>& words) {
  try {
    Exit exit = Exit::Failure;
    try {
      exit = run(session, words);
      session.out().flush();
      return exit;
    } catch (const Error& error) {  // of standard output
      session.view().json = false;
      return fail(session, error);
    } catch (const std::bad_alloc&) {
      return fail(session, Exit::Failure, "io", "cannot go on: out of memory", "");
    } catch (const std::exception& error) {
      return fail(session, Exit::Failure, "io",
                  std::string("cannot go on: unexpected failure: ") + error.what(), "");
    }
  } catch (const BrokenPipe&) {
    session.end_progress();
    say_achievements(session);
    return Exit::Failure;
  } catch (...) {
    return Exit::Failure;
  }
}

/// glibc gives every thread an arena, and each keeps what was freed in it: half as many as
/// processors cost no time and a fifth less memory (first snapshot of linux-source-6.1 on two: 90
/// to 101 MB against 114 to 150).
void limit_arenas() {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(1U, std::thread::hardware_concurrency() / 2)));
#endif
}

}  // namespace
}  // namespace stravinsky::cli

int main(int argc, char** argv) {
  using namespace stravinsky::cli;
  limit_arenas();
  occupy_standard_streams();
  signals::install();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  Session session;
  const Exit exit = guarded(session, words);
  try {
    session.out().flush();
  } catch (...) {
    return int(exit == Exit::Done ? Exit::Failure : exit);
  }
  return int(exit);
}
