#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "packs/object_database.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/verify.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// Checks snapshots one after the other, each distinct directory once: what was found there is
/// remembered, and named again for every other snapshot and path that reaches it. A few thousand
/// bytes of trees can have 10^12 paths, so that of one directory's problems only the first
/// `kMostProblems` are. One thread calls; files are read on several.
class SnapshotVerifier {
 public:
  SnapshotVerifier(const Store& store, const VerifyOptions& options, Progress& progress,
                   VerifyReport& report);

  /// @param signers  whom a snapshot's signature may come from
  void set_signers(std::vector<signing::AllowedSigner> signers) { signers_ = std::move(signers); }
  /// Commit, signature, manifest, every directory, the counts in the trailers.
  void check(const Snapshot& snapshot);
  /// A blob that was read is what it is named: it need not be read again. Threads: any, several at
  /// once, while nothing else is called.
  void saw(const HashedContent& blob);
  /// Reads the selected files of all snapshots checked so far, each distinct content once, and not
  /// those that were seen.
  void check_contents(const std::vector<Snapshot>& snapshots);

 private:
  static constexpr std::size_t kMostProblems = 200;
  struct Problem {
    std::string path;  ///< below the directory it was found in
    std::string kind, detail;
  };
  /// What a directory holds, itself not counted, and what is wrong at it and below.
  struct Findings {
    std::uint64_t entries = 0, bytes = 0;
    std::vector<Problem> problems;
    /// @param name  of the sub-directory they were found in
    void add(const Findings& below, const std::string& name);
    void add(Problem problem);
  };
  struct Content {
    ObjectId id;
    std::uint64_t size = 0, chunks = 0;
    bool seen = false;
  };
  /// The same directory has the same objects and the same digest.
  struct DirectoryHash {
    std::size_t operator()(const StoredDirectory& stored) const noexcept;
  };
  /// A file is what its digest says; its object could be another one's by mistake.
  struct ContentKey {
    Sha256 digest;
    ObjectId id;
    auto operator<=>(const ContentKey&) const = default;
  };
  struct ContentHash {
    std::size_t operator()(const ContentKey& key) const noexcept;
  };

  void check_signature(const Snapshot& snapshot);
  void check_manifest(const Snapshot& snapshot, const ObjectId& manifest);
  Findings check_directories(const StoredDirectory& top);
  std::optional<Problem> find_problem(const Node& node);
  bool is_selected(const Entry& entry) const;
  void add(const Snapshot& snapshot, const Findings& found);
  void add(const Snapshot& snapshot, std::string path, std::string kind, std::string detail,
           bool signature = false);

  const Store& store_;
  const ObjectDatabase& database_;
  const VerifyOptions& options_;
  Progress& progress_;
  VerifyReport& report_;
  std::vector<signing::AllowedSigner> signers_;
  std::unordered_map<StoredDirectory, Findings, DirectoryHash> checked_;
  std::unordered_map<ContentKey, Content, ContentHash> contents_;
  std::unordered_map<ContentKey, Problem, ContentHash> bad_;  ///< what of `contents_` is damaged
  /// On the second way through the trees only damaged contents are looked for: the rest is named.
  bool naming_bad_ = false;
};

/// Adds a problem; `ok` follows.
void add_problem(VerifyReport& report, VerifyProblem problem);

/// `corrupt`, `hostile`, `missing`, `unreadable` or `invalid`: what kind of problem an error is.
std::string_view problem_kind(Errc code) noexcept;

}  // namespace stravinsky
