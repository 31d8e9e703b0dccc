#!/bin/sh
# Measures stravinsky beside git, restic, borg, bup, ostree, casync and tar | zstd, on the same trees in one run.
set -eu

usage='Usage: sh tests/bench/peers.sh [OPTIONS] [CORPUS...]

Corpora: linux-source-6.1 (default), files, large-file, claude, versions; all of them: all

  --tools A,B    only these: stravinsky, git, restic, borg, bup, ostree, casync, tar
  --once A,B     these of them in the first round only: slow ones, whose seconds are far from ours
  --rounds N     rounds, of which the median counts; default 3
  --until STEP   the last step: first, again, changed, one, versions, list, verify, restore, restore_unread or in_place (default);
                 before restore, there need not be room for a second tree
  --scale X      only this share of a corpus, e.g. 0.01
  --seed N       which files change, and how; default 1
  --work DIR     where trees and stores are made; default: a new directory in /dev/shm
  --json FILE    write the figures as JSON
  --svg FILE     draw the seconds of the first corpus
  --markdown F   replace the tables of the measured corpora in this page (docs/performance.md)
  --from FILE    measure nothing, report from an earlier --json FILE
  --program P    measure this stravinsky; default: the release preset is built
  --no-install   take the tools that are there

The exit status is 1 if a tool failed or brought back something else than it was given.'

top=$(cd "$(dirname "$0")/../.." && pwd)
program=
install=yes
measure=yes
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    --no-install) install= ;;
    --program)
      program=${1:?--program takes a path}
      shift
      count=$((count - 1))
      ;;
    --from | --from=*)
      measure=
      set -- "$@" "$word"
      ;;
    *) set -- "$@" "$word" ;;
  esac
done

if [ -n "$measure" ]; then
  if [ -n "$install" ]; then sh "$top/cli/install_packages.sh" "$top/cli/packages.txt" "$top/tests/bench/packages.txt"; fi
  if [ -z "$program" ]; then
    # A directory of its own: an optimised build whatever build/release was configured with.
    launcher=
    if command -v ccache >/dev/null 2>&1; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
    cmake -S "$top" --preset release -B "$top/build/bench" -DSTRAVINSKY_TESTS=OFF -DSTRAVINSKY_WERROR=OFF $launcher >&2
    cmake --build "$top/build/bench" --target stravinsky >&2
    program=$top/build/bench/cli/stravinsky
  fi
  set -- --program "$program" "$@"
fi
exec python3 -B "$top/tests/bench/peers.py" "$@"
