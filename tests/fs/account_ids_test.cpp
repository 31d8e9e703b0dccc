#include "fs/account_ids.hpp"

#include <doctest/doctest.h>

namespace stravinsky::test {

TEST_CASE("fs: account names have their numbers, unknown ones none") {
  fs::AccountIds accounts;
  CHECK(accounts.find_user("root") == uid_t{0});
  CHECK(accounts.find_group("root") == gid_t{0});
  CHECK_FALSE(accounts.find_user("no such user"));
  CHECK_FALSE(accounts.find_group(""));
  CHECK_FALSE(accounts.find_user("no such user"));  // remembered
}

}  // namespace stravinsky::test
