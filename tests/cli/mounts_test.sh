#!/bin/sh
# Bringing back in place where names cannot move freely: on an overlay as containers have, and in a tree with a bind
# mount in it. Needs root and a mount namespace of its own; exit status 77 without.
#
#   mounts_test.sh PROGRAM
set -eu
. "$(dirname "$0")/../support/own_mounts.sh"
program=$(realpath "$1")
cd "$dir"
export HOME="$dir" STRAVINSKY_STORE="$dir/store" XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
mkdir -p lower/tree/d upper work merged bound live/sub
cat > settings.json << END
{"profiles": {"overlay": {"roots": [{"path": "$dir/merged/tree"}]}, "bound": {"roots": [{"path": "$dir/live"}]}}}
END

run() { "$program" --config settings.json -q "$@" > out 2>&1 || { echo "FAILED: $*"; cat out; exit 1; }; }
expect() { [ "$(cat "$1" 2>&1)" = "$2" ] || { echo "FAILED: $1 holds $(cat "$1"), not $2"; exit 1; }; }
settled() {
  "$program" operations > out 2>&1 && grep -q "No operations" out || { echo "FAILED: an operation is pending"; cat out; exit 1; }
  left=$(find . -name '.stravinsky-*')
  [ -z "$left" ] || { echo "FAILED: left behind: $left"; exit 1; }
}

for name in a c d/b; do echo "$name" > "lower/tree/$name"; done
if mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged 2> /dev/null; then
  cd "$dir"
  run snapshot -P overlay --name first
  echo changed > merged/tree/a
  rm -r merged/tree/d merged/tree/c
  mkdir merged/tree/c
  run -P overlay rollback to first
  for name in a c d/b; do expect "merged/tree/$name" "$name"; done
  run -P overlay rollback undo
  expect merged/tree/a changed
  [ -d merged/tree/c ] && [ ! -e merged/tree/d ] || { echo "FAILED: undo on an overlay"; exit 1; }
  settled
fi

for name in x y; do echo "$name" > "bound/$name"; done
mount --bind bound live/sub
echo top > live/top
run snapshot -P bound --name first
echo changed > live/sub/x
rm live/sub/y
echo changed > live/top
run -P bound rollback to first
expect live/sub/x x
expect live/sub/y y
expect live/top top
settled
echo "bringing back works on overlays and across bind mounts"
