// Plain git says which names it would not have in a tree; escaping must cover all of those, and
// leave alone the others that the format page does not name.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <random>
#include <set>
#include <sstream>

#include "support/temp_dir.hpp"
#include "tree/escape.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

const std::string kHarmlessBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";  // no bytes

std::string with_random_case(std::string text, std::mt19937& engine) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z' && engine() % 2 == 0) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string with_insertion(std::string text, std::string_view inserted, std::mt19937& engine) {
  return text.insert(engine() % (text.size() + 1), inserted);
}

std::set<std::string> name_variants() {
  const std::string bases[] = {
      ".git",           "git~1",    "git~2",    "git~10",     ".gitmodules", "gitmod~1",
      "gitmod~4",       "gitmod~5", "gitmo~1",  "gi7eba~1",   "gi7eba~0",    "gi7eb~10",
      "gi7e~999",       "g~100000", "~1000000", "~0000000",   "gi7ebx~1",    "gi7eba~12",
      ".gitattributes", "gitatt~2", "gi7d29~3", "gi7d2~34",   ".gitignore",  "gitign~1",
      "gi250a~9",       ".mailmap", "mailma~3", "maba30~1",   "maba3~11",    ".gitmodule",
      ".gitx",          "..git",    ".github",  "gitmodules", "git",         "mailmap"};
  const std::string prefixes[] = {"", "a\\", "\\", "\xE2\x80\x8C", "a\xE2\x80\x8C"};
  const std::string suffixes[] = {
      "",    ".", " ",  ". .",  ":",       "::$INDEX_ALLOCATION", " .:x",         "x",       "\\",
      "\\x", "1", "~1", "\xFF", " \\.git", "\xEF\xBF\xBE",        "\xE2\x80\x8D", "\xC3\xA9"};
  const std::string ignored[] = {"\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8F",    "\xE2\x80\xAA",
                                 "\xE2\x80\xAE", "\xE2\x81\xAA", "\xE2\x81\xAF",    "\xE2\x81\xA9",
                                 "\xEF\xBB\xBF", "\xEF\xBB\xBE", "\xF0\x90\x80\x80"};
  std::mt19937 engine(5);
  std::set<std::string> names;
  for (const std::string& base : bases) {
    for (const std::string& prefix : prefixes) {
      for (const std::string& suffix : suffixes) {
        names.insert(prefix + (engine() % 2 == 0 ? base : with_random_case(base, engine)) + suffix);
      }
    }
    for (const std::string& code : ignored) {
      std::string name = with_insertion(base, code, engine);
      names.insert(name);
      names.insert(with_insertion(with_random_case(name, engine), code, engine));
    }
    for (int i = 0; i < 10; ++i) {
      std::string name = base;
      name[engine() % name.size()] = static_cast<char>(1 + engine() % 255);
      names.insert(name);
    }
  }
  std::erase_if(names, [](const std::string& name) {
    return name.find('/') != std::string::npos || name == "." || name == "..";
  });
  return names;
}

/// What `git fsck --strict` says of the tree that holds one symlink, or one file, of each name.
std::map<std::string, std::string> complaints(const std::string& repository,
                                              const std::set<std::string>& names,
                                              std::string_view mode) {
  std::string input;
  for (const std::string& name : names) {
    input += fmt::format("{} blob {}\t{}", mode, kHarmlessBlob, name);
    input.append(2, '\0');
  }
  write_file(repository + "/input", input);
  const std::string git = "git -C " + repository + " ";
  std::istringstream ids(output_of(git + "mktree -z --batch < " + repository + "/input"));
  std::map<std::string, std::string> name_of;
  for (const std::string& name : names) {
    std::string id;
    REQUIRE(std::getline(ids, id));
    name_of[id] = name;
  }
  std::map<std::string, std::string> result;
  std::istringstream lines(run(git + "fsck --strict --no-dangling --no-progress").output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tree = line.find(" in tree ");
    if (tree == std::string::npos) continue;
    const auto found = name_of.find(line.substr(tree + 9, 40));
    if (found != name_of.end()) result[found->second] += line.substr(tree + 49);
  }
  return result;
}

std::string new_repository(const TempDir& dir, const std::string& name) {
  std::string path = dir / name;
  output_of("git init -q --bare " + path + " && git -C " + path +
            " hash-object -w --stdin < /dev/null && git -C " + path + " mktree < /dev/null");
  return path;
}

}  // namespace

TEST_CASE("tree: escaping covers every name that git fsck minds, and hardly another") {
  TempDir dir;
  const auto names = name_variants();
  const auto as_symlink = complaints(new_repository(dir, "symlinks.git"), names, "120000");
  const auto as_file = complaints(new_repository(dir, "files.git"), names, "100644");
  CHECK(as_symlink.size() > 500);
  CHECK(as_file.size() > 100);

  for (const std::string& name : names) {
    CAPTURE(name);
    const auto at = [&](const auto& map) {
      const auto found = map.find(name);
      return found == map.end() ? std::string() : found->second;
    };
    const std::string link = at(as_symlink), file = at(as_file);
    CAPTURE(link);
    CAPTURE(file);
    const bool obeyed = !file.empty() || link.find("hasDotgit") != std::string::npos ||
                        link.find("gitmodulesSymlink") != std::string::npos ||
                        link.find("gitattributesSymlink") != std::string::npos;
    const bool symlink_escaped = escape_name(name, NameKind::Symlink, false) != name;
    const bool other_escaped = escape_name(name, NameKind::Other, false) != name;
    if (!link.empty()) CHECK(symlink_escaped);
    if (obeyed) CHECK(other_escaped);
    // After a backslash the page goes further than git does.
    if (name.find('\\') == std::string::npos && !name.starts_with('%')) {
      CHECK(symlink_escaped == !link.empty());
      CHECK(other_escaped == obeyed);
    }
  }
}

TEST_CASE("tree: escaped names of every kind are nothing to git fsck") {
  TempDir dir;
  const std::string repository = new_repository(dir, "escaped.git");
  const auto names = name_variants();
  struct Kind {
    const char* line;
    NameKind kind;
  };
  for (const Kind kind :
       {Kind{"120000 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", NameKind::Symlink},
        Kind{"100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", NameKind::Other},
        Kind{"040000 tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904", NameKind::Other}}) {
    std::string input;
    for (const std::string& name : names) {
      input += fmt::format("{}\t{}", kind.line, escape_name(name, kind.kind, false)) + '\0';
    }
    write_file(dir / "input", input);
    output_of("cd " + repository + " && git update-ref HEAD $(git -c user.name=a -c user.email=a " +
              "commit-tree -m a $(git mktree -z < " + (dir / "input") + "))");
  }
  CHECK(output_of("git -C " + repository + " fsck --strict --no-dangling --no-progress") == "");
}
