#!/bin/sh
# Runs the README's install lines as they stand there, into a prefix and a home of their own.
#   readme_install_test.sh SCRATCH
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$1
rm -rf "$scratch"
mkdir -p "$scratch/home/.claude"
echo '{}' >"$scratch/home/.claude/settings.json"
export HOME="$scratch/home" PREFIX="$scratch/prefix" PATH="$scratch/prefix/bin:$PATH"
unset STRAVINSKY_STORE XDG_CONFIG_HOME XDG_STATE_HOME CLAUDE_CONFIG_DIR 2>/dev/null || true
if command -v ccache >/dev/null 2>&1; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cd "$top"
grep '^sh cli/install\.sh && ' README.md >"$scratch/lines"
count=$(wc -l <"$scratch/lines")
[ "$count" -eq 2 ] || { echo "README.md has $count install lines, not 2"; exit 1; }
while IFS= read -r line; do
  echo "\$ $line"
  sh -c "$line" </dev/null
done <"$scratch/lines"
[ "$(stravinsky list --all --json | grep -o '"ref": *"refs/tags/[^"]*"' | wc -l)" -eq 2 ] || {
  stravinsky list --all
  echo "not two snapshots"
  exit 1
}
git -C "$HOME/.stravinsky/rollback/store.git" fsck --strict
[ -s "$PREFIX/share/man/man1/stravinsky-snapshot.1" ] || { echo 'no manual pages were installed'; exit 1; }
python3 "$PREFIX/share/stravinsky/integrations/claude-code/install.py"
grep -q '"SessionEnd"' "$HOME/.claude/settings.json" || { echo 'the installed integrations do not install'; exit 1; }
rm -rf "$scratch"
