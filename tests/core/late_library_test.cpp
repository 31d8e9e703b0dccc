#include <doctest/doctest.h>

#include <string>

#include "stravinsky/error.hpp"
#include "stravinsky/late_library.hpp"

using namespace stravinsky;

TEST_CASE("core: a library that is loaded late") {
  const LateLibrary library("libc.so.6");
  CHECK(library.find<int (*)(int)>("abs")(-3) == 3);
  const auto error_of = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      CHECK(error.code() == Errc::Io);
      CHECK(!error.remedy().empty());
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(error_of([] {
          LateLibrary("libnowhere.so.9");
        }).find("cannot load the library 'libnowhere.so.9'") == 0);
  CHECK(error_of([&] { library.find<void (*)()>("no_such_function"); }).find("no_such_function") !=
        std::string::npos);
}
