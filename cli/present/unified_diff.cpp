#include "unified_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <vector>

namespace stravinsky::cli {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::ptrdiff_t kMaxEdits = 2000;

/// Lines with their newlines; only the last may lack one.
std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const std::size_t length = newline == std::string_view::npos ? text.size() : newline + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

/// Which lines go and which come; all others are common and in the same order on both sides.
struct Script {
  std::vector<std::string_view> before, after;
  std::vector<bool> removed, added;
};

using Numbers = std::vector<std::uint32_t>;

/// Marks a shortest edit script between two sequences.
/// Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986, figure 2. The
/// furthest points of each number of edits are kept to walk back: (edits + 1)² numbers at most.
/// @returns false when it takes more than kMaxEdits
bool mark_shortest(const Numbers& a, const Numbers& b, std::size_t offset, Script& script) {
  const auto n = static_cast<std::ptrdiff_t>(a.size()), m = static_cast<std::ptrdiff_t>(b.size());
  const auto at = [](const Numbers& numbers, std::ptrdiff_t i) {
    return numbers[static_cast<std::size_t>(i)];
  };
  std::vector<std::vector<std::int32_t>> trace;  // trace[d][k + d]: furthest x on diagonal k
  const auto furthest = [&trace](std::ptrdiff_t d, std::ptrdiff_t k) -> std::ptrdiff_t {
    if (d < 0) return k == 1 ? 0 : -1;
    if (k < -d || k > d) return -1;
    return trace[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
  };
  const auto comes_down = [&](std::ptrdiff_t d, std::ptrdiff_t k) {
    return k == -d || (k != d && furthest(d - 1, k - 1) < furthest(d - 1, k + 1));
  };
  std::ptrdiff_t d = 0;
  for (bool done = false; !done; ++d) {
    if (d > kMaxEdits) return false;
    trace.emplace_back(static_cast<std::size_t>(2 * d + 1), -1);
    for (std::ptrdiff_t k = -d; k <= d && !done; k += 2) {
      std::ptrdiff_t x = comes_down(d, k) ? furthest(d - 1, k + 1) : furthest(d - 1, k - 1) + 1;
      std::ptrdiff_t y = x - k;
      while (x < n && y < m && at(a, x) == at(b, y)) {
        ++x;
        ++y;
      }
      trace.back()[static_cast<std::size_t>(k + d)] = static_cast<std::int32_t>(x);
      done = x >= n && y >= m;
    }
  }
  std::ptrdiff_t x = n, y = m;
  for (--d; d > 0; --d) {
    const std::ptrdiff_t k = x - y;
    const bool down = comes_down(d, k);
    const std::ptrdiff_t from_k = down ? k + 1 : k - 1;
    const std::ptrdiff_t from_x = furthest(d - 1, from_k), from_y = from_x - from_k;
    if (down) {
      script.added[offset + static_cast<std::size_t>(from_y)] = true;
    } else {
      script.removed[offset + static_cast<std::size_t>(from_x)] = true;
    }
    x = from_x;
    y = from_y;
  }
  return true;
}

Script compare(std::string_view before, std::string_view after) {
  Script script{
      .before = split_lines(before), .after = split_lines(after), .removed = {}, .added = {}};
  const auto &a = script.before, &b = script.after;
  script.removed.assign(a.size(), false);
  script.added.assign(b.size(), false);

  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t head = 0, tail = 0;
  while (head < shorter && a[head] == b[head]) ++head;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;

  std::unordered_map<std::string_view, std::uint32_t> known;
  const auto number = [&](const std::vector<std::string_view>& lines) {
    Numbers numbers;
    for (std::size_t i = head; i + tail < lines.size(); ++i) {
      numbers.push_back(
          known.emplace(lines[i], static_cast<std::uint32_t>(known.size())).first->second);
    }
    return numbers;
  };
  if (!mark_shortest(number(a), number(b), head, script)) {
    for (std::size_t i = head; i + tail < a.size(); ++i) script.removed[i] = true;
    for (std::size_t i = head; i + tail < b.size(); ++i) script.added[i] = true;
  }
  return script;
}

void append_line(std::string& text, char sign, std::string_view line) {
  text += sign;
  text += line;
  if (!line.ends_with('\n')) text += "\n\\ No newline at end of file\n";
}

/// One run of lines of both sides: [first, last).
struct Hunk {
  std::size_t a_first, a_last, b_first, b_last;
};

std::string range(std::size_t first, std::size_t last) {
  const std::size_t count = last - first;
  // An empty range names the line before it, as diff(1) does.
  if (count == 0) return fmt::format("{},0", first);
  return count == 1 ? fmt::format("{}", first + 1) : fmt::format("{},{}", first + 1, count);
}

void append_hunk(std::string& text, const Script& script, const Hunk& hunk) {
  fmt::format_to(std::back_inserter(text), "@@ -{} +{} @@\n", range(hunk.a_first, hunk.a_last),
                 range(hunk.b_first, hunk.b_last));
  std::size_t i = hunk.a_first, j = hunk.b_first;
  while (i < hunk.a_last || j < hunk.b_last) {
    if (i < hunk.a_last && script.removed[i]) {
      append_line(text, '-', script.before[i++]);
    } else if (j < hunk.b_last && script.added[j]) {
      append_line(text, '+', script.after[j++]);
    } else {
      append_line(text, ' ', script.before[i]);
      ++i;
      ++j;
    }
  }
}

}  // namespace

bool is_binary(std::string_view content) noexcept {
  return content.substr(0, 8000).find('\0') != std::string_view::npos;
}

LineCounts count_changed_lines(std::string_view before, std::string_view after) {
  const Script script = compare(before, after);
  const auto marked = [](const std::vector<bool>& marks) {
    return static_cast<std::size_t>(std::count(marks.begin(), marks.end(), true));
  };
  return {.added = marked(script.added), .removed = marked(script.removed)};
}

std::string unified_diff(std::string_view before, std::string_view after) {
  const Script script = compare(before, after);
  const std::size_t n = script.before.size(), m = script.after.size();
  std::string text;
  std::optional<Hunk> open;
  std::size_t i = 0, j = 0;
  while (i < n || j < m) {
    if ((i < n && script.removed[i]) || (j < m && script.added[j])) {
      if (!open) {
        const std::size_t context = std::min({kContext, i, j});
        open = Hunk{i - context, i, j - context, j};
      }
      while (i < n && script.removed[i]) ++i;
      while (j < m && script.added[j]) ++j;
      open->a_last = i;
      open->b_last = j;
      continue;
    }
    // Common lines: a run longer than two contexts ends the hunk.
    std::size_t run = 0;
    while (i + run < n && j + run < m && !script.removed[i + run] && !script.added[j + run]) ++run;
    const bool last = i + run == n && j + run == m;
    if (open && (last || run > 2 * kContext)) {
      const std::size_t context = std::min(run, kContext);
      open->a_last += context;
      open->b_last += context;
      append_hunk(text, script, *open);
      open.reset();
    }
    i += run;
    j += run;
  }
  if (open) append_hunk(text, script, *open);
  return text;
}

}  // namespace stravinsky::cli
