#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "refs/ref_map.hpp"
#include "stravinsky/object_id.hpp"
#include "stravinsky/ref_name.hpp"

namespace stravinsky {

/// One ref to move, from the value we saw to the value we want.
struct RefMove {
  RefName name;
  std::optional<ObjectId> expected;  ///< empty: the ref does not exist yet
  std::optional<ObjectId> target;    ///< empty: delete the ref
};

inline constexpr std::string_view kAuditRef = "refs/heads/audit";

/// Reads the refs of one git directory, loose and packed, without locks. Links are not followed and
/// symbolic refs passed over. Every call sees the refs as they are: `packed-refs` is parsed again
/// when another file stands in its place. Threads: any.
class RefStore {
 public:
  explicit RefStore(std::string git_dir);
  ~RefStore();

  const std::string& git_dir() const noexcept { return git_dir_; }
  std::string path_of(const RefName& name) const { return git_dir_ + "/" + name.str(); }

  /// @throws Error Corrupt: the ref's file holds no id
  std::optional<ObjectId> find(const RefName& name) const;
  /// Every ref below `refs/`.
  /// @param bad  receives the names of refs whose files hold no id, as a power cut may leave one
  ///             that was not yet made durable, and of symlinks; null: such a file is Corrupt
  /// @throws Error Corrupt (a bad file, more than 100,000 refs), Io
  RefMap list(std::vector<std::string>* bad = nullptr) const;
  /// Only what `packed-refs` holds.
  /// @param bad  receives `packed-refs` where it has lines that are none; null: that is Corrupt
  std::shared_ptr<const RefMap> list_packed(std::vector<std::string>* bad = nullptr) const;
  /// Only the files below `refs/`; `.lock` files are passed over.
  RefMap list_loose(std::vector<std::string>* bad = nullptr) const;

  /// How many of these are tags, which can be packed, without reading them.
  std::size_t count_loose_tags() const;

 private:
  struct Packed;  ///< the last `packed-refs` that was read
  static RefMap read_packed(const std::string& path, std::string& bad_line);

  std::string git_dir_;
  std::unique_ptr<Packed> packed_;
};

/// SHA-256 of the lines `<id> <ref>\n` of the refs that events cover.
Sha256 digest_of(const RefMap& refs);
/// These lines.
std::string lines_of(const RefMap& refs);
/// Only what an event covers: refs/heads, refs/tags and refs/stravinsky without the audit ref.
RefMap covered_by_events(RefMap refs);

}  // namespace stravinsky
