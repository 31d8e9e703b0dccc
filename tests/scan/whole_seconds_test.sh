#!/bin/sh
# A filesystem that counts its times in whole seconds: two writes within one leave no trace in them.
# Needs root and a mount namespace of its own; exit status 77 without.
#
#   whole_seconds_test.sh STORE_TESTS
set -eu
tests=$(realpath "$1")
if [ "${2-}" != inside ]; then
  [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null || { echo "SKIP: needs root and mount namespaces"; exit 77; }
  exec unshare -m sh "$0" "$tests" inside
fi
dir=$(mktemp -d)
trap 'umount "$dir/coarse" 2> /dev/null; rm -rf "$dir"' EXIT
mkdir "$dir/coarse"
truncate -s 60M "$dir/image"
mkfs.ext4 -q -I 128 "$dir/image" # no room in an inode for nanoseconds
mount -o loop "$dir/image" "$dir/coarse" || { echo "SKIP: no loop devices"; exit 77; }
TMPDIR="$dir/coarse" "$tests" -tc='scan: a rewrite that the times*,scan: a write in the tick*,scan: a file whose content changes each*'
