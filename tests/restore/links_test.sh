#!/bin/sh
# A restore that cannot look at the first name of a hard-link group either links the further ones all the same, or names
# what it lost and ends with 3. Needs strace; exit status 77 without.
#
#   links_test.sh PROGRAM
set -eu
program=$(realpath "$1")
strace -o /dev/null true 2> /dev/null || { echo "SKIP: no strace"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME="$dir" XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state" STRAVINSKY_STORE="$dir/store" USER=tester
# A sanitized program cannot look for leaks while it is traced.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
mkdir -p source/d
echo linked > source/d/a
ln source/d/a source/d/b
ln source/d/a source/z
"$program" -q snapshot source -P p --name one

failures=0 lost=0
complain() {
  echo "$error at call $n of $call: $1"
  cat said
  failures=$((failures + 1))
}
for call in openat2 newfstatat readlinkat linkat; do
  for error in EIO EACCES EMFILE; do
    for n in 1 2 3 4; do
      rm -rf out
      status=0
      strace -f -qq -o trace -e trace="$call" -e inject="$call:error=$error:when=$n" \
        "$program" checkout p/one --to out > said 2>&1 || status=$?
      grep -q INJECTED trace || continue
      case $status in
        0) [ "$(stat -c %h out/d/a out/d/b out/z | tr '\n' ' ')" = "3 3 3 " ] || complain "a link is lost, and nobody said so" ;;
        3)
          grep -Eq '^(Incomplete|Not restored): (d/[ab]|d|z): .' said || complain "3 without a word"
          lost=$((lost + 1))
          for name in d/a d/b z; do
            grep -Eq "^Not restored: ($name|d): " said || cmp -s "out/$name" source/d/a || complain "$name is wrong"
          done ;;
        # Of 127 the loader says why: we were not even started.
        *) grep -Eq '^error: |error while loading shared libraries' said || complain "ended by $status without a word" ;;
      esac
    done
  done
done
[ "$lost" -gt 0 ] || { echo "no link was ever lost: nothing was tested"; failures=1; }
echo "$lost restores without a link, $failures findings"
[ "$failures" = 0 ]
