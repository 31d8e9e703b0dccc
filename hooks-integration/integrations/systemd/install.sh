#!/bin/sh
# Copies the units to where systemd looks for those of this user, with the program's path in them. Safe to repeat.
set -eu

usage='Usage: sh install.sh [--uninstall] [--program PATH] [--units DIR]

Writes stravinsky-snapshot@.service and .timer to ~/.config/systemd/user (as root: /etc/systemd/system), or to --units DIR.
Then: systemctl --user enable --now stravinsky-snapshot@PROFILE.timer

Exit statuses: 0 done, 1 failure, 2 usage.'

fail() {
  printf 'error: %s\nfix: %s\n' "$1" "$2" >&2
  exit "${3:-1}"
}

uninstall=no program= scope=' --user' units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
if [ "$(id -u)" -eq 0 ]; then scope= units=/etc/systemd/system; fi
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) uninstall=yes ;;
    --program | --units)
      [ $# -ge 2 ] || fail "nothing after $1" 'sh install.sh --help' 2
      if [ "$1" = --program ]; then program=$2; else units=$2; fi
      shift
      ;;
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    *) fail "unknown argument '$1'" 'sh install.sh --help' 2 ;;
  esac
  shift
done

if [ $uninstall = yes ]; then
  rm -f "$units/stravinsky-snapshot@.service" "$units/stravinsky-snapshot@.timer"
  echo "Removed the units from $units; still to do: systemctl$scope disable --now 'stravinsky-snapshot@*.timer'"
  exit 0
fi
[ -n "$program" ] || program=$(command -v stravinsky) ||
  fail 'cannot find the program stravinsky' 'install it, or name it: --program PATH'
case $program in
  *[!A-Za-z0-9/._+@:-]* | [!/]*) fail "cannot write '$program' into a unit" 'name it by an absolute path without blanks' ;;
esac
mkdir -p "$units"
from=$(cd "$(dirname "$0")" && pwd)
for unit in stravinsky-snapshot@.service stravinsky-snapshot@.timer; do
  sed "s|/usr/local/bin/stravinsky|$program|" "$from/$unit" >"$units/$unit.new"
  mv "$units/$unit.new" "$units/$unit"
  echo "Installed $units/$unit"
done
echo "Then: systemctl$scope daemon-reload && systemctl$scope enable --now stravinsky-snapshot@claude.timer"
