#!/bin/sh
# Claude Code runs this as a hook: before a tool that edits files, and at the end of a session. It takes a
# snapshot of the configuration, and in a project of the project's, if anything changed since the last one.
#
#   snapshot.sh [--block] [--whole-project] [--store DIR] PROGRAM  <event.json
#
# The status matters: 2 would keep the tool from running, and stravinsky has a status 2 of its own. So every
# failure is 1 here, which Claude Code shows and passes over, unless --block asks for the other.
set -u

failed=1 whole=no program=
while [ $# -gt 0 ]; do
  case $1 in
    --block) failed=2 ;;
    --whole-project) whole=yes ;;
    --store)
      STRAVINSKY_STORE=${2:?--store names no directory}
      export STRAVINSKY_STORE
      shift
      ;;
    *) program=$1 ;;
  esac
  shift
done

# Inside a string of JSON every quote is escaped, so only a member's own name matches; what the values hold is
# used for words to read, never run.
event= tool= path= session= reason=
members=$(LC_ALL=C grep -oE \
  '"(hook_event_name|tool_name|file_path|notebook_path|session_id|reason)"[[:space:]]*:[[:space:]]*"([^"\\]|\\.)*"')
while IFS= read -r member; do
  value=${member#*:*\"}
  value=${value%\"}
  case $member in
    '"hook_event_name"'*) event=${event:-$value} ;;
    '"tool_name"'*) tool=${tool:-$value} ;;
    '"file_path"'* | '"notebook_path"'*) path=${path:-$value} ;;
    '"session_id"'*) session=${session:-$value} ;;
    '"reason"'*) reason=${reason:-$value} ;;
  esac
done <<END
$members
END

# The project is the one that Claude Code was started in, wherever a tool has gone since.
if [ -n "${CLAUDE_PROJECT_DIR:-}" ]; then cd "$CLAUDE_PROJECT_DIR" || exit "$failed"; fi

case $event in
  SessionEnd)
    words="end of a session${reason:+ ($reason)}"
    failed=1 # there is nothing left to keep from running
    ;;
  *) words="before ${tool:-an edit}${path:+ of ${path#"$PWD"/}}" ;;
esac
set -- --routine --skip-if-unchanged --category claude-code -m "$words"
case $session in
  '' | *[!A-Za-z0-9._-]*) ;;
  *) set -- "$@" --tag "session=$session" ;;
esac

if ! [ -x "$program" ]; then
  echo "no snapshot was taken: '$program' is not there; install stravinsky, or remove this hook with uninstall" >&2
  exit "$failed"
fi

# Losses (3) are told, and keep nothing from running: the snapshot was made.
take() {
  "$program" -q "$@" >/dev/null
  status=$?
  [ $status -eq 0 ] && return
  [ $status -eq 3 ] && failed=1
  echo "no whole snapshot $words: stravinsky ended with $status" >&2
  exit "$failed"
}

if [ $whole = yes ] && [ -n "${CLAUDE_PROJECT_DIR:-}" ] && [ "$PWD" != / ] && ! [ "$PWD" -ef "$HOME" ]; then
  take snapshot "$@" --gitignore --exclude /.git "$PWD"
  take -P claude snapshot "$@" # without -P it would be the same profile again
else
  take snapshot "$@"
fi
