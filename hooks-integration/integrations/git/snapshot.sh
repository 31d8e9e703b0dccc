#!/bin/sh
# git runs this as a hook, under the name of the hook. It captures the work tree with what git does not keep: what is
# not committed yet, and what is not tracked. Whatever happens, git goes on. install.sh writes the program below.
program=/usr/local/bin/stravinsky

hook=${0##*/}
case $hook in
  post-checkout)
    # A checkout of single files (0) says nothing new about the tree; a new worktree has no old side.
    [ "${3:-1}" = 1 ] || exit 0
    words="after git checkout of $(git rev-parse --short HEAD 2>/dev/null)"
    ;;
  post-merge) words="after git merge into $(git rev-parse --short HEAD 2>/dev/null)" ;;
  post-rewrite) words="after git ${1:-rewrite}" ;;
  pre-rebase) words="before git rebase onto ${1:-?}" ;;
  pre-commit) words="before git commit" ;;
  *) words="git $hook" ;;
esac

top=$(git rev-parse --show-toplevel 2>/dev/null) || exit 0
if ! [ -x "$program" ]; then
  echo "no snapshot was taken: '$program' is not there" >&2
  exit 0
fi
# What git sets for its hooks is about this repository, and the store is another one.
unset $(git rev-parse --local-env-vars)
"$program" -q snapshot "$top" --routine --skip-if-unchanged --gitignore --exclude /.git --category git -m "$words" \
  </dev/null >/dev/null || echo "no whole snapshot $words: stravinsky ended with $?" >&2
exit 0
