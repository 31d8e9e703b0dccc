#!/bin/sh
# Configures every preset: what breaks only under some of them breaks here.
#   presets_test.sh SCRATCH
set -eu
cd "$(dirname "$0")/../.."
scratch=$1
presets=$(cmake --list-presets=configure | sed -n 's/^ *"\([a-z]*\)".*/\1/p')
[ -n "$presets" ] || { echo 'no presets are listed'; exit 1; }
for preset in $presets; do
  rm -rf "$scratch"
  cmake --preset "$preset" -B "$scratch" >"$scratch.log" 2>&1 || {
    echo "the preset $preset does not configure:"
    cat "$scratch.log"
    exit 1
  }
  echo "$preset configures"
done
rm -rf "$scratch" "$scratch.log"
