#include "present/words.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>

#include "support/temp_dir.hpp"

namespace stravinsky::cli {

TEST_CASE("cli: sizes are shown with one digit after the point") {
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(1023) == "1023 B");
  CHECK(human_size(1024) == "1.0 KiB");
  CHECK(human_size(1024 * 1024 - 1) == "1.0 MiB");  // not "1024.0 KiB"
  CHECK(human_size(std::numeric_limits<std::uint64_t>::max()) == "16.0 EiB");
  CHECK(megabytes(1'572'864) == "1.5");
}

TEST_CASE("cli: ages use the largest unit that fits, and the future is named") {
  const Timestamp now{std::chrono::seconds(1'800'000'000)};
  CHECK(age(now - std::chrono::seconds(1), now) == "1s ago");
  CHECK(age(now - std::chrono::seconds(119), now) == "1m ago");
  CHECK(age(now - std::chrono::hours(5), now) == "5h ago");
  CHECK(age(now - std::chrono::hours(49), now) == "2d ago");
  CHECK(age(now + std::chrono::seconds(2), now) == "in the future");
}

TEST_CASE("cli: counted nouns agree with their number") {
  CHECK(counted(0, "file") == "0 files");
  CHECK(counted(1, "entry") == "1 entry");
  CHECK(counted(2, "entry") == "2 entries");
}

TEST_CASE("cli: file times of any year are shown") {
  CHECK(shown_time(FileTime{0, 0}) == "1970-01-01 00:00:00");
  CHECK(shown_time(FileTime{-1, 999'999'999}) == "1969-12-31 23:59:59");
  CHECK(shown_time(FileTime{951'782'400, 0}) == "2000-02-29 00:00:00");
  CHECK(file_time_rfc3339(FileTime{32'503'680'000, 5}) == "3000-01-01T00:00:00.000000005Z");
  CHECK(shown_time(FileTime{1'000'000'000'000, 0}) == "33658-09-27 01:46:40");
}

TEST_CASE("cli: a name that a terminal might obey is quoted") {
  CHECK(shown("plain name") == "plain name");
  CHECK(shown("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(shown("a\x1b[2J") == "'a\\033[2J'");
  CHECK(shown("\xff") == "'\\377'");
  CHECK(shown_text("one\n\ttwo\x07") == "one\n\ttwo\\007");
}

TEST_CASE("cli: modes are spelled as ls spells them") {
  Entry entry;
  entry.mode = 0644;
  CHECK(mode_letters(entry) == "-rw-r--r--");
  entry.mode = 04711;
  CHECK(mode_letters(entry) == "-rws--x--x");
  entry.mode = 02644;
  CHECK(mode_letters(entry) == "-rw-r-Sr--");
  entry.type = EntryType::Directory;
  entry.mode = 01777;
  CHECK(mode_letters(entry) == "drwxrwxrwt");
}

TEST_CASE("cli: a word of a command to type is what a shell makes of it") {
  for (const std::string word : {"plain-1.0:x", "", "two words", "it's", "~/x", "$HOME", "a\nb"}) {
    INFO(word);
    CHECK(test::output_of("printf '%s.' " + shell_word(word)) == word + ".");
  }
  CHECK(shell_word("plain-1.0:x") == "plain-1.0:x");
}

}  // namespace stravinsky::cli
