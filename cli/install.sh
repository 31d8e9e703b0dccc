#!/bin/sh
# Builds stravinsky and installs it. Safe to repeat.
set -eu

usage='Usage: sh cli/install.sh [--prefix DIR]

Installs the Debian packages that the build takes (only those that are missing), builds the release
in build/install, and installs it to DIR: by --prefix, else $PREFIX, else /usr/local.'

fail() {
  printf 'error: %s\n' "$1" >&2
  printf 'fix: %s\n' "$2" >&2
  exit "${3:-1}"
}

prefix=${PREFIX:-/usr/local}
while [ $# -gt 0 ]; do
  case $1 in
    --prefix)
      [ $# -ge 2 ] || fail 'no directory after --prefix' 'sh cli/install.sh --prefix DIR' 2
      prefix=$2
      shift 2
      ;;
    --prefix=*)
      prefix=${1#--prefix=}
      shift
      ;;
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    *) fail "unknown argument '$1'" 'sh cli/install.sh --help' 2 ;;
  esac
done
case $prefix in
  '') fail 'the prefix is empty' 'sh cli/install.sh --prefix DIR' 2 ;;
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build/install

sh "$top/cli/install_packages.sh" "$top/cli/packages.txt"

mkdir -p "$top/build"
echo "Building in $build"
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSTRAVINSKY_TESTS=OFF \
  -DCMAKE_INSTALL_PREFIX="$prefix" >"$build.log" 2>&1 || {
  cat "$build.log" >&2
  fail 'the build could not be configured' 'see above' 1
}
cmake --build "$build"

echo "Installing to $prefix"
# The nearest directory that exists decides who may write.
nearest=$prefix
while [ ! -d "$nearest" ]; do nearest=$(dirname "$nearest"); done
if [ -w "$nearest" ]; then
  cmake --install "$build" >/dev/null
elif command -v sudo >/dev/null 2>&1; then
  sudo cmake --install "$build" >/dev/null
else
  fail "'$nearest' is not yours to write" 'sh cli/install.sh --prefix "$HOME/.local"'
fi

program=$prefix/bin/stravinsky
"$program" --version >/dev/null ||
  fail "the installed program '$program' does not start" 'see above'
echo "Installed $("$program" --version): $program"
case ":$PATH:" in
  *":$prefix/bin:"*) ;;
  *) echo "Its directory is not in PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
