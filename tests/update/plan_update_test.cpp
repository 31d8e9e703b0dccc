#include "update/plan_update.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace stravinsky;
using namespace stravinsky::hooks;

namespace {

/// A tree in memory; a content `-> target` is a link, `x:…` may be executed.
class TextTree final : public FileTree {
 public:
  TextTree(std::initializer_list<std::pair<const char*, std::string>> files) {
    for (const auto& [path, content] : files) {
      TreeFile& file = files_[path];
      if (content.starts_with("-> ")) {
        file.type = EntryType::Symlink;
        file.link = content.substr(3);
      } else {
        const bool runs = content.starts_with("x:");
        file.mode = runs ? 0755 : 0644;
        texts_[path] = runs ? content.substr(2) : content;
        file.size = texts_[path].size();
      }
      const std::string whole = path;
      for (std::size_t at = whole.find('/'); at != std::string::npos;
           at = whole.find('/', at + 1)) {
        directories_.insert(whole.substr(0, at));
      }
    }
  }
  TextTree& with_directory(const std::string& path) {
    directories_.insert(path);
    return *this;
  }
  std::string read(const std::string& path) const override {
    const auto link = files_.find(path);
    if (link->second.type == EntryType::Symlink) return link->second.link;
    return texts_.at(path);
  }

 private:
  std::map<std::string, std::string> texts_;
};

Profile profile() {
  Profile profile;
  profile.name = "p";
  profile.roots.push_back({"/home/p", "", {}, false});
  profile.exclude = {"/cache/"};
  return profile;
}

/// `action path` of each, and after them `kind path` of the edits.
std::string told(const UpdatePlan& plan) {
  std::string text;
  for (const UpdateItem& item : plan.items) {
    text += fmt::format("{} {};", name_of(item.action), item.path);
  }
  text += " |";
  for (const TreeEdit& edit : plan.edits) {
    static constexpr const char* kNames[] = {"file", "link", "dir", "rm"};
    text += fmt::format(" {} {}{}", kNames[static_cast<int>(edit.kind)], edit.path,
                        !edit.executable   ? ""
                        : *edit.executable ? "+x"
                                           : "-x");
  }
  return text;
}

std::string merged(const TextTree& base, const TextTree& live, const TextTree& release) {
  return told(plan_update(Strategy::Merge, profile(), release, live, &base));
}

}  // namespace

TEST_CASE("update: each file is decided by what it was, is and shall be [S02]") {
  const TextTree base = {
      {"same", "a"}, {"theirs", "a"}, {"mine", "a"}, {"gone", "a"}, {"dropped", "a"}};
  const TextTree live = {
      {"same", "a"}, {"theirs", "a"}, {"mine", "b"}, {"gone", "a"}, {"own", "o"}};
  const TextTree release = {
      {"same", "a"}, {"theirs", "b"}, {"mine", "a"}, {"dropped", "a"}, {"new", "n"}};
  CHECK(merged(base, live, release) ==
        "keep dropped;remove gone;add new;change theirs; | rm gone file new-x file theirs");
}

TEST_CASE("update: one conflict leaves everything as it is") {
  const TextTree base = {{"a", "1\n"}, {"b", "1\n"}};
  const TextTree live = {{"a", "2\n"}, {"b", "1\n"}};
  const TextTree release = {{"a", "3\n"}, {"b", "2\n"}};
  const UpdatePlan plan = plan_update(Strategy::Merge, profile(), release, live, &base);
  CHECK(told(plan) == "conflict a;change b; |");
  CHECK(plan.items.front().shown.find("<<<<<<<") != std::string::npos);
}

TEST_CASE("update: without a release before it what differs collides, what is only yours stays") {
  const TextTree live = {{"equal", "a"}, {"other", "a"}, {"own", "a"}};
  const TextTree release = {{"equal", "a"}, {"other", "b"}, {"new", "n"}};
  const UpdatePlan plan = plan_update(Strategy::Merge, profile(), release, live, nullptr);
  CHECK(told(plan) == "add new;conflict other; |");
}

TEST_CASE("update: who may execute a file is merged as its content is") {
  CHECK(merged({{"f", "a"}}, {{"f", "a"}}, {{"f", "x:a"}}) == "change f; | file f+x");
  CHECK(merged({{"f", "a"}}, {{"f", "x:a"}}, {{"f", "b"}}) == "change f; | file f");
  CHECK(merged({{"f", "x:a"}}, {{"f", "x:b"}}, {{"f", "a"}}) == "change f; | file f-x");
  CHECK(merged({}, {}, {{"f", "x:a"}}) == "add f; | file f+x");
}

TEST_CASE("update: links are taken or left, never merged") {
  CHECK(merged({{"l", "-> a"}}, {{"l", "-> a"}}, {{"l", "-> b"}}) == "change l; | link l");
  CHECK(merged({{"l", "-> a"}}, {{"l", "-> c"}}, {{"l", "-> b"}}) == "conflict l; |");
  CHECK(merged({{"l", "a"}}, {{"l", "a"}}, {{"l", "-> b"}}) == "change l; | link l");
  CHECK(merged({{"l", "-> a"}}, {{"l", "-> c"}}, {{"l", "-> a"}}) == " |");
}

TEST_CASE("update: a file comes where a directory was only if nothing of yours is in it") {
  CHECK(merged({{"d/f", "a"}}, {{"d/f", "a"}}, {{"d", "b"}}) == "add d;remove d/f; | file d-x");
  CHECK(merged({{"d/f", "a"}}, {{"d/f", "a"}, {"d/own", "o"}}, {{"d", "b"}}) ==
        "add d;conflict d;remove d/f; |");
  CHECK(merged({{"d", "a"}}, {{"d", "a"}}, {{"d/f", "b"}}) ==
        "remove d;add d/f; | rm d file d/f-x");
  CHECK(merged({}, {{"d", "mine"}}, {{"d/f", "b"}}) == "add d/f;conflict d/f; |");
}

TEST_CASE("update: --replace makes the tree what the release is, and touches nothing else") {
  const TextTree live = {{"a", "1"}, {"own", "o"}, {"same", "s"}, {"d/own", "o"}};
  const TextTree release = {{"a", "x:2"}, {"same", "s"}, {"cache/x", "1"}};
  const UpdatePlan plan = plan_update(Strategy::Replace, profile(), release, live, nullptr);
  CHECK(told(plan) ==
        "change a;ignore cache/x;remove d/own;remove own; | file a+x rm d/own rm own");
  CHECK(plan.release.size() == 2);
}

TEST_CASE("update: empty directories of a release come, and go as files do") {
  TextTree release = {{"a", "1"}};
  release.with_directory("empty");
  const TextTree live = {{"a", "1"}};
  CHECK(told(plan_update(Strategy::Merge, profile(), release, live, nullptr)) == " | dir empty");
}

TEST_CASE("update: empty directories that the profile leaves out stay out") {
  TextTree release = {{"a", "1"}, {".stravinskyignore", "/built/\n"}};
  release.with_directory("cache").with_directory("cache/below").with_directory("built");
  const UpdatePlan plan = plan_update(Strategy::Merge, profile(), release, TextTree{}, nullptr);
  CHECK(told(plan) == "add .stravinskyignore;add a; | file .stravinskyignore-x file a-x");
}

TEST_CASE("update: --replace takes away empty directories that the release lacks, each once") {
  TextTree live = {{"f", "1"}};
  for (const char* path : {"a", "a-b", "a/b", "kept"}) live.with_directory(path);
  TextTree release = {{"f", "1"}};
  release.with_directory("kept");
  CHECK(told(plan_update(Strategy::Replace, profile(), release, live, nullptr)) ==
        " | rm a rm a-b");
}

TEST_CASE("update: a file becomes an empty directory, and an empty directory a file") {
  const auto told_with = [](Strategy strategy, TextTree base, TextTree live, TextTree release,
                            const char* emptied) {
    (base.find("d") == nullptr ? base : release).with_directory(emptied);
    if (live.find("d") == nullptr) live.with_directory(emptied);
    return told(plan_update(strategy, profile(), release, live, &base));
  };
  for (const Strategy strategy : {Strategy::Merge, Strategy::Replace}) {
    CHECK(told_with(strategy, {{"d", "a"}}, {{"d", "a"}}, {{"f", "f"}}, "d") ==
          "remove d;add f; | dir d file f-x");
    CHECK(told_with(strategy, {{"d", "-> a"}}, {{"d", "-> a"}}, {}, "d") == "remove d; | dir d");
    CHECK(told_with(strategy, {}, {}, {{"d", "b"}}, "d") == "add d; | file d-x");
  }
  CHECK(told_with(Strategy::Merge, {{"d", "a"}}, {{"d", "mine"}}, {}, "d") == "conflict d; |");
  TextTree nested = {{"f", "f"}};
  nested.with_directory("d").with_directory("d/e");
  CHECK(merged({{"d", "a"}, {"f", "f"}}, {{"d", "a"}, {"f", "f"}}, nested) ==
        "remove d; | dir d dir d/e");
  // A file of the user's where the release has had an empty directory all along.
  TextTree base = {{"f", "a"}}, release = {{"f", "b"}};
  base.with_directory("d");
  release.with_directory("d");
  CHECK(merged(base, {{"d", "mine"}, {"f", "a"}}, release) == "change f; | file f");
  CHECK(merged({{"f", "a"}}, {{"d", "mine"}, {"f", "a"}}, release) == "conflict d;change f; |");
}
