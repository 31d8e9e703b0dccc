#!/bin/sh
# Installs the library, moves what was installed, and builds a consumer against it in both ways.
# Usage: run.sh CMAKE BUILD_DIRECTORY WORK_DIRECTORY CXX
set -eu

cmake=$1 build=$2 work=$3 cxx=$4
here=$(cd "$(dirname "$0")" && pwd)
expected="cannot use 'config.json:1:2': expected a key in quotes, found the end of the text
a-$(printf b | sha256sum | cut -c1-6)"

check() { # HOW PROGRAM
  rm -rf "$work/try"
  mkdir -p "$work/try/live" "$work/try/keys"
  chmod 700 "$work/try/keys"
  echo content > "$work/try/live/file"
  "$2" "$work/try" > "$work/archive" 2> "$work/said" || echo "status $?" >> "$work/said"
  if [ "$(cat "$work/said")" != "$expected" ]; then
    printf '%s printed:\n%s\nexpected:\n%s\n' "$1" "$(cat "$work/said")" "$expected" >&2
    exit 1
  fi
  [ "$(tar --zstd -xOf "$work/archive" file)" = content ] || { echo "$1: the archive of the snapshot"; exit 1; }
  [ "$(git -C "$work/try/store/store.git" show consumer/first:file)" = content ] || { echo "$1: the snapshot"; exit 1; }
}

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --component development --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"

if grep -rIl -e "$work/first" -e "$build" "$work/moved"; then
  echo 'the files above know the place that they were built or installed in' >&2
  exit 1
fi

"$cmake" -S "$here" -B "$work/cmake" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$work/moved"
"$cmake" --build "$work/cmake"
check find_package "$work/cmake/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name stravinsky.pc)")
export PKG_CONFIG_PATH
# The flags are words, so they must be split.
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$here/consumer.cpp" -o "$work/consumer" $(pkg-config --cflags --libs stravinsky)
check pkg-config "$work/consumer"
