#include "transaction/file_journal.hpp"

#include <doctest/doctest.h>

#include "support/error_of.hpp"

namespace stravinsky::test {
namespace {

FileJournal sample() {
  FileJournal journal;
  journal.operation = "op_0123456789abcdef";
  journal.event_type = "CHECKOUT";
  journal.undoes = 12;
  journal.state = FileJournal::State::Switching;
  journal.sequence = 41;
  journal.started = Timestamp(std::chrono::nanoseconds(1'763'631'000'123'456'789));
  JournalProfile profile;
  profile.profile.name = "live";
  profile.profile.roots = {{"/home/me/\xff", "", {"*.md"}, false}};
  profile.profile.exclude = {"*.log"};
  profile.before = ObjectId::from_hex(std::string(40, '1'));
  profile.target = ObjectId::from_hex(std::string(40, '2')).value();
  profile.target_ref = "refs/tags/live/one";
  profile.roots = {{"", "/home/me/\xff", false}};
  profile.directories = {{"", false, true, 7, 0755, {5, 6}}, {"a\xfe", true, true, 0, 0, {}}};
  journal.profiles = {profile};
  journal.stages = {{"/home/me/.stravinsky-stage-0123456789abcdef", 9, true, {-1, 999'999'999}}};
  journal.entries = {{SwitchKind::Add, 0, 0, "a\xfe", 7, {}, 11},
                     {SwitchKind::Replace, 0, 0, "b", 7, {3, {1, 2}, {3, 4}, 5, 0100644, 1}, 12},
                     {SwitchKind::Remove, 0, 0, "c", 7, {4, {1, 2}, {3, 4}, 5, 040755, 2}, 0}};
  journal.issues = {{"/home/me/\xff/d", "it is damaged"}};
  return journal;
}

}  // namespace

TEST_CASE("transaction: a journal of live files comes back as it was written [S19]") {
  const FileJournal journal = sample();
  const std::string text = encode_journal(journal);
  const FileJournal read = parse_journal(text, journal.operation);
  CHECK(encode_journal(read) == text);
  CHECK(read.entries.size() == 3);
  CHECK(read.entries[0].path == "a\xfe");
  CHECK(read.profiles[0].directories[0].mtime == FileTime{5, 6});
  REQUIRE(read.issues.size() == 1);
  CHECK(read.issues[0].path == "/home/me/\xff/d");
  CHECK(read.state == FileJournal::State::Switching);
}

TEST_CASE("transaction: a journal says how far its operation is") {
  FileJournal journal = sample();
  for (const auto state : {FileJournal::State::Staging, FileJournal::State::Switching,
                           FileJournal::State::Reverting}) {
    journal.state = state;
    CHECK(parse_journal(encode_journal(journal), journal.operation).state == state);
  }
}

TEST_CASE("transaction: a torn or changed journal is named as damage") {
  const FileJournal journal = sample();
  const std::string text = encode_journal(journal);
  for (std::size_t size = 0; size < text.size(); ++size) {
    INFO("cut to " << size);
    CHECK(error_of([&] { parse_journal(text.substr(0, size), journal.operation); }) ==
          Errc::Corrupt);
  }
  for (std::size_t at = 22; at < text.size(); at += 7) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    INFO("changed at " << at);
    CHECK(error_of([&] { parse_journal(changed, journal.operation); }) == Errc::Corrupt);
  }
  CHECK(error_of([&] { parse_journal(text, "op_ffffffffffffffff"); }) == Errc::Corrupt);
  CHECK(error_of([&] { parse_journal("stravinsky journal 2\n{}\n", journal.operation); }) ==
        Errc::Invalid);
}

}  // namespace stravinsky::test
