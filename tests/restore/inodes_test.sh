#!/bin/sh
# A filesystem so small that what is freed is given out again at once: inode numbers alone do not tell who is who.
# Needs root and a mount namespace of its own; exit status 77 without.
#
#   inodes_test.sh STORE_TESTS
set -eu
tests=$(realpath "$1")
if [ "${2-}" != inside ]; then
  [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null || { echo "SKIP: needs root and mount namespaces"; exit 77; }
  exec unshare -m sh "$0" "$tests" inside
fi
dir=$(mktemp -d)
trap 'umount "$dir/small" 2> /dev/null; rm -rf "$dir"' EXIT
mkdir "$dir/small"
truncate -s 60M "$dir/image"
mkfs.ext4 -q -N 2048 "$dir/image"
mount -o loop "$dir/image" "$dir/small" || { echo "SKIP: no loop devices"; exit 77; }
TMPDIR="$dir/small" "$tests" -tc='restore: an inode that*,restore: an edit while*'
