#!/bin/sh
# What the set-up scripts do, with a system of false commands around them.
# Usage: scripts_test.sh WORK_DIRECTORY
set -u

work=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
failures=0

rm -rf "$work"
mkdir -p "$work/bin"
printf 'one\ntwo\n' >"$work/a.txt"
printf 'three\n' >"$work/b.txt"

command_of() { # NAME, then its script on standard input
  { echo '#!/bin/sh'; cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
command_of dpkg-query <<'END'
for package; do :; done
case " $INSTALLED " in *" $package "*) printf 'installed '; exit ;; esac
case " $MENTIONED " in *" $package "*) printf 'not-installed '; exit ;; esac # some package suggests it
echo "no such package" >&2
exit 1
END
command_of apt-cache <<'END'
[ "$KNOWN" = yes ]
END
command_of apt-get <<'END'
echo "$*" >>"$LOG"
case "$*" in
  *install*) # BROKEN: empty, or which calls fail: first, always
    [ -z "$BROKEN" ] || { [ "$BROKEN" = first ] && [ "$(grep -c install "$LOG")" -gt 1 ]; } ;;
esac
END
command_of id <<'END'
echo "$USER_ID"
END
command_of sudo <<'END'
echo "sudo $*" >>"$LOG"
[ "$SUDO" = yes ] || exit 1
[ "$1" != -n ] || shift
exec "$@"
END

# run SYSTEM NAME EXPECTED_STATUS EXPECTED_LOG, where SYSTEM sets what differs from a whole Debian
run() {
  INSTALLED='one two' MENTIONED='' KNOWN=yes BROKEN='' USER_ID=0 SUDO=yes LOG=$work/log
  eval "$1"
  shift
  : >"$LOG"
  export INSTALLED MENTIONED KNOWN BROKEN USER_ID SUDO LOG
  PATH=$work/bin:$PATH sh "$top/cli/install_packages.sh" "$work/a.txt" "$work/b.txt" </dev/null >"$work/out" 2>&1
  status=$?
  if [ "$status" != "$2" ] || [ "$(cat "$LOG")" != "$3" ]; then
    printf '%s: status %s, calls:\n%s\nexpected %s, calls:\n%s\n' "$1" "$status" "$(cat "$LOG")" "$2" "$3"
    cat "$work/out"
    failures=$((failures + 1))
  fi
}
expect() { # NAME STATUS TEXT COMMAND...
  name=$1 wanted=$2 text=$3
  shift 3
  "$@" </dev/null >"$work/out" 2>&1
  status=$?
  if [ "$status" != "$wanted" ] || ! grep -qF -e "$text" "$work/out"; then
    printf '%s: status %s, expected %s and "%s" in:\n' "$name" "$status" "$wanted" "$text"
    cat "$work/out"
    failures=$((failures + 1))
  fi
}

install='-q -y install --no-install-recommends'
run 'INSTALLED="one two three"' 'nothing is missing' 0 ''
run INSTALLED=two 'only the missing are installed' 0 "$install one three"
run 'INSTALLED=two MENTIONED=three' 'what others only suggest is missing' 0 "$install one three"
run KNOWN=no 'empty lists are fetched first' 0 "-q -y update
$install three"
run BROKEN=first 'stale lists are fetched after a failure' 0 "$install three
-q -y update
$install three"
run BROKEN=always 'a package that cannot be had is an error' 1 "$install three
-q -y update
$install three"
run 'USER_ID=1000 INSTALLED="one two three"' 'nobody needs to be root for nothing' 0 ''
run USER_ID=1000 'others use sudo without asking' 0 "sudo -n true
sudo -n env DEBIAN_FRONTEND=noninteractive apt-get $install three
$install three"
run 'USER_ID=1000 SUDO=no' 'a sudo that wants a password is an error' 1 'sudo -n true'

expect 'install.sh refuses what it does not know' 2 "unknown argument '--prefi'" sh "$top/cli/install.sh" --prefi x
expect 'install.sh wants a directory' 2 'no directory after --prefix' sh "$top/cli/install.sh" --prefix
expect 'install.sh refuses an empty prefix' 2 'the prefix is empty' sh "$top/cli/install.sh" --prefix=
expect 'run.sh refuses what it does not know' 2 "unknown argument '--fast'" sh "$top/tests/run.sh" --fast
expect 'lint.sh refuses what it does not know' 2 "unknown argument '--fix'" sh "$top/tests/lint.sh" --fix
expect 'lint.sh wants a revision' 2 'no revision after --since' sh "$top/tests/lint.sh" --since
expect "lint.sh refuses a revision that is none" 2 "'no-such' is no revision" sh "$top/tests/lint.sh" --since no-such

results() { # writes a result file; each argument is `STATUS|OUTPUT`, or `notrun|WHY`
  {
    echo '<testsuite>'
    for test; do
      inside="<system-out>${test#*|}</system-out>"
      case $test in notrun*) inside="<skipped message=\"${test#*|}\"/><system-out></system-out>" ;; esac
      printf '<testcase name="some.test" status="%s">%s</testcase>\n' "${test%%|*}" "$inside"
    done
    echo '</testsuite>'
  } >"$work/results.xml"
}
count() { expect "$1" "$2" "$3" python3 "$top/tests/count_results.py" "$work/results.xml"; }
cases='[doctest] test cases: 34 | 31 passed | 3 failed | 5 skipped'
good='[doctest] test cases:   7 |   7 passed | 0 failed | 0 skipped'
results "run|plain" "run|$good"
count 'cases and plain tests are counted' 0 '8 passed, 0 failed'
results "run|plain" "fail|$cases"
count 'failed cases are counted' 1 '32 passed, 3 failed'
results "fail|$good" "fail|crashed" 'notrun|Unable to find executable'
count 'a crash counts even after good cases, and what could not start' 1 '7 passed, 3 failed'
results 'run|plain' 'notrun|SKIP_RETURN_CODE=77'
count 'a test that cannot run here is no failure' 0 '1 passed, 0 failed'
count 'and is named' 0 'skipped: some.test'
results 'notrun|SKIP_RETURN_CODE=77'
count 'nothing but skipped tests is a failure' 1 '0 passed, 0 failed'
results
count 'no test at all is a failure' 1 '0 passed, 0 failed'
echo '<testsuite' >"$work/results.xml"
count 'a broken result file is a failure' 1 '0 passed, 1 failed'
rm "$work/results.xml"
count 'a missing result file is a failure' 1 '0 passed, 1 failed'

[ "$failures" -eq 0 ] && echo 'all as expected'
exit "$failures"
