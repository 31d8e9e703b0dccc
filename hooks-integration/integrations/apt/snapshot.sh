#!/bin/sh
# apt runs this before and after it lets dpkg change packages: snapshot.sh before|after PROGRAM [DIR].
# A hook that fails would stop apt, so this never does.
when=$1 program=$2 directory=${3:-/etc}

# A timer gives no home, and sudo may give that of another user, where root's store would be out of place.
if [ -z "${HOME:-}" ] || ! [ -O "$HOME" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
  export HOME
fi
"$program" -q snapshot "$directory" --routine --skip-if-unchanged --category apt -m "$when apt changed packages" \
  </dev/null >/dev/null || echo "stravinsky: no whole snapshot of $directory $when apt changes packages (status $?)" >&2
exit 0
