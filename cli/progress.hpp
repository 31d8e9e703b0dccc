#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
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

/// Shows how far a long operation is, with rate and time left, and passes on that a signal came.
/// Draws from whichever thread reports work, so it needs none of its own.
class ShownProgress final : public Progress {
 public:
  ShownProgress(std::string label, ProgressStyle style, Output& out);

  void expect(std::uint64_t files, std::uint64_t bytes) override;
  void advance(std::uint64_t files, std::uint64_t bytes) override;
  bool cancelled() override;
  /// Takes the bar off the terminal.
  void finish();

 private:
  using SteadyClock = std::chrono::steady_clock;

  void draw_if_due();
  void draw(SteadyClock::time_point now);
  std::string text(double seconds) const;

  const std::string label_;
  const ProgressStyle style_;
  Output& out_;
  const SteadyClock::time_point start_ = SteadyClock::now();
  std::atomic<std::uint64_t> files_expected_{0}, bytes_expected_{0}, files_{0}, bytes_{0};
  std::mutex drawing_;
  SteadyClock::time_point next_;  ///< under drawing_
  bool shown_ = false;            ///< under drawing_
};

}  // namespace stravinsky::cli
