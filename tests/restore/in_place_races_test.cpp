#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

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

// Filesystems that hand out inodes again, such as ext4, give those of what was replaced to what is
// staged: one that looked like what was captured was kept for ever.
TEST_CASE("restore: an inode that is given out again is not taken for the old file [S02]") {
  int refused = 0;
  bool acted = true;
  for (int moment = 0; acted; ++moment) {
    InPlaceCase c;
    const std::string in_live = "cd " + c.live() + " && for i in 1 2 3 4 5 6 7 8; do ";
    output_of(in_live + "echo one > f$i; done");
    const Snapshot snapshot = c.take_live();
    output_of(in_live + "echo two > f$i; done");
    Meddler meddler(moment, [&] { output_of(in_live + "echo mine > t$i; mv t$i f$i; done"); });
    INFO("moment " << moment);
    try {
      apply(c.store, {c.target(snapshot)}, InPlaceCase::exact(), meddler);
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(error.code() == Errc::Changed);
      if (meddler.has_acted()) {
        CHECK(output_of("cd " + c.live() + " && cat f* | sort -u") == "mine\n");
      }
      ++refused;
    }
    CHECK(c.debris() == "");
    acted = meddler.has_acted();
  }
  CHECK(refused > 0);
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

TEST_CASE("restore: a reader never sees a torn or absent file [S03]") {
  InPlaceCase c;
  const auto release = [&](char version) {
    write_file(c.live() + "/a", std::string(5000, version));
    write_file(c.live() + "/b", std::string(70, version));
    return c.take_live();
  };
  const Snapshot one = release('1'), two = release('2');
  const int rollbacks = std::getenv("STRAVINSKY_ALL") != nullptr ? 1000 : 40;
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, seen{0};
  std::thread reader([&] {
    while (!stop) {
      const std::string a = read_text(c.live() + "/a"), b = read_text(c.live() + "/b");
      wrong += (a != std::string(5000, '1') && a != std::string(5000, '2')) ||
               (b != std::string(70, '1') && b != std::string(70, '2'));
      ++seen;
    }
  });
  for (int i = 0; i < rollbacks; ++i) {
    CHECK(issues_of(c.bring_back(i % 2 == 0 ? one : two)) == "");
  }
  stop = true;
  reader.join();
  CHECK(wrong == 0);
  CHECK(seen > rollbacks);
}

TEST_CASE("restore: operations at once leave one of their states, and lose none [S03]") {
  InPlaceCase c;
  const auto release = [&](const std::string& version) {
    for (int i = 0; i < 10; ++i) write_file(fmt::format("{}/f{}", c.live(), i), version);
    return c.take_live();
  };
  const Snapshot one = release("1"), two = release("2");
  const int rounds = std::getenv("STRAVINSKY_ALL") != nullptr ? 300 : 15;
  std::atomic<int> done{0}, refused{0}, other{0};
  const auto repeat = [&](const std::function<void(Store&)>& act) {
    return std::thread([&, act] {
      for (int i = 0; i < rounds; ++i) {
        try {
          Store store = Store::open(c.options(), Access::Write);
          act(store);
          ++done;
        } catch (const Error& error) {
          // Somebody else's rollback changed the tree while it was captured, or holds the lock.
          ++(error.code() == Errc::Changed || error.code() == Errc::Locked ? refused : other);
        }
      }
    });
  };
  const auto to = [&](const Snapshot& snapshot) {
    return [&](Store& store) { apply(store, {c.target(snapshot)}, InPlaceCase::exact()); };
  };
  std::vector<std::thread> threads;
  threads.push_back(repeat(to(one)));
  threads.push_back(repeat(to(two)));
  for (int writer = 0; writer < 2; ++writer) {
    threads.push_back(repeat([&](Store& store) {
      CreateOptions create;
      create.profile = c.profile();
      create_snapshot(store, create);
    }));
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(other == 0);
  CHECK(done > rounds);
  MESSAGE(done.load() << " done, " << refused.load() << " refused");
  std::string live;
  for (int i = 0; i < 10; ++i) live += read_text(fmt::format("{}/f{}", c.live(), i));
  CHECK((live == std::string(10, '1') || live == std::string(10, '2')));
  CHECK(c.debris() == "");
  // Every snapshot is a whole state: nobody captured a rollback halfway.
  c.reopen();
  for (const Snapshot& snapshot : list_snapshots(c.store, {})) {
    CHECK((snapshot.content == one.content || snapshot.content == two.content));
  }
}

}  // namespace stravinsky::test
