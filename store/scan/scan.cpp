#include "scan/scan.hpp"

#include "scan/walk.hpp"

namespace stravinsky {

ScanResult scan(const ScanOptions& options, StatCache& cache, ScanSink& sink, Progress& progress) {
  ScanResult result;
  Scanner scanner(options, cache.parts(), sink, progress, result);
  Walk(scanner).run();
  progress.all_expected();
  scanner.finish();
  return result;
}

}  // namespace stravinsky
