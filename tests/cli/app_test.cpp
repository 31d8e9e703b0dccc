#include "app.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace stravinsky::cli {
namespace {

/// The names of the commands that are made for a command line.
std::vector<std::string> made_for(const std::vector<std::string>& words) {
  Session session;
  CLI::App app;
  build_app(app, session, words);
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("cli: a command line that names a command makes that one alone") {
  CHECK(made_for({"snapshot", "list"}) == Names{"snapshot"});
  CHECK(made_for({"-q", "-C", "list", "--json", "snapshot"}) == Names{"snapshot"});
  CHECK(made_for({"audit", "log"}) == Names{"audit"});
}

TEST_CASE("cli: one that names none, or one that tells of all, makes all") {
  const Names all = made_for({});
  CHECK(all.size() > 30);
  for (const Names& words :
       {Names{"--help"}, Names{"snapshto"}, Names{"unpin", "x"}, Names{"help"}, Names{"-C", "list"},
        Names{"completion", "bash"}, Names{"--", "list"}}) {
    CAPTURE(words.front());
    CHECK(made_for(words) == all);
  }
}

}  // namespace stravinsky::cli
