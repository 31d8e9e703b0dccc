#!/bin/sh
# Bringing back in place where names cannot move freely: on an overlay as containers have, in a tree with a bind mount
# in it, and in roots on two filesystems. Needs root, a mount namespace of its own and overlays; exit status 77 without.
#
#   mounts_test.sh PROGRAM
set -eu
. "$(dirname "$0")/../support/own_mounts.sh"
program=$(realpath "$1")
cd "$dir"
export HOME="$dir" STRAVINSKY_STORE="$dir/store" XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"
mkdir -p lower/tree/d upper work merged bound live/sub
cat > settings.json << END
{"profiles": {"overlay": {"roots": [{"path": "$dir/merged/tree"}]}, "bound": {"roots": [{"path": "$dir/live"}]},
 "both": {"roots": [{"path": "$dir/here", "mount": "here"}, {"path": "$dir/there/root", "mount": "there"}]}}}
END

run() { "$program" --config settings.json -q "$@" > out 2>&1 || { echo "FAILED: $*"; cat out; exit 1; }; }
expect() { [ "$(cat "$1" 2>&1)" = "$2" ] || { echo "FAILED: $1 holds $(cat "$1"), not $2"; exit 1; }; }
settled() {
  "$program" operations > out 2>&1 && grep -q "No operations" out || { echo "FAILED: an operation is pending"; cat out; exit 1; }
  left=$(find . -name '.stravinsky-*')
  [ -z "$left" ] || { echo "FAILED: left behind: $left"; exit 1; }
}

for name in a c d/b; do echo "$name" > "lower/tree/$name"; done
skipped=
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
else
  skipped="no overlay can be mounted on $(stat -f -c %T "$dir")"
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

# Roots on two filesystems change together or not at all.
mkdir here there
mount -t tmpfs -o size=2M tmpfs there
mkdir there/root
touch there/filler
for root in here there/root; do
  echo first > "$root/file"
  head -c 500000 /dev/urandom > "$root/large"
done
run snapshot -P both --name first
second() {
  for root in here there/root; do
    echo second > "$root/file"
    rm "$root/large"
    mkdir "$root/new"
  done
}
are() { # STATE: what both roots are in
  for root in here there/root; do expect "$root/file" "$1"; done
  for root in here there/root; do
    [ "$1" = first ] && [ -e "$root/large" ] && [ ! -e "$root/new" ] ||
      { [ "$1" = second ] && [ ! -e "$root/large" ] && [ -e "$root/new" ]; } || { echo "FAILED: $root is not $1"; exit 1; }
  done
}
second
run -P both rollback to first
are first
run -P both rollback undo
are second
settled

head -c 1900000 /dev/zero > there/filler
status=0
"$program" --config settings.json -q -P both rollback to first > out 2>&1 || status=$?
[ "$status" = 26 ] && grep -q "there" out || { echo "FAILED: on a full disk $status"; cat out; exit 1; }
are second
settled
: > there/filler

if command -v strace > /dev/null; then
  point=0
  while point=$((point + 1)); do
    status=0
    strace -f -qq -o trace -e trace=renameat2 -e "inject=renameat2:signal=SIGKILL:when=$point" \
      "$program" --config settings.json -q -P both rollback to first > out 2>&1 || status=$?
    [ "$status" != 0 ] || break
    run operations "$([ $((point % 2)) = 0 ] && echo finish || echo revert)"
    if [ "$(cat here/file)" = first ]; then
      are first
      run -P both rollback undo
    fi
    are second
    settled
  done
  are first
  [ "$point" -gt 6 ] || { echo "FAILED: only $point exchanges over two roots"; exit 1; }
else
  skipped="strace is not installed"
fi
[ -z "$skipped" ] || { echo "SKIP: $skipped; all else works"; exit 77; }
echo "bringing back works on overlays, across bind mounts and over two filesystems"
