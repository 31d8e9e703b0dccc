#include <doctest/doctest.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "fs/file.hpp"
#include "snapshots/recomputed.hpp"
#include "snapshots/snapshot_sink.hpp"
#include "stravinsky/diff.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/snapshot_tree.hpp"
#include "support/error_of.hpp"
#include "support/temp_store.hpp"
#include "transaction/store_parts.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

std::string content_of(TempStore& t, const Snapshot& snapshot, const std::string& path) {
  std::string content;
  SnapshotTree(t.store(), snapshot).read(path, [&](std::span<const std::byte> piece) {
    content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return content;
}

void fill(const TempStore& t) {
  output_of(fmt::format(
      "cd '{}' && mkdir -p hooks empty sub/deeper && echo one > hooks/a.sh && chmod 755 hooks/a.sh "
      "&& "
      "echo '{{}}' > settings.json && chmod 600 settings.json && ln -s settings.json link && "
      "echo deep > sub/deeper/file && ln sub/deeper/file hard && mkfifo pipe && mkdir -p repo/.git "
      "&& "
      "echo ref > repo/.git/HEAD && echo '* text eol=crlf' > .gitattributes",
      t.live()));
}

std::uint64_t objects_in(const TempStore& t) {
  return std::stoull(t.git("cat-file --batch-all-objects --batch-check | wc -l"));
}

}  // namespace

TEST_CASE(
    "snapshots: a snapshot is a signed root commit whose files git shows byte for byte "
    "[S11][S12]") {
  TempStore t;
  fill(t);
  const CreateReport report = t.snapshot("first", "The first one");
  REQUIRE(report.snapshot);
  CHECK(report.losses.empty());
  CHECK(report.snapshot->name == "first");
  CHECK(t.faults() == "");
  CHECK(t.git("show live/first:hooks/a.sh") == "one\n");
  CHECK(t.git("show live/first:repo/%2Egit/HEAD") == "ref\n");
  CHECK(t.git("show live/first:%2Egitattributes") == "* text eol=crlf\n");
  CHECK(t.git("log -1 --format=%s live/first") == "The first one\n");
  CHECK(t.git("rev-list --count live/first") == "1\n");
  CHECK(t.git("symbolic-ref HEAD") == "refs/heads/live\n");
  CHECK(t.git("ls-tree --name-only live") ==
        "%2Egitattributes\nhard\nhooks\nlink\nrepo\nsettings.json\nsub\n");
  CHECK(content_of(t, *report.snapshot, "repo/.git/HEAD") == "ref\n");
  const std::string said = recomputed(t);
  CHECK_MESSAGE(said.starts_with("ok refs/tags/live/first"), said);
}

TEST_CASE("snapshots: an unchanged tree adds commits and the event, and no other object") {
  TempStore t;
  fill(t);
  const CreateReport first = t.snapshot("first");
  const std::uint64_t before = objects_in(t);
  t.clock->advance(std::chrono::seconds(10));
  const CreateReport second = t.snapshot("second");
  CHECK(second.unchanged);
  CHECK(second.snapshot->content == first.snapshot->content);
  CHECK(second.snapshot->manifest == first.snapshot->manifest);
  // Snapshot, story, event; the event's tree and event.json.
  CHECK(objects_in(t) == before + 5);
  CHECK(t.git("diff --stat live/first live/second") == "");
}

TEST_CASE("snapshots: with skip_if_unchanged nothing at all is added") {
  TempStore t;
  fill(t);
  t.snapshot("first");
  const std::uint64_t before = objects_in(t);
  CreateOptions options;
  options.profile = t.profile();
  options.skip_if_unchanged = true;
  const CreateReport report = create_snapshot(t.store(), options);
  CHECK(report.unchanged);
  CHECK(!report.snapshot);
  CHECK(report.current->name == "first");
  CHECK(objects_in(t) == before);
}

TEST_CASE("snapshots: two snapshots within one second have two names [P01]") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  CHECK(t.snapshot().snapshot->name == "20251120_093000");
  CHECK(t.snapshot().snapshot->name == "20251120_093000-2");
  CHECK(t.snapshot().snapshot->name == "20251120_093000-3");
}

TEST_CASE("snapshots: a name is used once, renamed or not, whatever its case") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  const Snapshot snapshot = *t.snapshot("Alpha").snapshot;
  CHECK(error_of([&] { t.snapshot("alpha"); }) == Errc::Exists);
  const Snapshot renamed = rename(t.store(), snapshot, "beta");
  CHECK(renamed.commit == snapshot.commit);
  CHECK(renamed.renamed_from == std::vector<std::string>{"Alpha"});
  CHECK(error_of([&] { t.snapshot("ALPHA"); }) == Errc::Exists);
  CHECK(t.git("for-each-ref --format='%(refname)' refs/tags") == "refs/tags/live/beta\n");
  CHECK(t.faults() == "");
}

TEST_CASE("snapshots: a snapshot may take its own earlier name back, and nobody else's") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  const Snapshot alpha = *t.snapshot("alpha").snapshot;
  const Snapshot other = *t.snapshot("other").snapshot;
  const Snapshot beta = rename(t.store(), alpha, "beta");
  CHECK(error_of([&] { rename(t.store(), other, "alpha"); }) == Errc::Exists);
  CHECK(error_of([&] { rename(t.store(), beta, "beta"); }) == Errc::Exists);
  const Snapshot again = rename(t.store(), beta, "alpha");
  CHECK(again.name == "alpha");
  CHECK(again.commit == alpha.commit);
  CHECK(again.renamed_from == std::vector<std::string>{"beta"});
  CHECK(error_of([&] { rename(t.store(), other, "beta"); }) == Errc::Exists);
  CHECK(t.faults() == "");
}

TEST_CASE("snapshots: where no description was given there is none to read") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  CHECK(t.snapshot("silent").snapshot->description == "");
  CHECK(list_snapshots(t.store()).front().description == "");
  CHECK(t.git("log -1 --format=%s live/silent") == "Snapshot silent\n");
}

TEST_CASE(
    "snapshots: what may change about a snapshot changes in the notes and leaves the commit") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  const Snapshot first = *t.snapshot("first", "words").snapshot;
  const Snapshot changed = annotate(t.store(), first, {.description = "other words"});
  CHECK(changed.description == "other words");
  CHECK(changed.commit == first.commit);
  CHECK(annotate(t.store(), changed, {.add_tags = {{"stable", ""}, {"for", "ci"}}}).tags ==
        std::vector<Tag>{{"for", "ci"}, {"stable", ""}});
  CHECK(annotate(t.store(), changed, {.remove_tags = {"for"}}).tags ==
        std::vector<Tag>{{"stable", ""}});
  CHECK(annotate(t.store(), changed, {.pinned = true}).pinned);
  CHECK(t.git("log --reverse --format=%s audit") ==
        "INIT\nSNAPSHOT live/first\nDESCRIBE live/first\nTAG live/first\nTAG live/first\nPIN "
        "live/first\n");
  CHECK(t.faults() == "");
}

TEST_CASE("snapshots: the version comes from a label, else from what the tree grew out of") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  CreateOptions options;
  options.profile = t.profile();
  options.name = "a";
  CHECK(create_snapshot(t.store(), options).snapshot->version == "a");
  options.name = "b";
  options.version_label = "v0.3.8";
  CHECK(create_snapshot(t.store(), options).snapshot->version == "v0.3.8");
  options.name = "c";
  options.version_label = "";
  CHECK(create_snapshot(t.store(), options).snapshot->version == "v0.3.8");
}

TEST_CASE("snapshots: several profiles at once are one event and share a name [D2]") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  output_of("mkdir '" + t.dir.path() + "/other' && echo 2 > '" + t.dir.path() + "/other/g'");
  CreateOptions one, two;
  one.profile = t.profile();
  two.profile = t.profile("other");
  two.profile.roots.front().path = t.dir / "other";
  const auto reports = create_snapshots(t.store(), {one, two});
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].snapshot->name == reports[1].snapshot->name);
  CHECK(t.git("rev-list --count audit") == "2\n");
  CHECK(list_profiles(t.store()).size() == 2);
}

TEST_CASE("snapshots: a stream is the one file of its snapshot, and a failed one leaves nothing") {
  TempStore t;
  TempDir dir;
  write_file(dir / "dump", std::string(100'000, 'x'));
  std::FILE* file = std::fopen((dir / "dump").c_str(), "rb");
  CreateOptions options;
  options.profile.name = "dump";
  options.stream = StreamSource{"dump.sql", fileno(file), {}};
  const CreateReport report = create_snapshot(t.store(), options);
  CHECK(content_of(t, *report.snapshot, "dump.sql") == std::string(100'000, 'x'));
  const std::string said = recomputed(t);
  CHECK_MESSAGE(said.starts_with("ok "), said);
  std::rewind(file);
  options.stream->ended_well = [] { return false; };
  CHECK(error_of([&] { create_snapshot(t.store(), options); }) == Errc::Io);
  CHECK(t.git("for-each-ref refs/tags | wc -l") == "1\n");
  CHECK(output_of("ls '" + t.git_dir() + "/stravinsky/tmp'") == "");
  std::fclose(file);
}

TEST_CASE("snapshots: diff and status name what changed and how") {
  TempStore t;
  fill(t);
  output_of(fmt::format("cd '{}' && touch -d '2020-01-01' gone modes times swapped", t.live()));
  const Snapshot first = *t.snapshot("first").snapshot;
  output_of(fmt::format(
      "cd '{}' && rm gone && chmod 600 modes && touch -d 2021-01-01 times && rm swapped && mkdir "
      "swapped && echo two > hooks/a.sh && echo new > added",
      t.live()));
  const auto letters = [](const std::vector<Change>& changes) {
    std::map<std::string, std::string> result;
    for (const Change& change : changes) {
      if (change.path != "." && change.path != "hooks") result[change.path] = change.letters();
    }
    return result;
  };
  const std::map<std::string, std::string> expected = {{"added", "A"},       {"gone", "D"},
                                                       {"hooks/a.sh", "Mt"}, {"modes", "p"},
                                                       {"swapped", "T"},     {"times", "t"}};
  const LiveDiff live = diff_live(t.store(), first, t.profile(), {});
  CHECK(letters(live.changes) == expected);
  const Snapshot second = *t.snapshot("second").snapshot;
  CHECK(letters(diff(t.store(), first, second)) == expected);
  CHECK(diff_live(t.store(), second, t.profile(), {}).changes.empty());
  for (const std::vector<Change>& changes : {live.changes, diff(t.store(), first, second)}) {
    CHECK(changes.front().path == ".");  // files came and went: its time changed
    for (const Change& change : changes) {
      for (const auto& entry : {change.before, change.after}) {
        const bool has_digest =
            entry && (entry->type == EntryType::File || entry->type == EntryType::Directory);
        if (has_digest) CHECK_MESSAGE(entry->digest != Sha256(), change.path);
      }
    }
  }
  CHECK(letters(diff(t.store(), first, second, {.paths = {"hooks"}, .content_only = true})) ==
        std::map<std::string, std::string>{{"hooks/a.sh", "M"}});
}

TEST_CASE("snapshots: the history of a file lists each version once") {
  TempStore t;
  for (const char* text : {"1", "1", "2", "2", "1"}) {
    output_of(
        fmt::format("printf {} > '{}/f'; touch -d 2020-01-01 '{}/f'", text, t.live(), t.live()));
    t.snapshot();
    t.clock->advance(std::chrono::seconds(5));
  }
  const auto versions = file_history(t.store(), "live", "f");
  REQUIRE(versions.size() == 3);
  CHECK(versions[0].snapshots == 1);
  CHECK(versions[1].snapshots == 2);
  CHECK(versions[2].snapshots == 2);
  CHECK(error_of([&] { file_history(t.store(), "live", "g"); }) == Errc::NotFound);
}

TEST_CASE("snapshots: clones carry what plain git needs, with no program of ours") {
  TempStore t;
  fill(t);
  t.snapshot("first");
  const std::string clone = t.dir / "clone";
  output_of(fmt::format("git clone -q -b live/first '{}' '{}' 2>&1", t.git_dir(), clone));
  CHECK(output_of("cat '" + clone + "/hooks/a.sh'") == "one\n");
  output_of(fmt::format(
      "git init -q --bare '{0}' && git --git-dir='{0}' config receive.fsckObjects true && "
      "git --git-dir='{1}' push -q '{0}' 'refs/heads/*:refs/heads/*' 'refs/tags/*:refs/tags/*'",
      t.dir / "mirror", t.git_dir()));
  t.close();
  t.options.path = clone;
  const Store reader = Store::open(t.options, Access::Read);
  CHECK(list_snapshots(reader).size() == 1);
  CHECK(resolve(reader, "latest", {"live"}).snapshot.name == "first");
}

TEST_CASE("snapshots: git refuses to push into a store") {
  TempStore t;
  fill(t);
  t.snapshot("first");
  const Ran ran = run(
      fmt::format("git clone -q '{0}' '{1}' 2>&1; cd '{1}' && git push origin HEAD:refs/heads/evil",
                  t.git_dir(), t.dir / "clone"));
  CHECK(ran.status != 0);
  CHECK(ran.output.find("stravinsky snapshot") != std::string::npos);
}

TEST_CASE("snapshots: content that collides with other content is stored and reported") {
  TempStore t;
  Store::Parts& parts = t.store().parts();
  ObjectWriter writer(*parts.database, parts.tmp_dir(), Compression::Fast);
  StoringSink sink(writer);
  HashedContent content = hash_content(ObjectType::Blob, as_bytes("the same bytes, for once"));
  CHECK(!sink.put_content(content).collided);
  CHECK(sink.collisions().empty());
  // Nobody has two blobs of one SHA-1: the other content is told by another SHA-256.
  content.digest = sha256("something else");
  CHECK(sink.put_content(content).collided);
  CHECK(sink.collisions() == std::vector<Sha256>{content.digest});
}

TEST_CASE("snapshots: a version that was only a name is not inherited, renamed or not") {
  TempStore t;
  write_file(t.live() + "/f", "1");
  rename(t.store(), *t.snapshot("old").snapshot, "kept");
  CHECK(t.snapshot("next").snapshot->version == "next");
}

TEST_CASE("snapshots: what narrowed a profile is recorded with it") {
  TempStore t;
  output_of(fmt::format(
      "mkdir '{0}/.claude' && echo 1 > '{0}/.claude/p' && echo secret > '{0}/.env'", t.live()));
  CreateOptions options;
  options.profile = t.profile();
  options.profile.roots.front().include = {".claude/**"};
  options.profile.exclude = {"*.log"};
  create_snapshot(t.store(), options);
  const Profile recorded = *find_recorded_profile(t.store(), "live");
  CHECK(recorded.roots.front().include == std::vector<std::string>{".claude/**"});
  CHECK(recorded.exclude == std::vector<std::string>{"*.log"});
  options.profile = recorded;
  output_of("rm -r '" + t.live() + "/.claude'");
  CHECK(!SnapshotTree(t.store(), *create_snapshot(t.store(), options).snapshot).find(".env"));
}

TEST_CASE("snapshots: captures are recorded where the profile asks, and are never compared [S14]") {
  TempStore t;
  fill(t);
  std::string facts = R"({"git": [{"commit": "one"}]})";
  t.options.facts = [&facts](const Profile&) { return facts; };
  t.reopen();
  CreateOptions options;
  options.profile = t.profile("live");
  const CreateReport none = create_snapshot(t.store(), options);
  CHECK(read_manifest(t.store(), *none.snapshot).find("captures") == std::string::npos);
  options.profile.captures = {"git", "modifications"};
  output_of("echo two > '" + t.live() + "/hooks/a.sh' && rm '" + t.live() + "/link'");
  t.clock->advance(std::chrono::seconds(10));
  const CreateReport changed = create_snapshot(t.store(), options);
  const auto captures =
      nlohmann::json::parse(read_manifest(t.store(), *changed.snapshot)).at("captures");
  CHECK(captures.at("git").at(0).at("commit") == "one");
  CHECK(captures.at("modifications").at("since") == none.snapshot->commit.hex());
  CHECK(captures.at("modifications").at("count") == 2);
  CHECK(captures.at("modifications").at("changes").at(1).at("path") == "link");
  facts = R"({"git": [{"commit": "two"}]})";
  t.clock->advance(std::chrono::seconds(10));
  options.skip_if_unchanged = true;
  CHECK(!create_snapshot(t.store(), options).snapshot);
  facts = "[]";
  options.skip_if_unchanged = false;
  CHECK(error_of([&] { create_snapshot(t.store(), options); }) == Errc::Invalid);
  CHECK(t.faults() == "");
}
