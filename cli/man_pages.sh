#!/bin/sh
# Writes a manual page for every command, made of what `stravinsky help COMMAND` says.
#
#   man_pages.sh PROGRAM DIRECTORY
set -eu

[ $# = 2 ] || { echo 'usage: man_pages.sh PROGRAM DIRECTORY' >&2; exit 2; }
program=$1 directory=$2
version=$("$program" --version)
mkdir -p "$directory"

# The text as it is, with what roff would take for its own escaped.
verbatim() {
  sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\\([.']\\)/\\\\\\&\\1/"
}

# page NAME COMMAND…
page() {
  name=$1
  shift
  text=$("$program" help "$@")
  {
    printf '.TH %s 1 "" "%s" "Commands"\n' "$(printf %s "$name" | tr '[:lower:]' '[:upper:]')" "$version"
    printf '.SH NAME\n%s \\- %s\n' "$(printf %s "$name" | verbatim)" "$(printf '%s\n' "$text" | head -n 1 | verbatim)"
    printf '.SH DESCRIPTION\n.nf\n'
    printf '%s\n' "$text" | tail -n +2 | verbatim
    printf '.fi\n'
  } >"$directory/$name.1"
}

page stravinsky
# The completion knows them all, by every name that they have.
"$program" completion bash | sed -n "s/^      '\\([^']*\\)') path=.*/\\1/p" |
  while read -r words; do
    # A command of two words is two arguments.
    # shellcheck disable=SC2086
    page "stravinsky-$(printf %s "$words" | tr ' ' '-')" $words
  done
