#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

#include "fs/file.hpp"
#include "stravinsky/config.hpp"
#include "support/source_dir.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;

namespace {

constexpr std::string_view kBegin = "<!-- settings -->\n";
constexpr std::string_view kEnd = "<!-- end of settings -->\n";

std::string table() {
  std::string text = "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const SettingInfo& setting : list_settings()) {
    text += fmt::format("| `{}` | {} | `{}` | {}{} |\n", setting.key, setting.type,
                        setting.default_value, setting.meaning,
                        setting.alias.empty() ? "" : fmt::format("; also `{}`", setting.alias));
  }
  return text;
}

}  // namespace

TEST_CASE("config: the page of settings is the table that the code reads by") {
  const std::string path = test::source_dir() + "/docs/configuration.md";
  const std::string page = fs::read_file(path);
  const std::size_t begin = page.find(kBegin), end = page.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::size_t start = begin + kBegin.size();
  if (std::getenv("STRAVINSKY_ACCEPT") != nullptr) {
    test::write_file(path, page.substr(0, start) + table() + page.substr(end));
  } else {
    CHECK(page.substr(start, end - start) == table());
  }
}
