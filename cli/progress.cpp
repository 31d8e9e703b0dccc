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

}  // namespace

ShownProgress::ShownProgress(std::string label, ProgressStyle style, Output& out)
    : label_(std::move(label)), style_(style), out_(out), next_(start_ + first_after(style)) {}

void ShownProgress::expect(std::uint64_t files, std::uint64_t bytes) {
  files_expected_ += files;
  bytes_expected_ += bytes;
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

std::string ShownProgress::text(double seconds) const {
  const std::uint64_t bytes = bytes_, expected = bytes_expected_, files = files_;
  const double rate = seconds > 0 ? double(bytes) / seconds : 0;
  std::string text = fmt::format("{}: {}, {} ({}/s)", label_, counted(files, "file"),
                                 human_size(bytes), human_size(static_cast<std::uint64_t>(rate)));
  // What is expected grows while the tree is walked: a share is shown only once it means something.
  if (expected > bytes && bytes > 0 && rate > 0) {
    text += fmt::format(", {:.0f} %, {} left", 100.0 * double(bytes) / double(expected),
                        clock_text(double(expected - bytes) / rate));
  }
  return text;
}

void ShownProgress::draw(SteadyClock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (style_ == ProgressStyle::Json) {
    out_.print(
        R"({{"type":"progress","schema":1,"label":"{}","files":{},"bytes":{},"files_expected":{},)"
        R"("bytes_expected":{},"seconds":{:.3f}}})"
        "\n",
        label_, files_.load(), bytes_.load(), files_expected_.load(), bytes_expected_.load(),
        seconds);
    out_.flush();
    return;
  }
  std::string line = text(seconds);
  if (style_ == ProgressStyle::Lines) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  const std::uint64_t bytes = bytes_, expected = bytes_expected_;
  const std::size_t width = terminal_width();
  constexpr std::size_t kBar = 20;
  if (expected > 0 && line.size() + kBar + 4 < width) {
    const auto full =
        static_cast<std::size_t>(double(kBar) * std::min(1.0, double(bytes) / double(expected)));
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
