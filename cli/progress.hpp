#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "output.hpp"
#include "stravinsky/progress.hpp"

namespace stravinsky::cli {

/// Where progress goes.
enum class ProgressStyle {
  None,   ///< nowhere, but signals are still obeyed
  Bar,    ///< one line of a terminal (standard error), after half a second
  Lines,  ///< a line on standard error every ten seconds
  Json,   ///< a JSON line on standard output every second
};

/// How far an operation is.
struct Advance {
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t expected = 0;   ///< bytes, as far as is known yet
  std::uint64_t estimated = 0;  ///< bytes that it may come to; 0: nobody knows
  bool is_known = false;        ///< `expected` is all there is
};
/// Which part of 1 is done; empty while that is not known. What is known so far says nothing: it
/// runs a little ahead of what is done.
std::optional<double> share_of(const Advance& advance);
/// Such as `reading: 12 files, 3.4 MB (1.1 MB/s), 40 %, 0:05 left`; an estimate is `about`.
std::string progress_text(const std::string& label, const Advance& advance, double seconds);

/// Shows how far a long operation is, with rate and time left, and passes on that a signal came.
/// Draws from whichever thread reports work, so it needs none of its own.
class ShownProgress final : public Progress {
 public:
  /// @param trees  how many trees will be walked: only then it is known what they come to
  ShownProgress(std::string label, ProgressStyle style, Output& out, std::size_t trees = 1);

  void expect(std::uint64_t files, std::uint64_t bytes) override;
  void estimate(std::uint64_t bytes) override;
  void all_expected() override;
  void advance(std::uint64_t files, std::uint64_t bytes) override;
  bool cancelled() override;
  /// Takes the bar off the terminal.
  void finish();

 private:
  using SteadyClock = std::chrono::steady_clock;

  void draw_if_due();
  void draw(SteadyClock::time_point now);
  Advance state() const;

  const std::string label_;
  const ProgressStyle style_;
  Output& out_;
  const SteadyClock::time_point start_ = SteadyClock::now();
  std::atomic<std::uint64_t> files_expected_{0}, bytes_expected_{0}, files_{0}, bytes_{0};
  std::atomic<std::uint64_t> estimated_{0};
  std::atomic<std::size_t> trees_left_;
  std::atomic<bool> is_known_{false};
  std::mutex drawing_;
  SteadyClock::time_point next_;  ///< under drawing_
  bool shown_ = false;            ///< under drawing_
};

}  // namespace stravinsky::cli
