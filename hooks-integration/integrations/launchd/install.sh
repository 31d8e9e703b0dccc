#!/bin/sh
# Copies the agent to where launchd looks for those of this user, with the program's path in it. Safe to repeat.
set -eu

usage='Usage: sh install.sh [--uninstall] [--program PATH] [--profile NAME]

Writes com.stravinsky.snapshot.plist to ~/Library/LaunchAgents: an hourly snapshot of the profile claude, or NAME.

Exit statuses: 0 done, 1 failure, 2 usage.'

fail() {
  printf 'error: %s\nfix: %s\n' "$1" "$2" >&2
  exit "${3:-1}"
}

uninstall=no program= profile=claude
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) uninstall=yes ;;
    --program | --profile)
      [ $# -ge 2 ] || fail "nothing after $1" 'sh install.sh --help' 2
      if [ "$1" = --program ]; then program=$2; else profile=$2; fi
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

file=$HOME/Library/LaunchAgents/com.stravinsky.snapshot.plist
if [ $uninstall = yes ]; then
  rm -f "$file"
  echo "Removed $file; still to do: launchctl bootout gui/$(id -u)/com.stravinsky.snapshot"
  exit 0
fi
[ -n "$program" ] || program=$(command -v stravinsky) ||
  fail 'cannot find the program stravinsky' 'install it, or name it: --program PATH'
case $program in
  *[!A-Za-z0-9/._+@:-]* | [!/]*) fail "cannot write '$program' into a property list" 'name it by an absolute path without blanks' ;;
esac
case $profile in *[!a-z0-9._-]* | '') fail "'$profile' cannot name a profile" 'see stravinsky profile list' 2 ;; esac
mkdir -p "$(dirname "$file")"
sed "s|/usr/local/bin/stravinsky|$program|; s|<string>claude</string>|<string>$profile</string>|" \
  "$(dirname "$0")/com.stravinsky.snapshot.plist" >"$file.new"
mv "$file.new" "$file"
echo "Installed $file"
echo "Then: launchctl bootstrap gui/$(id -u) $file"
