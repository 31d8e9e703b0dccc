#!/bin/sh
# Builds and runs all tests. The last line is `N passed, N failed`; the exit status is 0 if none failed.
set -eu

usage='Usage: sh tests/run.sh [--all] [--asan | --tsan]

  --all   long sweeps and random tests with many rounds (STRAVINSKY_ALL=1)
  --asan  with address and undefined-behaviour sanitizers
  --tsan  with the thread sanitizer

STRAVINSKY_SEED=N repeats the random tests of the run that printed N.'

preset=dev
more_packages=
limit=1200 # seconds for one test: a hang must end
while [ $# -gt 0 ]; do
  case $1 in
    --all)
      STRAVINSKY_ALL=1
      export STRAVINSKY_ALL
      limit=14400
      more_packages=tests/packages_all.txt # what only the long tests read
      ;;
    --asan | --tsan) preset=${1#--} ;;
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    *)
      printf "error: unknown argument '%s'\nfix: sh tests/run.sh --help\n" "$1" >&2
      exit 2
      ;;
  esac
  shift
done

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
sh cli/install_packages.sh cli/packages.txt tests/packages.txt ${more_packages:+"$more_packages"}

: "${STRAVINSKY_SEED:=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
export STRAVINSKY_SEED

set -- --preset "$preset"
if command -v ccache >/dev/null 2>&1; then set -- "$@" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cmake "$@"
cmake --build "build/$preset"

echo "STRAVINSKY_SEED=$STRAVINSKY_SEED"
results=build/$preset/results.xml
rm -f "$results"
ctest --test-dir "build/$preset" --no-tests=error --output-on-failure --timeout "$limit" -j "$(nproc)" \
  --output-junit "$top/$results" --test-output-size-passed 100000000 \
  --test-output-size-failed 100000000 </dev/null || true # the count decides
python3 tests/count_results.py "$results"
