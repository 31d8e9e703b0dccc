#!/bin/sh
# Has apt capture /etc before and after it changes packages, or ends that. Safe to repeat.
set -eu

usage='Usage: sh install.sh [--uninstall] [--program PATH] [--directory DIR] [--conf DIR]

Writes 05stravinsky to /etc/apt/apt.conf.d, or to --conf DIR. --directory DIR is captured in place of /etc.

Exit statuses: 0 done, 1 failure, 2 usage.'

fail() {
  printf 'error: %s\nfix: %s\n' "$1" "$2" >&2
  exit "${3:-1}"
}

uninstall=no program= directory=/etc conf=/etc/apt/apt.conf.d
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) uninstall=yes ;;
    --program | --directory | --conf)
      [ $# -ge 2 ] || fail "nothing after $1" 'sh install.sh --help' 2
      case $1 in
        --program) program=$2 ;;
        --directory) directory=$2 ;;
        *) conf=$2 ;;
      esac
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

file=$conf/05stravinsky
if [ $uninstall = yes ]; then
  rm -f "$file"
  echo "Removed $file"
  exit 0
fi

[ -n "$program" ] || program=$(command -v stravinsky) ||
  fail 'cannot find the program stravinsky' 'install it, or name it: --program PATH'
script=$(cd "$(dirname "$0")" && pwd)/snapshot.sh
# They end up in quotes within quotes, which apt knows no way to escape.
for word in "$script" "$program" "$directory"; do
  case $word in
    /*) ;;
    *) fail "'$word' is no absolute path" 'name it from the top: /…' 2 ;;
  esac
  case $word in *[!A-Za-z0-9/._+~@:-]*) fail "cannot write '$word' into $file" 'use a path without blanks and quotes' ;; esac
done
[ -d "$conf" ] && [ -w "$conf" ] || fail "cannot write to '$conf'" 'run this as root'

cat >"$file.new" <<END
// Captures $directory before and after packages change. Written by install.sh beside $script.
DPkg::Pre-Invoke { "if [ -x $script ]; then $script before $program $directory; fi"; };
DPkg::Post-Invoke { "if [ -x $script ]; then $script after $program $directory; fi"; };
END
mv "$file.new" "$file"
echo "Installed $file"
