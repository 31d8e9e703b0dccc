#!/bin/sh
# Puts the hooks of stravinsky into a git repository, or takes them away. Safe to repeat.
set -eu

usage='Usage: sh install.sh [--uninstall] [--program PATH] [REPOSITORY]

Captures the work tree before a commit and a rebase, and after a checkout, a merge and a rewrite. REPOSITORY is where you
are unless it is named. A hook that is there already is never touched: you are shown the line to add to it.

Exit statuses: 0 done, 1 failure or a hook that is there already, 2 usage.'
hooks='pre-commit pre-rebase post-checkout post-merge post-rewrite'

fail() {
  printf 'error: %s\nfix: %s\n' "$1" "$2" >&2
  exit "${3:-1}"
}

uninstall=no program= repository=.
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) uninstall=yes ;;
    --program)
      [ $# -ge 2 ] || fail 'no path after --program' 'sh install.sh --program PATH' 2
      program=$2
      shift
      ;;
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    -*) fail "unknown option '$1'" 'sh install.sh --help' 2 ;;
    *) repository=$1 ;;
  esac
  shift
done

top=$(git -C "$repository" rev-parse --show-toplevel 2>/dev/null) ||
  fail "'$repository' is not in the work tree of a git repository" 'name one: sh install.sh REPOSITORY'
# Relative to the repository; core.hooksPath counts.
directory=$(cd "$top" && cd "$(git rev-parse --git-path hooks)" 2>/dev/null && pwd) || {
  directory=$(cd "$top" && git rev-parse --git-path hooks)
  case $directory in /*) ;; *) directory=$top/$directory ;; esac
}
is_ours() { [ -f "$1" ] && ! [ -L "$1" ] && grep -q '^program=.* # stravinsky$' "$1"; }

if [ $uninstall = yes ]; then
  for hook in $hooks; do
    if is_ours "$directory/$hook"; then
      rm "$directory/$hook"
      echo "Removed $directory/$hook"
    fi
  done
  exit 0
fi

[ -n "$program" ] || program=$(command -v stravinsky) ||
  fail 'cannot find the program stravinsky' 'install it, or name it: --program PATH'
case $program in /*) ;; *) program=$PWD/$program ;; esac
[ -x "$program" ] || fail "cannot run '$program'" 'name the program: --program PATH'
quote() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
word=$(quote "$program" | sed 's/[\\&|]/\\&/g')

mkdir -p "$directory"
left=0
for hook in $hooks; do
  path=$directory/$hook
  if { [ -e "$path" ] || [ -L "$path" ]; } && ! is_ours "$path"; then
    left=1
    printf 'warning: %s is there already and stays as it is; add to it:\n  %s -q snapshot %s --routine --skip-if-unchanged --gitignore --exclude /.git\n' \
      "$path" "$(quote "$program")" "$(quote "$top")" >&2
    continue
  fi
  sed "s|^program=.*|program=$word # stravinsky|" "$(dirname "$0")/snapshot.sh" >"$path.new"
  chmod 755 "$path.new"
  mv "$path.new" "$path"
  echo "Installed $path"
done
exit $left
