#include "restore/verify_snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "core/worker_pool.hpp"
#include "objects/commit_object.hpp"
#include "restore/walk_tree.hpp"
#include "snapshots/path.hpp"
#include "snapshots/snapshot_commit.hpp"
#include "stravinsky/config.hpp"
#include "transaction/store_parts.hpp"
#include "tree/file_content.hpp"

namespace stravinsky {
namespace {

/// Files waiting to be read; each is small, their number is not.
constexpr std::size_t kMostQueued = 1024;

bool is_of_the_store(const Error& error) {
  return error.code() == Errc::Corrupt || error.code() == Errc::Hostile ||
         error.code() == Errc::NotFound || error.code() == Errc::Io ||
         error.code() == Errc::Denied || error.code() == Errc::Signature ||
         error.code() == Errc::Key;
}

std::uint64_t first_bytes(const Sha256& digest) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest.data()[i];
  return value;
}

void require_not_cancelled(Progress& progress) {
  if (progress.cancelled()) throw Error(Errc::Cancelled, "verify stopped", "it was asked to");
}

}  // namespace

void add_problem(VerifyReport& report, VerifyProblem problem) {
  report.ok = false;
  report.problems.push_back(std::move(problem));
}

std::string_view problem_kind(Errc code) noexcept {
  switch (code) {
    case Errc::Corrupt:
      return "corrupt";
    case Errc::Hostile:
      return "hostile";
    case Errc::NotFound:
      return "missing";
    case Errc::Invalid:
      return "invalid";
    case Errc::Signature:
    case Errc::Key:
      return "signature";
    default:
      return "unreadable";
  }
}

std::size_t SnapshotVerifier::DirectoryHash::operator()(
    const StoredDirectory& stored) const noexcept {
  return std::hash<Sha256>()(stored.digest) ^ std::hash<ObjectId>()(stored.tree) ^
         std::hash<ObjectId>()(stored.meta) * 31;
}

std::size_t SnapshotVerifier::ContentHash::operator()(const ContentKey& key) const noexcept {
  return std::hash<Sha256>()(key.digest) ^ std::hash<ObjectId>()(key.id);
}

SnapshotVerifier::SnapshotVerifier(const Store& store, const VerifyOptions& options,
                                   Progress& progress, VerifyReport& report)
    : store_(store),
      database_(*store.parts().database),
      options_(options),
      progress_(progress),
      report_(report) {}

void SnapshotVerifier::add(const Snapshot& snapshot, std::string path, std::string kind,
                           std::string detail, bool signature) {
  add_problem(report_, {snapshot.profile + "/" + snapshot.name, std::move(path), std::move(kind),
                        std::move(detail), signature});
}

void SnapshotVerifier::check(const Snapshot& snapshot) {
  require_not_cancelled(progress_);
  ++report_.snapshots_checked;
  try {
    check_signature(snapshot);
    const SnapshotRoots roots = read_snapshot_roots(database_, snapshot);
    check_manifest(snapshot, roots.manifest);
    const Totals totals = check_directories(snapshot, roots.top);
    if (totals.damaged) return;  // the counts would only say so once more
    if (totals.entries != snapshot.entries || totals.bytes != snapshot.bytes) {
      add(snapshot, {}, "counts",
          fmt::format("it holds {} entries and {} bytes; its commit says {} and {}", totals.entries,
                      totals.bytes, snapshot.entries, snapshot.bytes));
    }
  } catch (const Error& error) {
    if (!is_of_the_store(error)) throw;
    add(snapshot, {}, std::string(problem_kind(error.code())), error.what());
  }
}

void SnapshotVerifier::check_signature(const Snapshot& snapshot) {
  const Object object = database_.read(snapshot.commit, ObjectType::Commit);
  ++report_.objects_checked;
  const Commit commit = parse_commit(object.bytes, snapshot.commit);
  const auto wrong = [&](const std::string& detail) {
    add(snapshot, {}, "signature", detail, true);
  };
  if (commit.signature.empty()) return wrong("the snapshot is not signed");
  try {
    const signing::PublicKey key =
        signing::verify_signature(commit_payload(commit), commit.signature);
    const auto is_key = [&](const signing::AllowedSigner& signer) { return signer.key == key; };
    const auto is_signer = [&](const signing::AllowedSigner& signer) {
      return signer.key == key &&
             clean_ident(signer.principal, "user@localhost") == commit.committer.email;
    };
    if (std::any_of(signers_.begin(), signers_.end(), is_signer)) return;
    if (std::any_of(signers_.begin(), signers_.end(), is_key)) {
      wrong(fmt::format("signed with the key {} of somebody other than {}", key.fingerprint(),
                        quoted(commit.committer.email)));
    } else {
      wrong(
          fmt::format("signed with the key {}, which the store does not trust", key.fingerprint()));
    }
  } catch (const Error& error) {
    if (!is_of_the_store(error)) throw;
    wrong(error.what());
  }
}

void SnapshotVerifier::check_manifest(const Snapshot& snapshot, const ObjectId& manifest) {
  const Object object = database_.read(manifest, ObjectType::Blob);
  ++report_.objects_checked;
  if (sha256(object.bytes) != snapshot.manifest) {
    add(snapshot, ".stravinsky/snapshot.json", "corrupt",
        "its SHA-256 is not the Manifest-SHA256 of the commit");
    return;
  }
  const std::uint64_t losses = read_losses(store_, snapshot).size();
  if (losses != snapshot.losses) {
    add(snapshot, ".stravinsky/snapshot.json", "counts",
        fmt::format("it lists {} losses; the commit says {}", losses, snapshot.losses));
  }
}

SnapshotVerifier::Totals SnapshotVerifier::check_directories(const Snapshot& snapshot,
                                                             const StoredDirectory& top) {
  struct Level {
    std::string path;
    StoredDirectory stored;
    Directory directory;
    Totals totals;
    std::size_t next = 0;
  };
  std::vector<Level> levels;
  Totals result;
  bool made_up_top = false;
  const auto finished = [&](const Totals& totals) {
    Totals& above = levels.empty() ? result : levels.back().totals;
    above.entries += totals.entries;
    above.bytes += totals.bytes;
    above.damaged |= totals.damaged;
  };
  const auto open = [&](std::string path, const StoredDirectory& stored) {
    const auto known = whole_.find(stored);
    if (known != whole_.end() && !path.empty()) {
      finished(known->second);
      return;
    }
    try {
      Directory directory =
          read_directory(database_, stored, path, path.empty() ? Position::Top : Position::Below);
      report_.objects_checked += stored.tree == kEmptyTree ? 1 : 2;
      if (path.empty()) made_up_top = !directory.self.has_attributes;
      levels.push_back({std::move(path), stored, std::move(directory), {}, 0});
    } catch (const Error& error) {
      if (!is_of_the_store(error)) throw;
      add(snapshot, std::move(path), std::string(problem_kind(error.code())), error.what());
      finished({.entries = 0, .bytes = 0, .damaged = true});
    }
  };
  open("", top);
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.directory.nodes.size()) {
      const Totals totals = level.totals;
      if (!totals.damaged && !level.path.empty()) whole_.emplace(level.stored, totals);
      levels.pop_back();
      finished(totals);
      continue;
    }
    require_not_cancelled(progress_);
    const Node& node = level.directory.nodes[level.next++];
    // The roots themselves are no entries: the top, or what a made-up top holds.
    if (!made_up_top || levels.size() > 1) ++level.totals.entries;
    std::string path = join_path(level.path, node.entry.name);
    if (node.entry.type == EntryType::Directory) {
      const StoredDirectory below = node.directory;  // `levels` may move
      open(std::move(path), below);
    } else {
      if (node.entry.type == EntryType::File) level.totals.bytes += node.entry.size;
      level.totals.damaged |= !check_entry(snapshot, path, node);
    }
  }
  return result;
}

bool SnapshotVerifier::check_entry(const Snapshot& snapshot, const std::string& path,
                                   const Node& node) {
  if (node.entry.type == EntryType::File) {
    if (is_selected(node.entry)) {
      contents_.try_emplace({node.entry.digest, node.content},
                            Content{node.content, node.entry.size, node.entry.chunks});
      return true;
    }
    if (node.content == ObjectId() || database_.contains(node.content)) return true;
    add(snapshot, path, "missing", fmt::format("its content {} is missing", node.content.hex()));
    return false;
  }
  if (node.entry.type != EntryType::Symlink) return true;
  try {
    ++report_.objects_checked;
    if (database_.read(node.content, ObjectType::Blob).bytes == node.entry.link) return true;
    add(snapshot, path, "corrupt", "the link's target differs between content and metadata");
  } catch (const Error& error) {
    if (!is_of_the_store(error)) throw;
    add(snapshot, path, std::string(problem_kind(error.code())), error.what());
  }
  return false;
}

bool SnapshotVerifier::is_selected(const Entry& entry) const {
  if (options_.read_data) return true;
  if (options_.read_part) {
    const auto [part, parts] = *options_.read_part;
    return first_bytes(entry.digest) % parts == part - 1;
  }
  if (options_.read_fraction <= 0) return false;
  // Chosen anew with each seed, but the same for the same seed.
  const std::string key = fmt::format("{} {}", options_.subset_seed, entry.digest.hex());
  constexpr double kRange = 18446744073709551616.0;  // 2^64
  return static_cast<double>(first_bytes(sha256(key))) < options_.read_fraction * kRange;
}

void SnapshotVerifier::check_contents(const std::vector<Snapshot>& snapshots) {
  std::mutex mutex;
  std::unordered_map<ContentKey, std::pair<std::string, std::string>, ContentHash> bad;
  {
    std::uint64_t expected = 0;
    for (const auto& [key, content] : contents_) expected += content.size;
    progress_.expect(contents_.size(), expected);
    WorkerPool pool(store_.parts().config().store.threads);
    for (const auto& [key, content] : contents_) {
      require_not_cancelled(progress_);
      pool.wait_below(kMostQueued);
      pool.submit([&, key = key, content = content] {
        Entry entry;
        entry.size = content.size;
        entry.chunks = content.chunks;
        entry.digest = key.digest;
        std::uint64_t read = 0;
        std::optional<std::pair<std::string, std::string>> problem;
        try {
          read_content(database_, entry, content.id, key.digest.hex(), [&](ByteView piece) {
            require_not_cancelled(progress_);
            read += piece.size();
          });
        } catch (const Error& error) {
          if (!is_of_the_store(error)) throw;
          problem.emplace(problem_kind(error.code()), error.what());
        }
        progress_.advance(1, read);
        const std::lock_guard lock(mutex);
        report_.bytes_read += read;
        ++report_.objects_checked;
        if (problem) bad.emplace(key, *problem);
      });
    }
    pool.wait();
  }
  if (bad.empty()) return;
  // Seldom: once more through the trees, to name every place that is hit.
  for (const Snapshot& snapshot : snapshots) {
    TreeWalk walk;
    walk.visit = [&](const std::string& path, const Entry& entry, const Node& node) {
      if (entry.type != EntryType::File) return;
      const auto found = bad.find({entry.digest, node.content});
      if (found != bad.end()) add(snapshot, path, found->second.first, found->second.second);
    };
    walk.damaged = [](const std::string&, const Error&) {};  // named before
    try {
      walk_tree(database_, read_snapshot_roots(database_, snapshot).top, "", Position::Top, walk);
    } catch (const Error& error) {
      if (!is_of_the_store(error)) throw;
    }
  }
}

}  // namespace stravinsky
