#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace stravinsky {

/// A full ref name that git accepts, such as `refs/tags/claude/20261120_093000`.
class RefName {
 public:
  /// @throws Error Invalid: git would refuse it. Source: git-check-ref-format(1).
  static RefName parse(std::string_view text);
  static bool is_valid(std::string_view text) noexcept;

  const std::string& str() const noexcept { return name_; }
  bool starts_with(std::string_view prefix) const noexcept { return name_.starts_with(prefix); }
  auto operator<=>(const RefName&) const = default;

 private:
  explicit RefName(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace stravinsky
