#!/bin/sh
# Installs the Debian packages named in the given files, one a line, as far as they are missing. A
# name with ` [amd64]` behind it is wanted on that architecture only, as in debian/control.
# Usage: install_packages.sh FILE...
set -eu

fail() {
  printf 'error: %s\n' "$1" >&2
  printf 'fix: %s\n' "$2" >&2
  exit 1
}

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo 'This is no Debian system; the build says what it cannot find. Debian calls it:'
  sed 's/ \[.*//' "$@" | tr '\n' ' '
  echo
  exit 0
fi

arch=$(dpkg --print-architecture)
missing=
for package in $(sed -e "s/ \[$arch\]\$//" -e '/\[/d' "$@"); do
  status=$(dpkg-query -W -f='${db:Status-Status} ' "$package" 2>/dev/null) || status=
  # One that others only mention is 'not-installed'.
  case " $status" in
    *' installed '*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

echo "Installing packages:$missing"
if [ "$(id -u)" -eq 0 ]; then
  root=
elif ! command -v sudo >/dev/null 2>&1; then
  fail 'packages are missing, and this is neither root nor is there sudo' \
    "as root: apt-get install$missing"
elif [ -t 0 ]; then
  root=sudo
else
  root='sudo -n' # nobody is there to type a password
  $root true 2>/dev/null || fail 'packages are missing, and sudo wants a password' \
    "sudo apt-get install$missing"
fi

apt() {
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null
}

# The lists of a fresh system are empty, those of an old one name files that are gone: only then is
# it worth asking for new ones.
known=yes
for package in $missing; do
  apt-cache show "$package" >/dev/null 2>&1 || known=
done
# shellcheck disable=SC2086
if [ -z "$known" ] || ! apt install --no-install-recommends $missing; then
  apt update
  apt install --no-install-recommends $missing ||
    fail 'apt-get could not install the packages' "see above, then: apt-get install$missing"
fi
