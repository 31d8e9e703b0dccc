#include <doctest/doctest.h>

#include "fs/lock.hpp"
#include "support/temp_store.hpp"

namespace stravinsky::test {
namespace {

std::size_t count_packs(const TempStore& t) {
  return std::stoul(output_of("ls " + t.git_dir() + "/objects/pack | grep -c '[.]idx$'"));
}

}  // namespace

TEST_CASE("transaction: packs stay few however many snapshots there are") {
  TempStore t;
  for (int i = 0; i < 40; ++i) {
    write_file(t.live() + "/file", std::to_string(i));
    const CreateReport report = t.snapshot("s" + std::to_string(i));
    maintain(t.store(), report.bytes_added);
  }
  CHECK(count_packs(t) <= 7 + 4);
  CHECK(t.faults() == "");
}

TEST_CASE("transaction: while another process writes nothing is folded") {
  TempStore t;
  for (int i = 0; i < 10; ++i) {
    write_file(t.live() + "/file", std::to_string(i));
    t.snapshot("s" + std::to_string(i));
  }
  const std::size_t before = count_packs(t);
  {
    const fs::Lock writer(t.git_dir() + "/stravinsky/lock.objects", fs::Lock::Mode::Shared,
                          std::chrono::milliseconds(0));
    maintain(t.store(), 0);
    CHECK(count_packs(t) == before);
  }
  maintain(t.store(), 0);
  CHECK(count_packs(t) == 1);
  CHECK(t.snapshot("after").snapshot);
}

TEST_CASE("transaction: after the answer few events are left to be read by every command") {
  TempStore t;
  for (int i = 0; i < 40; ++i) {
    write_file(t.live() + "/file", std::to_string(i));
    t.snapshot("s" + std::to_string(i));
    maintain(t.store(), 0);
    const unsigned long applied =
        std::stoul(output_of("cat " + t.git_dir() + "/stravinsky/applied"));
    CHECK(applied + 16 > static_cast<unsigned long>(i) + 2);  // the chain begins with INIT
  }
}

}  // namespace stravinsky::test
