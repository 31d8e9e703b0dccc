#!/bin/sh
# Whether somebody writes to a file that is replaced, where the kernel gives us no lease on it: /proc is asked, and the
# answer said to be no proof. Needs root and setpriv; exit status 77 without.
#
#   leases_test.sh PROGRAM
set -eu
program=$(realpath "$1")
[ "$(id -u)" = 0 ] && setpriv --bounding-set -lease --inh-caps -lease true 2> /dev/null ||
  { echo "SKIP: needs root and setpriv"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME="$dir" STRAVINSKY_STORE="$dir/store" XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"

fail() { echo "FAILED: $1"; cat out; exit 1; }
run() { # STATUS WORD...: without the capability that lets root take leases on the files of others
  wanted=$1
  shift
  status=0
  setpriv --bounding-set -lease --inh-caps -lease "$program" -P live "$@" > out 2>&1 || status=$?
  [ "$status" = "$wanted" ] || fail "$* ended with $status, not $wanted"
}
expect() { grep -q -e "$1" out || fail "no '$1' in:"; }

mkdir live
for name in a b c; do echo one > "live/$name"; done
chown -R 12345 live
run 0 snapshot live --name one
for name in a b c; do echo two > "live/$name"; done
run 0 rollback to one
expect "live/a' was, and to 2 more files, cannot be proved here; /proc shows nobody"
run 0 rollback undo
[ "$(cat live/a live/b live/c | sort -u)" = two ] || fail "undo"

# A writer is found in /proc all the same: what it writes to is kept and named.
exec 3>> live/b
run 3 rollback to one
expect "^In use: .*live/b: written to by .* kept as .*"
expect "live/a' was, and to 1 more file, cannot be proved"
echo late >&3
kept=$(find . -path './.stravinsky-stage-*' -name b)
[ "$(cat "$kept")" = "two
late" ] || fail "what was written late"
exec 3>&-
# It is the user's: it stays until he has taken it.
run 3 operations finish
[ -e "$kept" ] || fail "what was written late is gone"
rm "$kept"
run 0 operations finish
[ -z "$(find . -name '.stravinsky-stage-*')" ] || fail "the stage is left"
echo "without leases /proc is asked, and said to be no proof"
