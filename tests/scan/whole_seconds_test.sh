#!/bin/sh
# A filesystem that counts its times in whole seconds: two writes within one leave no trace in them.
# Needs root and a mount namespace of its own; exit status 77 without.
#
#   whole_seconds_test.sh STORE_TESTS
set -eu
. "$(dirname "$0")/../support/own_mounts.sh"
tests=$(realpath "$1")
mount_small_ext4 -I 128 # no room in an inode for nanoseconds
TMPDIR="$dir/small" "$tests" -tc='scan: a rewrite that the times*,scan: a write in the tick*,scan: a file whose content changes each*'
