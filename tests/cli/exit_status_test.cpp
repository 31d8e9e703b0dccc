#include "exit_status.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace stravinsky::cli {

TEST_CASE("cli: every kind of failure has a name of its own and a status in the table") {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(Errc::Io); ++code) {
    const auto errc = static_cast<Errc>(code);
    CHECK(names.insert(std::string(name_of(errc))).second);
    CHECK_FALSE(meaning_of(exit_of(errc)).empty());
    CHECK(exit_of(errc) != Exit::Done);
  }
}

TEST_CASE("cli: the table of statuses is sorted and names none twice") {
  int before = -1;
  for (const ExitRow& row : exit_rows()) {
    CHECK(static_cast<int>(row.exit) > before);
    before = static_cast<int>(row.exit);
    CHECK_FALSE(row.advice.empty());
  }
}

TEST_CASE("cli: statuses that scripts rely on keep their numbers") {
  CHECK(int(exit_of(Errc::Invalid)) == 2);
  CHECK(int(exit_of(Errc::NoStore)) == 10);
  CHECK(int(exit_of(Errc::Locked)) == 11);
  CHECK(int(exit_of(Errc::Key)) == 12);
  CHECK(int(exit_of(Errc::NotFound)) == 13);
  CHECK(int(exit_of(Errc::Corrupt)) == 14);
  CHECK(int(exit_of(Errc::Signature)) == 15);
  CHECK(int(exit_of(Errc::Changed)) == 25);
  CHECK(int(exit_of(Errc::NoSpace)) == 26);
  CHECK(int(exit_of(Errc::Denied)) == 27);
  CHECK(int(exit_of(Errc::Busy)) == 28);
}

}  // namespace stravinsky::cli
