#!/bin/sh
# A filesystem so small that what is freed is given out again at once: inode numbers alone do not tell who is who.
# Needs root and a mount namespace of its own; exit status 77 without.
#
#   inodes_test.sh STORE_TESTS
set -eu
. "$(dirname "$0")/../support/own_mounts.sh"
tests=$(realpath "$1")
mount_small_ext4 -N 2048
TMPDIR="$dir/small" "$tests" -tc='restore: an inode that*,restore: an edit while*'
