#include "parse.hpp"

#include <doctest/doctest.h>

#include "support/error_of.hpp"

namespace stravinsky::cli {

using test::error_of;

TEST_CASE("cli: a size is bytes or a number with a binary unit") {
  CHECK(parse_size("--x", "0") == 0);
  CHECK(parse_size("--x", "512") == 512);
  CHECK(parse_size("--x", "500k") == 500U * 1024);
  CHECK(parse_size("--x", "3MB") == 3U * 1024 * 1024);
  CHECK(parse_size("--x", "2T") == std::uint64_t{2} << 40);
}

TEST_CASE("cli: a size that is none, or that no number holds, is refused") {
  for (const char* text : {"", "k", "-1", "1.5M", "1kk", "M1", "20000000T", "0x10", " 1"}) {
    CAPTURE(text);
    CHECK(error_of([&] { parse_size("--x", text); }) == Errc::Invalid);
  }
}

TEST_CASE("cli: a tag keeps what follows the first equals sign") {
  CHECK(parse_tag("a") == Tag{"a", ""});
  CHECK(parse_tag("a=b=c") == Tag{"a", "b=c"});
  CHECK(error_of([] { parse_tag("=b"); }) == Errc::Invalid);
  CHECK(error_of([] { parse_tag("a\nb"); }) == Errc::Invalid);
}

TEST_CASE("cli: an option's time is refused by the option's name") {
  const Timestamp now{std::chrono::seconds(1'800'000'000)};
  CHECK(parse_time_option("--since", "2h", now).first == now - std::chrono::hours(2));
  CHECK(error_of([&] { parse_time_option("--since", "yesterday", now); }) == Errc::Invalid);
  try {
    parse_time_option("--since", "13h\x1b[2J", now);
    FAIL("accepted");
  } catch (const Error& error) {
    const std::string said = error.what();
    CHECK(said.find("--since") != std::string::npos);
    CHECK(said.find('\x1b') == std::string::npos);  // a terminal might obey it
  }
}

}  // namespace stravinsky::cli
