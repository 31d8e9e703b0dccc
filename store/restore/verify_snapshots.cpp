#include "restore/verify_snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "core/worker_pool.hpp"
#include "objects/commit_object.hpp"
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

void SnapshotVerifier::add(const Snapshot& snapshot, const Findings& found) {
  for (const Problem& problem : found.problems) {
    add(snapshot, problem.path, problem.kind, problem.detail);
  }
}

void SnapshotVerifier::check(const Snapshot& snapshot) {
  require_not_cancelled(progress_);
  ++report_.snapshots_checked;
  try {
    check_signature(snapshot);
    const SnapshotRoots roots = read_snapshot_roots(database_, snapshot);
    check_manifest(snapshot, roots.manifest);
    const Findings totals = check_directories(roots.top);
    add(snapshot, totals);
    if (!totals.problems.empty()) return;  // the counts would only say so once more
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

void SnapshotVerifier::Findings::add(Problem problem) {
  if (problems.size() > kMostProblems) return;
  if (problems.size() == kMostProblems) {
    problem = {
        {}, "more", fmt::format("more than {} problems; the rest is not listed", kMostProblems)};
  }
  problems.push_back(std::move(problem));
}

void SnapshotVerifier::Findings::add(const Findings& below, const std::string& name) {
  entries += below.entries;
  bytes += below.bytes;
  for (const Problem& problem : below.problems) {
    if (problems.size() > kMostProblems) return;
    add({problem.path.empty() ? name : join_path(name, problem.path), problem.kind,
         problem.detail});
  }
}

SnapshotVerifier::Findings SnapshotVerifier::check_directories(const StoredDirectory& top) {
  struct Level {
    std::string name;  ///< in the level above
    StoredDirectory stored;
    Directory directory;
    Findings found;
    std::size_t next = 0;
  };
  std::vector<Level> levels;
  Findings result;
  bool made_up_top = false;
  const auto above = [&]() -> Findings& { return levels.empty() ? result : levels.back().found; };
  const auto open = [&](const std::string& name, const StoredDirectory& stored) {
    const bool is_top = levels.empty();
    if (const auto known = checked_.find(stored); known != checked_.end() && !is_top) {
      return above().add(known->second, name);
    }
    try {
      Directory directory =
          read_directory(database_, stored, name, is_top ? Position::Top : Position::Below);
      report_.objects_checked += stored.tree == kEmptyTree ? 1 : 2;
      if (is_top) made_up_top = !directory.self.has_attributes;
      levels.push_back({name, stored, std::move(directory), {}, 0});
    } catch (const Error& error) {
      if (!is_of_the_store(error)) throw;
      if (naming_bad_) return;
      Findings unreadable;
      unreadable.add({{}, std::string(problem_kind(error.code())), error.what()});
      above().add(unreadable, name);
      if (!is_top) checked_.emplace(stored, std::move(unreadable));
    }
  };
  open("", top);
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.directory.nodes.size()) {
      const Level done = std::move(level);
      levels.pop_back();
      above().add(done.found, done.name);
      if (!levels.empty()) checked_.emplace(done.stored, done.found);
      continue;
    }
    require_not_cancelled(progress_);
    const Node& node = level.directory.nodes[level.next++];
    // The roots themselves are no entries: the top, or what a made-up top holds.
    if (!made_up_top || levels.size() > 1) ++level.found.entries;
    if (node.entry.type == EntryType::Directory) {
      const std::string name = node.entry.name;  // `levels` may move
      const StoredDirectory below = node.directory;
      open(name, below);
    } else {
      if (node.entry.type == EntryType::File) level.found.bytes += node.entry.size;
      if (auto problem = find_problem(node)) level.found.add(std::move(*problem));
    }
  }
  return result;
}

std::optional<SnapshotVerifier::Problem> SnapshotVerifier::find_problem(const Node& node) {
  const std::string& name = node.entry.name;
  if (node.entry.type == EntryType::File) {
    if (naming_bad_) {
      const auto bad = bad_.find({node.entry.digest, node.content});
      if (bad == bad_.end()) return std::nullopt;
      return Problem{name, bad->second.kind, bad->second.detail};
    }
    if (is_selected(node.entry)) {
      contents_.try_emplace({node.entry.digest, node.content},
                            Content{node.content, node.entry.size, node.entry.chunks, false});
      return std::nullopt;
    }
    progress_.advance(1, 0);
    if (node.content == ObjectId() || database_.contains(node.content)) return std::nullopt;
    return Problem{name, "missing", fmt::format("its content {} is missing", node.content.hex())};
  }
  if (node.entry.type != EntryType::Symlink || naming_bad_) return std::nullopt;
  try {
    ++report_.objects_checked;
    if (database_.read(node.content, ObjectType::Blob).bytes == node.entry.link) {
      return std::nullopt;
    }
    return Problem{name, "corrupt", "the link's target differs between content and metadata"};
  } catch (const Error& error) {
    if (!is_of_the_store(error)) throw;
    return Problem{name, std::string(problem_kind(error.code())), error.what()};
  }
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

void SnapshotVerifier::saw(const HashedContent& blob) {
  const auto content = contents_.find({blob.digest, blob.id});
  if (content == contents_.end()) return;
  Content& known = content->second;
  if (known.chunks != 0 || known.size != blob.bytes.size()) return;
  std::atomic_ref(known.seen).store(true, std::memory_order_relaxed);
}

void SnapshotVerifier::check_contents(const std::vector<Snapshot>& snapshots) {
  std::mutex mutex;
  {
    std::uint64_t expected = 0;
    for (const auto& [key, content] : contents_) expected += content.size;
    progress_.expect(contents_.size(), expected);
    progress_.all_expected();
    WorkerPool pool(store_.parts().config().store.threads);
    for (const auto& [key, content] : contents_) {
      require_not_cancelled(progress_);
      if (content.seen) {
        progress_.advance(1, content.size);
        const std::lock_guard lock(mutex);
        report_.bytes_read += content.size;
        ++report_.objects_checked;
        continue;
      }
      pool.wait_below(kMostQueued);
      pool.submit([&, key = key, content = content] {
        Entry entry;
        entry.size = content.size;
        entry.chunks = content.chunks;
        entry.digest = key.digest;
        std::uint64_t read = 0;
        std::optional<Problem> problem;
        try {
          read_content(database_, entry, content.id, key.digest.hex(), [&](ByteView piece) {
            require_not_cancelled(progress_);
            read += piece.size();
          });
        } catch (const Error& error) {
          if (!is_of_the_store(error)) throw;
          problem = Problem{{}, std::string(problem_kind(error.code())), error.what()};
        }
        progress_.advance(1, read);
        const std::lock_guard lock(mutex);
        report_.bytes_read += read;
        ++report_.objects_checked;
        if (problem) bad_.emplace(key, std::move(*problem));
      });
    }
    pool.wait();
  }
  if (bad_.empty()) return;
  // Seldom: once more through the trees, to name every place that is hit.
  naming_bad_ = true;
  checked_.clear();
  for (const Snapshot& snapshot : snapshots) {
    try {
      add(snapshot, check_directories(read_snapshot_roots(database_, snapshot).top));
    } catch (const Error& error) {
      if (!is_of_the_store(error)) throw;  // named before
    }
  }
}

}  // namespace stravinsky
