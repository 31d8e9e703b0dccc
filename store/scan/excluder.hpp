#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/ignore_rules.hpp"
#include "scan/scan.hpp"

namespace stravinsky {

inline constexpr char kIgnoreFile[] = ".stravinskyignore";
inline constexpr char kGitIgnoreFile[] = ".gitignore";
inline constexpr char kCacheTag[] = "CACHEDIR.TAG";

/// Says which names below one root are left out, while a walk goes down and up.
///
/// The options' patterns are asked first, so that no file in the tree can bring back what they
/// leave out; then the ignore files from the nearest directory upwards, ours before git's. Paths
/// are from the root. Threads: one.
class Excluder {
 public:
  /// @param include  globs; empty: everything
  /// @param never    what else decides about names, for the fingerprint
  Excluder(const ExcludeOptions& options, const std::vector<std::string>& include,
           std::string_view never);

  /// Enters a directory that holds ignore files. @param base  length of its path with the '/'
  void push(std::size_t base, std::string_view ours, std::string_view gits);
  void pop() { scopes_.pop_back(); }

  bool leaves_out(std::string_view path, std::string_view name, bool is_directory) const;

  /// No pattern is in force.
  bool takes_all() const;

  /// Of all that decides about names where the walk stands.
  const Sha256& fingerprint() const { return scopes_.back().fingerprint; }

 private:
  struct Scope {
    std::size_t base = 0;
    IgnoreRules ours, gits;
    Sha256 fingerprint;
  };
  bool is_ignored(std::string_view path, std::string_view name, bool is_directory) const;

  std::vector<Wildmatch> include_;
  std::vector<Scope> scopes_;  ///< the first holds the options' patterns
};

/// Whether the content of a CACHEDIR.TAG is that of the Cache Directory Tagging specification.
bool is_cache_tag(std::string_view content) noexcept;
/// Bytes of it that decide.
inline constexpr std::size_t kCacheTagSize = 43;

/// A directory of restore that is never captured.
bool is_stage_name(std::string_view name) noexcept;

}  // namespace stravinsky
