#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "present/words.hpp"
#include "signals.hpp"

namespace stravinsky::cli {
namespace {

using std::chrono::milliseconds;

milliseconds first_after(ProgressStyle style) {
  return style == ProgressStyle::Lines ? milliseconds(10'000) : milliseconds(500);
}

milliseconds again_after(ProgressStyle style) {
  if (style == ProgressStyle::Bar) return milliseconds(100);
  return style == ProgressStyle::Json ? milliseconds(1'000) : milliseconds(10'000);
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 359'999.0));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::uint64_t total_of(const Advance& advance) {
  return advance.is_known ? advance.expected : advance.estimated;
}

}  // namespace

std::optional<double> share_of(const Advance& advance) {
  const std::uint64_t total = total_of(advance);
  // An estimate that was already exceeded was none.
  if (total == 0 || advance.bytes > total || (!advance.is_known && advance.expected > total)) {
    return std::nullopt;
  }
  return double(advance.bytes) / double(total);
}

std::string progress_text(const std::string& label, const Advance& advance, double seconds) {
  const double rate = seconds > 0 ? double(advance.bytes) / seconds : 0;
  std::string text =
      fmt::format("{}: {}, {} ({}/s)", label, counted(advance.files, "file"),
                  human_size(advance.bytes), human_size(static_cast<std::uint64_t>(rate)));
  const auto share = share_of(advance);
  if (share && advance.bytes > 0 && rate > 0) {
    text += fmt::format(", {}{:.0f} %, {} left", advance.is_known ? "" : "about ", 100 * *share,
                        clock_text(double(total_of(advance) - advance.bytes) / rate));
  }
  return text;
}

ShownProgress::ShownProgress(std::string label, ProgressStyle style, Output& out, std::size_t trees)
    : label_(std::move(label)),
      style_(style),
      out_(out),
      trees_left_(trees),
      next_(start_ + first_after(style)) {}

void ShownProgress::expect(std::uint64_t files, std::uint64_t bytes) {
  is_known_ = false;
  files_expected_ += files;
  bytes_expected_ += bytes;
}

void ShownProgress::estimate(std::uint64_t bytes) { estimated_ += bytes; }

void ShownProgress::all_expected() {
  if (trees_left_ > 0) --trees_left_;
  is_known_ = trees_left_ == 0;
}

void ShownProgress::advance(std::uint64_t files, std::uint64_t bytes) {
  files_ += files;
  bytes_ += bytes;
  draw_if_due();
}

bool ShownProgress::cancelled() {
  draw_if_due();
  return signals::received() != 0;
}

void ShownProgress::draw_if_due() {
  if (style_ == ProgressStyle::None) return;
  const std::unique_lock held(drawing_, std::try_to_lock);
  if (!held) return;  // somebody else draws: no reason to wait
  const auto now = SteadyClock::now();
  if (now < next_) return;
  next_ = now + again_after(style_);
  draw(now);
}

Advance ShownProgress::state() const {
  return {.files = files_,
          .bytes = bytes_,
          .expected = bytes_expected_,
          .estimated = estimated_,
          .is_known = is_known_};
}

void ShownProgress::draw(SteadyClock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (style_ == ProgressStyle::Json) {
    out_.print(
        R"({{"type":"progress","schema":1,"label":"{}","files":{},"bytes":{},"files_expected":{},)"
        R"("bytes_expected":{},"all_expected":{},"seconds":{:.3f}}})"
        "\n",
        label_, files_.load(), bytes_.load(), files_expected_.load(), bytes_expected_.load(),
        is_known_.load(), seconds);
    out_.flush();
    return;
  }
  const Advance advance = state();
  std::string line = progress_text(label_, advance, seconds);
  if (style_ == ProgressStyle::Lines) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  const std::size_t width = terminal_width();
  constexpr std::size_t kBar = 20;
  const auto share = share_of(advance);
  if (share && line.size() + kBar + 4 < width) {
    const auto full = static_cast<std::size_t>(double(kBar) * *share);
    line = fmt::format("[{}{}] {}", std::string(full, '#'), std::string(kBar - full, '.'), line);
  }
  if (line.size() >= width) line.resize(width - 1);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ShownProgress::finish() {
  const std::lock_guard held(drawing_);
  if (shown_) std::fprintf(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace stravinsky::cli
