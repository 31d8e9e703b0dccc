#include "stravinsky/json_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "support/error_of.hpp"

using namespace stravinsky;

namespace {

/// `line:column: reason`, or `valid`.
std::string fault_of(std::string_view text) {
  const auto parsed = try_parse_json(text);
  const auto* fault = std::get_if<JsonFault>(&parsed);
  return fault == nullptr
             ? "valid"
             : fmt::format("{}:{}: {}", fault->at.line, fault->at.column, fault->reason);
}

/// The value again as JSON of another library, which then compares.
nlohmann::json convert(const JsonValue& value) {
  if (const auto* flag = value.as<bool>()) return *flag;
  if (const auto* integer = value.as<std::int64_t>()) return *integer;
  if (const auto* real = value.as<double>()) return *real;
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* array = value.as<JsonArray>()) {
    nlohmann::json result = nlohmann::json::array();
    for (const JsonValue& item : *array) result.push_back(convert(item));
    return result;
  }
  if (const auto* object = value.as<JsonObject>()) {
    nlohmann::json result = nlohmann::json::object();
    for (const JsonMember& member : *object) result[member.key] = convert(member.value);
    return result;
  }
  return nullptr;
}

std::string repeat(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("config: a reading lists every key that stands twice and keeps the last value") {
  const JsonReading reading = read_json("{\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2},\n\"a\": 3}");
  REQUIRE(reading.value);
  REQUIRE(reading.faults.size() == 2);
  CHECK(reading.faults[0].at == JsonPosition{2, 15});
  CHECK(reading.faults[1].at == JsonPosition{3, 1});
  CHECK(reading.value->as<JsonObject>()->size() == 3);
  const JsonReading broken = read_json("{\"a\": 1, \"a\": 2}]");
  CHECK_FALSE(broken.value);
  REQUIRE(broken.faults.size() == 2);
  CHECK(broken.faults[1].at == JsonPosition{1, 17});
}

TEST_CASE("config: a JSON text reads as another reader has it") {
  const std::string texts[] = {"null",
                               " true\r\n",
                               "false",
                               "0",
                               "-0",
                               "-12",
                               "9223372036854775807",
                               "18446744073709551616",
                               "0.5",
                               "-1.25e-3",
                               "1E+2",
                               "1e308",
                               "\"\"",
                               "[]",
                               "[ ]",
                               "{}",
                               "{ }",
                               R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\ude00 é€😀")",
                               R"(["",[[1],{"a":[]}],-3])",
                               R"({"a":{"b":[1,2,{"c":null}]}, "":"empty key", "é":1})",
                               "\"\\u0000\x7f\""};
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(convert(parse_json(text, "t")) == nlohmann::json::parse(text));
  }
}

TEST_CASE("config: values know their line and column, in characters") {
  const JsonValue value = parse_json("{\n  \"é€😀\": [1,\r\n\t\ttrue],\n\"k\" : {} }", "t");
  const JsonMember& first = value.as<JsonObject>()->front();
  CHECK(value.at == JsonPosition{1, 1});
  CHECK(first.at == JsonPosition{2, 3});
  CHECK(first.value.at == JsonPosition{2, 10});
  CHECK(first.value.as<JsonArray>()->at(1).at == JsonPosition{3, 3});
  REQUIRE(value.find("k") != nullptr);
  CHECK(value.find("k")->at == JsonPosition{4, 7});
  CHECK(value.find("none") == nullptr);
  CHECK(first.value.find("k") == nullptr);
}

TEST_CASE("config: what is no JSON is refused where it stands") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "1:1: expected a value, found the end of the text"},
      {"  \n ", "2:2: expected a value, found the end of the text"},
      {"{\"a\":1,}", "1:7: a comma before '}' is not JSON"},
      {"[1,\n2 , ]", "2:3: a comma before ']' is not JSON"},
      {"[1 2]", "1:4: expected ',' or ']', found '2'"},
      {"[1", "1:3: expected ',' or ']', found the end of the text"},
      {"{", "1:2: expected a key in quotes, found the end of the text"},
      {"{a:1}", "1:2: expected a key in quotes, found 'a'"},
      {"{\"a\" 1}", "1:6: expected ':' after a key, found '1'"},
      {"{\"a\":}", "1:6: expected a value, found '}'"},
      {"1 // one", "1:3: comments are not JSON"},
      {"[/* one */1]", "1:2: comments are not JSON"},
      {"'a'", "1:1: strings stand in double quotes"},
      {"[NaN]", "1:2: 'NaN' is no JSON value"},
      {"-Infinity", "1:2: expected a digit, found 'I'"},
      {"True", "1:1: 'True' is no JSON value"},
      {"01", "1:2: a number has no zero in front"},
      {"1.", "1:3: expected a digit, found the end of the text"},
      {"1e+", "1:4: expected a digit, found the end of the text"},
      {".5", "1:1: expected a value, found '.'"},
      {"+1", "1:1: expected a value, found '+'"},
      {"[1e400]", "1:2: no double holds the number '1e400'"},
      {"[-1e-400]", "1:2: no double holds the number '-1e-400'"},
      {"{} {}", "1:4: expected the end of the text, found '{'"},
      {"\"abc", "1:1: the string is not closed on its line"},
      {"[\"abc\n\"]", "1:2: the string is not closed on its line"},
      {"\"a\tb\"", "1:3: a control character in a string is written \\u0009"},
      {"\"\\x\"", "1:2: a backslash is not followed by 'x' in JSON"},
      {"\"\\", "1:2: a backslash is not followed by the end of the text in JSON"},
      {"\"\\u12g4\"", "1:2: \\u takes four hexadecimal digits"},
      {"\"\\u12", "1:2: \\u takes four hexadecimal digits"},
      {"\"\\u+123\"", "1:2: \\u takes four hexadecimal digits"},
      {"\"a\\ud83d\"", "1:3: a lone surrogate"},
      {"\"\\ud83d\\u0041\"", "1:2: a lone surrogate"},
      {"\"\\ude00\"", "1:2: a lone surrogate"},
      {"{\"a\":1,\n \"b\":2,\n \"\\u0061\":3}", "3:2: the key 'a' stands twice, first in line 1"},
      {"\xEF\xBB\xBF{}",
       "1:1: the text starts with a byte order mark: save it as UTF-8 without one"},
      {"[\"\xc3\xa9\",\n\"\xc3\xa9\xff\"]", "2:3: the text is not UTF-8"},
      {"\"\xed\xa0\x80\"", "1:2: the text is not UTF-8"},
      {std::string("[\0]", 3), "1:2: expected a value, found '\\000'"},
      {"\"\x1b[2J", "1:2: a control character in a string is written \\u001b"}};
  for (const auto& one : cases) {
    const auto& [text, expected] = one;
    INFO("text := " << one.first);
    CHECK(fault_of(text) == expected);
  }
}

TEST_CASE("config: deep, long and numerous JSON ends at its limits") {
  CHECK(fault_of(repeat("[", 64) + repeat("]", 64)) == "valid");
  CHECK(fault_of(repeat("[", 65) + repeat("]", 65)) ==
        "1:65: more than 64 arrays and objects inside each other");
  CHECK(fault_of(repeat("{\"a\":", 3'000'000)).find("1:321: more than 64") == 0);
  CHECK(fault_of("\"" + std::string(kJsonSize, 'a') + "\"") ==
        "1:1: the text has more than 16777216 bytes");
  CHECK(fault_of("\"" + std::string(kJsonSize - 2, 'a') + "\"") == "valid");
  CHECK(fault_of("[" + repeat("0,", kJsonValues - 2) + "0]") == "valid");
  CHECK(fault_of("[" + repeat("0,", kJsonValues - 1) + "0]") ==
        "1:2000000: the text has more than 1000000 values");
  CHECK(fault_of(std::string(kJsonSize, '9')).find("1:1: no double holds the number '999") == 0);
  CHECK(fault_of("0." + std::string(1'000'000, '1')) == "valid");
}

TEST_CASE("config: many keys in one object are compared without comparing each with each") {
  std::string text = "{";
  for (int i = 0; i < 400'000; ++i) text += fmt::format("\"key{}\":0,", i);
  CHECK(fault_of(text + "\"last\":0}") == "valid");
  CHECK(fault_of(text + "\n\"key7\":0}") == "2:1: the key 'key7' stands twice, first in line 1");
}

TEST_CASE("config: a JSON error names file, line and column") {
  try {
    parse_json("{\n x}", "dir/config.json");
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::Invalid);
    CHECK(std::string(error.what()) ==
          "cannot use 'dir/config.json:2:2': expected a key in quotes, found 'x'");
  }
}

TEST_CASE("config: JSON damaged at random reads as another reader has it or is refused") {
  const char* given = std::getenv("STRAVINSKY_SEED");
  const auto seed = static_cast<unsigned>(given != nullptr ? std::strtoul(given, nullptr, 10)
                                                           : std::random_device()());
  const bool all = std::getenv("STRAVINSKY_ALL") != nullptr;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string whole =
      R"({"a": [1, -2.5e3, true, null, "x\u00e9\ud83d\ude00\n"], "b": {"c": {}, "d": [[]]}, "é": 0})";
  const std::string bytes = "{}[],:\"\\0123456789eE+-.utrfalsn \n\x80\xc3\xff";
  std::size_t valid = 0;
  for (int round = 0; round < (all ? 2'000'000 : 20'000); ++round) {
    std::string text = whole.substr(0, random() % 8 == 0 ? random() % whole.size() : whole.size());
    for (std::size_t edits = random() % 3; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = random() % text.size();
      const std::string piece = bytes.substr(random() % bytes.size(), 1);
      text.replace(at, random() % 3, random() % 2 == 0 ? piece : "");
    }
    const auto parsed = try_parse_json(text);
    const auto* value = std::get_if<JsonValue>(&parsed);
    if (value == nullptr) continue;
    ++valid;
    // We refuse more than the other reader does, never less.
    const auto other = nlohmann::json::parse(text, nullptr, false);
    if (other.is_discarded() || other != convert(*value)) FAIL("read otherwise: " << text);
  }
  CHECK(valid > 100);
}
