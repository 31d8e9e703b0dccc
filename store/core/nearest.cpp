#include "stravinsky/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace stravinsky {
namespace {

constexpr std::size_t kLongest = 100;

/// Optimal string alignment, row by row: a swap of neighbours needs the last two rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::optional<std::string> find_nearest(std::string_view name, std::span<const std::string> known) {
  if (name.size() > kLongest) return std::nullopt;
  std::optional<std::string> nearest;
  std::size_t best = std::max<std::size_t>(name.size() / 3, 1) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongest) continue;
    const std::size_t steps = distance(name, candidate);
    if (steps >= best) continue;
    best = steps;
    nearest = candidate;
  }
  return nearest;
}

std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known,
                                 std::size_t limit) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  const std::size_t furthest = std::max<std::size_t>(2, name.size() / 3);
  for (const std::string& candidate : known) {
    if (name.empty() || name.size() > kLongest || candidate.size() > kLongest) continue;
    const std::size_t steps = candidate.starts_with(name) ? 0 : distance(name, candidate);
    if (steps <= furthest) ranked.emplace_back(steps, candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> best;
  for (auto& [steps, candidate] : ranked) {
    if (best.size() == limit) break;
    if (std::find(best.begin(), best.end(), candidate) == best.end()) {
      best.push_back(std::move(candidate));
    }
  }
  return best;
}

}  // namespace stravinsky
