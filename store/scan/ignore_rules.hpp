#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scan/wildmatch.hpp"

namespace stravinsky {

/// The patterns of one `.gitignore` file, with git's meaning. Threads: const members from any.
class IgnoreRules {
 public:
  enum class Verdict { None, Ignored, Kept };

  /// Adds the lines of a file: comments, blank lines, `\r\n`, a byte order mark.
  void add_file(std::string_view content);
  /// Adds one pattern as a line would hold it.
  void add_line(std::string_view line);
  bool empty() const noexcept { return rules_.empty(); }

  /// What the last matching pattern says. Whether a directory above is ignored is the caller's
  /// business: nothing below one can be kept.
  /// @param path          from the directory of the file, without leading '/'
  /// @param name          the last component of `path`
  Verdict judge(std::string_view path, std::string_view name, bool is_directory) const;

 private:
  struct Rule {
    bool negated = false, directory_only = false;
    bool by_name = false;  ///< no '/' within: matched against the last component anywhere below
    std::string literal;   ///< what comes before the first wildcard
    bool has_glob = false;
    bool ends_with = false;                 ///< `*literal`, by far the most frequent glob
    std::unique_ptr<const Wildmatch> glob;  ///< of what follows `literal`; by name: of all
  };
  static bool matches(const Rule& rule, std::string_view path, std::string_view name);

  std::vector<Rule> rules_;
};

}  // namespace stravinsky
