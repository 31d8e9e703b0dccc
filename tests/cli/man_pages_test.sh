#!/bin/sh
# Every command has a manual page that roff reads without a complaint and that shows what its help says.
#
#   man_pages_test.sh PROGRAM SOURCE_DIRECTORY
set -eu
program=$1 source=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME="$dir" LC_ALL=C.UTF-8
sh "$source/cli/man_pages.sh" "$program" "$dir/man1"

failures=0
complain() {
  echo "$1"
  failures=$((failures + 1))
}
commands=$("$program" completion bash | sed -n "s/^      '\([^']*\)') path=.*/\1/p")
count=$(($(printf '%s\n' "$commands" | wc -l) + 1))
[ "$count" -gt 30 ] || complain "only $count pages are due"
[ "$(find "$dir/man1" -name '*.1' | wc -l)" = "$count" ] || complain "$count pages are due: $(ls "$dir/man1")"

# What a help says that roff could take for its own.
for words in '' audit 'backup create' run snapshot help; do
  page=$dir/man1/stravinsky$(printf %s "${words:+ $words}" | tr ' ' '-').1
  # shellcheck disable=SC2086
  "$program" help $words | tail -n +2 | sed 's/  *//g' | grep -v '^$' >"$dir/expected"
  command -v groff >/dev/null || continue
  groff -k -man -Tutf8 -P-cbou -ww -rLL=200n "$page" 2>"$dir/said" | sed 's/  *//g' | grep -v '^$' >"$dir/shown"
  [ ! -s "$dir/said" ] || complain "$page: $(cat "$dir/said")"
  sed -n '/^DESCRIPTION$/,$p' "$dir/shown" | sed '1d;$d' | diff "$dir/expected" - || complain "$page shows something else"
done
command -v groff >/dev/null || echo 'SKIPPED: what the pages look like needs groff'
echo "$count pages, $failures findings"
[ "$failures" = 0 ]
