#!/bin/sh
# What a snapshot and a restore do where the disk is full, other filesystems begin, and users have other numbers.
# Needs root and a mount namespace of its own; exit status 77 without.
#
#   filesystems_test.sh PROGRAM
set -eu
. "$(dirname "$0")/../support/own_mounts.sh"
program=$(realpath "$1")
cd "$dir"
export HOME="$dir" XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state"

fail() {
  echo "FAILED: $1"
  cat out
  exit 1
}
run() { # STATUS WORD...
  wanted=$1
  shift
  status=0
  "$program" "$@" > out 2>&1 || status=$?
  [ "$status" = "$wanted" ] || fail "$* ended with $status, not $wanted"
}
expect() { grep -q -e "$1" out || fail "no '$1' in:"; }

# A full disk: nothing of the snapshot is left, what was there can be read, and with room the next one works.
mkdir small live
mount -t tmpfs -o size=3M tmpfs small
export STRAVINSKY_STORE="$dir/small/store"
echo one > live/one
run 0 snapshot live -P live --name before
small_git() { git -C small/store/store.git "$@"; }
for large in one-file many-files chunks; do
  case $large in
    one-file) head -c 6000000 /dev/urandom > live/large ;;
    many-files) for i in $(seq 300); do head -c 20000 /dev/urandom > "live/large$i"; done ;;
    chunks) head -c 40000000 /dev/urandom > live/large ;;
  esac
  run 26 snapshot live -P live --name "$large"
  expect '^error: .*No space left on device'
  expect '^fix: '
  rm live/large*
  [ -z "$(find small/store/store.git -path '*/stravinsky/tmp/*' -o -name 'tmp_*')" ] || fail "$large: debris"
  small_git fsck --unreachable --strict > out 2>&1 && [ ! -s out ] || fail "$large: what nothing refers to"
  run 13 show "$large" -P live
  run 0 verify --read-data
  run 0 -q cat before:one -P live
  [ "$(cat out)" = one ] || fail "$large: the older snapshot"
done
run 0 snapshot live -P live --name after
run 0 verify --read-data
small_git fsck --unreachable --strict > out 2>&1 && [ ! -s out ] || fail "git fsck"
umount small

# A mount point is captured, and what is mounted there unless --one-file-system says otherwise.
export STRAVINSKY_STORE="$dir/store"
mkdir live/other
mount -t tmpfs tmpfs live/other
echo two > live/other/two
run 0 -q snapshot live -P mounts --name all
run 0 -q snapshot live -P mounts --name one --one-file-system
run 0 -q ls -R all -P mounts
printf 'one\nother\nother/two\n' | diff - out || fail "all filesystems"
run 0 -q ls -R one -P mounts
printf 'one\nother\n' | diff - out || fail "one filesystem"
umount live/other

# Who owns a file is a name; here it has another number than where the snapshot was made.
user=$(awk -F: '$3 > 0 { print $1 ":" $3; exit }' /etc/passwd)
number=${user#*:}
chown "$number" live/one
run 0 -q snapshot live -P owners --name owned
sed "s/^\(${user%:*}:[^:]*\):$number:/\1:54321:/" /etc/passwd > passwd
mount --bind passwd /etc/passwd
run 0 -q checkout owned --to by-name -P owners
run 0 -q checkout owned --to by-number -P owners --numeric-ids
run 0 -q checkout owned --to by-nobody -P owners --no-owner
echo "$(stat -c %u by-name/one by-number/one by-nobody/one | tr '\n' ' ')" > out
[ "$(cat out)" = "54321 $number 0 " ] || fail "owners by name, by number, and as they come"
umount /etc/passwd

# What was written is read back, unless --no-verify says otherwise.
if command -v strace > /dev/null; then
  for verify in '' --no-verify; do
    rm -rf restored
    rm -f trace.*
    strace -ff -qq -y -e trace=read,pread64 -o trace "$program" -q checkout owned --to restored -P owners $verify > out 2>&1 ||
      fail "checkout $verify"
    cat trace.* | grep -c 'restored.*"one' > "reads$verify" || :
    cat trace.* >> out
  done
  [ "$(cat reads)" -gt 0 ] && [ "$(cat reads--no-verify)" = 0 ] || fail "reading back"
fi
echo "full disks, mount points and owners are as documented"
