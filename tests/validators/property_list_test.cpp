#include "validators/judged.hpp"
#include "validators/plist.hpp"

using namespace stravinsky;
using test::judged;
using test::Lines;

namespace {

std::string plist(const std::string& body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
         "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n" +
         body + "\n</plist>\n";
}

const std::string kJob =
    "<dict><key>Label</key><string>org.x.sync</string><key>ProgramArguments</key><array>"
    "<string>/bin/true</string></array>";

/// Binary lists from parts: objects as bytes, then table and trailer.
std::string binary(const std::vector<std::string>& objects, std::uint64_t top = 0) {
  std::string bytes = "bplist00";
  std::string table;
  for (const std::string& object : objects) {
    table += static_cast<char>(bytes.size());
    bytes += object;
  }
  const std::size_t start = bytes.size();
  bytes += table + std::string(6, '\0') + "\x01\x01";
  const auto number = [&](std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  };
  number(objects.size());
  number(top);
  number(start);
  return bytes;
}

std::string fault_of(const std::string& bytes) {
  const JsonReading reading = hooks::read_binary_plist(bytes);
  return reading.faults.empty() ? "valid" : reading.faults.front().reason;
}

}  // namespace

TEST_CASE("validators: a launch agent in use has no findings") {
  CHECK(judged("org.x.sync.plist",
               plist(kJob +
                     "<key>RunAtLoad</key><true/><key>StartCalendarInterval</key><array><dict>"
                     "<key>Hour</key><integer>7</integer></dict></array>"
                     "<key>EnvironmentVariables</key><dict><key>A</key><string>b</string></dict>"
                     "</dict>")) == Lines{});
  // Other lists have no rules of their own.
  CHECK(judged("x.plist", plist("<array><date>2026-11-20T09:30:00Z</date><data> TQ== </data>"
                                "<real>-1.5e3</real><integer>0x10</integer><false/></array>")) ==
        Lines{});
}

TEST_CASE("validators: what launchd refuses is found") {
  const auto job = [](const std::string& more) {
    const Lines found = judged("LaunchAgents/org.x.sync.plist", plist(kJob + more + "</dict>"));
    return found.empty() ? std::string() : found.front();
  };
  CHECK(job("") == "");
  CHECK(job("<key>StartInterval</key>\n<string>5</string>") ==
        "error 5:1: 'StartInterval' is a string, not a whole number of seconds above 0");
  CHECK(
      job("<key>StartCalendarInterval</key><dict><key>Hour</key>\n<integer>24</integer></dict>") ==
      "error 5:1: 'Hour' is not a whole number from 0 to 23");
  CHECK(job("<key>KeepAlive</key>\n<string>yes</string>").starts_with("error 5:1: 'KeepAlive'"));
  CHECK(job("\n<key>RunAtLod</key><true/>") == "warning 5:1: launchd knows no key 'RunAtLod'");
  CHECK(judged("LaunchAgents/other.plist", plist(kJob + "</dict>"))[0].ends_with(
      "the label 'org.x.sync' is not the name of the file"));
  CHECK(judged("LaunchAgents/a.plist", plist("<dict></dict>")) ==
        Lines{"error 4:1: no 'Label' that is a string",
              "error 4:1: neither 'Program' nor 'ProgramArguments'"});
}

TEST_CASE("validators: an XML list that is none is found") {
  const auto fault = [](const std::string& body) { return judged("x.plist", plist(body))[0]; };
  CHECK(fault("<dict><key>a</key></dict>").ends_with("the key 'a' has no value"));
  CHECK(fault("<dict><string>a</string></dict>").ends_with("a value without a key"));
  CHECK(fault("<dict><key>a</key><key>b</key></dict>").find("a key where") != std::string::npos);
  CHECK(fault("<integer>12x</integer>").ends_with("'12x' is no integer"));
  CHECK(fault("<date>yesterday</date>").ends_with("'yesterday' is no date"));
  CHECK(fault("<data>!</data>").ends_with("the data are not base64"));
  CHECK(fault("<true/><true/>").ends_with("a second value at the top"));
  CHECK(fault("").ends_with("the property list is empty"));
  CHECK(fault("<dict><key>a</key><true/>\n<key>a</key><true/></dict>") ==
        "error 5:1: the key 'a' stands twice, first in line 4");
  CHECK(judged("x.plist", "<dict/>")[0].ends_with("the root element is 'dict', not 'plist'"));
}

TEST_CASE("validators: a binary list is read as its format says") {
  // {"Label": "a", "Program": "b"}
  const std::string good =
      binary({std::string("\xD2\x01\x02\x03\x04", 5), "\x55Label", "\x57Program", "Qa", "Qb"});
  const JsonReading reading = hooks::read_binary_plist(good);
  REQUIRE(reading.value);
  CHECK(*reading.value->find("Label")->as<std::string>() == "a");
  CHECK(*reading.value->find("Program")->as<std::string>() == "b");
  CHECK(fault_of(binary({"\x09"})) == "valid");
  CHECK(fault_of(binary({std::string("\x13\0\0\0\0\0\0\1\0", 9)})) == "valid");
  CHECK(fault_of(binary({std::string("\x62\xD8\x3D\xDE\0", 5)})) == "valid");
}

TEST_CASE("validators: a damaged or hostile binary list is refused") {
  CHECK(fault_of("bplist00") == "the file is too short");
  CHECK(fault_of(binary({std::string("\xA1\x00", 2)})) == "an object contains itself");
  CHECK(fault_of(binary({std::string("\xA1\x07", 2)})) ==
        "a reference to an object that is not there");
  CHECK(fault_of(binary({"\x09"}, 5)) == "the top object is none of the file's");
  CHECK(fault_of(binary({"\x5F\x11\xFF\xFF"})) == "an object ends outside the file");
  CHECK(fault_of(binary({std::string("\x5F\x13\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)})) ==
        "an object ends outside the file");
  CHECK(fault_of(binary({std::string("\xAF\x13\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)})) ==
        "an object ends outside the file");
  CHECK(fault_of(binary({"\xF0"})) == "an unknown kind of object");
  CHECK(fault_of(binary({"\xD1\x01\x01", "\x09"})) == "a key that is no string");
  // Each list holds the next one twice: 2^40 values from a few bytes.
  std::vector<std::string> bomb;
  for (char i = 1; i <= 40; ++i) bomb.push_back(std::string("\xA2") + i + i);
  bomb.emplace_back("\x09");
  CHECK(fault_of(binary(bomb)) == "more than 1000000 values");
  // Every cut and every changed byte of a good one: an answer, and no access outside.
  const std::string good = binary({std::string("\xD1\x01\x02", 3), "Qa", "Qb"});
  for (std::size_t i = 0; i < good.size(); ++i) {
    (void)fault_of(good.substr(0, i));
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = good;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      (void)fault_of(other);
    }
  }
}
