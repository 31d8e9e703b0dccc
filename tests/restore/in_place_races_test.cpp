#include <atomic>
#include <functional>

#include "restore/in_place_case.hpp"
#include "stravinsky/snapshot_tree.hpp"

namespace stravinsky::test {
namespace {

/// Does something to the live tree at the n-th time that the operation asks whether to go on.
class Meddler final : public Progress {
 public:
  Meddler(int at, std::function<void()> act) : at_(at), act_(std::move(act)) {}
  bool cancelled() override {
    if (calls_++ == at_) act_();
    return false;
  }
  bool has_acted() const { return calls_ > at_; }

 private:
  int at_;
  std::atomic<int> calls_{0};
  std::function<void()> act_;
};

/// Whether a snapshot holds a file of these bytes.
bool holds(const Store& store, const std::optional<Snapshot>& snapshot, const std::string& bytes) {
  if (!snapshot) return false;
  bool found = false;
  const SnapshotTree tree(store, *snapshot);
  tree.walk("", [&](const std::string& path, const Entry& entry) {
    if (entry.type == EntryType::File) {
      std::string content;
      tree.read(path, [&](std::span<const std::byte> piece) {
        content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      });
      found = found || content.find(bytes) != std::string::npos;
    }
    return true;
  });
  return found;
}

/// Runs a rollback once for each moment at which somebody edits, until none is left.
void meddle(const std::string& edit, const std::string& bytes) {
  int refused = 0, moment = 0;
  for (bool acted = true; acted; ++moment) {
    InPlaceCase c;
    output_of("cd " + c.live() +
              " && mkdir d && echo one > d/file && echo old > other && echo x > gone");
    const Snapshot snapshot = c.take_live();
    output_of("cd " + c.live() +
              " && echo two > d/file && echo new > other && rm gone && echo s > surplus");
    Meddler meddler(moment, [&] { output_of("cd " + c.live() + " && " + edit); });
    INFO(edit << " at moment " << moment);
    InPlaceReport report;
    bool done = false;
    try {
      report =
          std::move(apply(c.store, {c.target(snapshot)}, InPlaceCase::exact(), meddler).front());
      done = true;
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(error.code() == Errc::Changed);
      ++refused;
      // All is old, but for the edit.
      CHECK(read_text(c.live() + "/other").starts_with("new\n"));
      CHECK(fs::exists(c.live() + "/surplus"));
      CHECK(output_of("grep -rqxF '" + bytes + "' " + c.live() + " && echo there") == "there\n");
    }
    if (done) {
      CHECK(read_text(c.live() + "/other").starts_with("old\n"));
      const bool live = run("grep -rqxF '" + bytes + "' " + c.live()).status == 0;
      const bool stored =
          holds(c.store, report.before, bytes + "\n") || holds(c.store, report.after, bytes + "\n");
      if (meddler.has_acted()) CHECK((live || stored));
    }
    CHECK(list_operations(c.store).empty());
    CHECK(output_of("find " + c.dir.path() + " -name '.stravinsky-stage-*'") == "");
    acted = meddler.has_acted();
  }
  MESSAGE(moment << " moments, " << refused << " refused: " << edit);
}

}  // namespace

TEST_CASE("restore: an edit while files are switched is never lost [S02]") {
  meddle("echo edited > d/file", "edited");
  meddle("echo replaced > d/t && mv d/t d/file", "replaced");
  meddle("echo appended >> other", "appended");
  meddle("rm -f gone; echo made > gone", "made");
  meddle("echo inside > d/more", "inside");
}

TEST_CASE("restore: a directory that becomes a symlink on the way is not followed") {
  for (int moment = 0; moment < 40; ++moment) {
    InPlaceCase c;
    output_of("cd " + c.dir.path() +
              " && mkdir outside && echo o > outside/file && cd live && "
              "mkdir d && echo one > d/file");
    const Snapshot snapshot = c.take_live();
    write_file(c.live() + "/d/file", "two\n");
    Meddler meddler(
        moment, [&] { output_of("cd " + c.live() + " && mv d ../moved && ln -s ../outside d"); });
    try {
      apply(c.store, {c.target(snapshot)}, InPlaceOptions(), meddler);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::Changed);
    }
    INFO("moment " << moment);
    CHECK(read_text(c.dir / "outside/file") == "o\n");
    if (!meddler.has_acted()) break;
  }
}

}  // namespace stravinsky::test
