#include "stravinsky/progress.hpp"

namespace stravinsky {

void Progress::expect(std::uint64_t, std::uint64_t) {}
void Progress::estimate(std::uint64_t) {}
void Progress::all_expected() {}
void Progress::advance(std::uint64_t, std::uint64_t) {}
bool Progress::cancelled() { return false; }

Progress& no_progress() {
  static Progress none;
  return none;
}

}  // namespace stravinsky
