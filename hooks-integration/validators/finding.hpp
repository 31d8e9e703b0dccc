#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/json_text.hpp"

namespace stravinsky::hooks {

enum class Severity : std::uint8_t {
  Error,       ///< a program that reads the file will refuse it, or part of it
  Warning,     ///< it will be read, and surely not as it was meant
  NotChecked,  ///< nothing is known about it: what would check it is not here
};
std::string_view name_of(Severity severity) noexcept;  ///< `error`, `warning`, `not_checked`

/// Something that is wrong with a file, and where.
struct Finding {
  std::string check;  ///< which of the eight checks found it; validators leave it empty
  std::string file;   ///< from the top of the profile's tree
  /// From 1; columns in characters. 0: unknown, or the whole file; in a binary file always.
  std::uint32_t line = 0, column = 0;
  std::string reason;  ///< a clause without capital and full stop
  Severity severity = Severity::Error;
  bool is_news = false;  ///< a change elsewhere brings it, whether the file is changed or not
};

/// `file:line:column: reason`, without what is not known.
std::string text_of(const Finding& finding);

/// What one validator finds in one file; at most `kMostFindings`, as a hostile file has millions.
class Findings {
 public:
  static constexpr std::size_t kMostFindings = 100;

  explicit Findings(std::string file) : file_(std::move(file)) {}

  void error(JsonPosition at, std::string reason) { add(Severity::Error, at, std::move(reason)); }
  void warning(JsonPosition at, std::string reason) {
    add(Severity::Warning, at, std::move(reason));
  }
  /// An error that is none of the file's own doing: what it names was there before the change.
  void news(JsonPosition at, std::string reason);
  void not_checked(std::string reason);
  void add(Severity severity, JsonPosition at, std::string reason);

  bool empty() const { return list_.empty(); }
  bool has_errors() const;
  const std::vector<Finding>& list() const { return list_; }
  /// In the order of the text.
  std::vector<Finding> take();

 private:
  std::string file_;
  std::vector<Finding> list_;
};

}  // namespace stravinsky::hooks
