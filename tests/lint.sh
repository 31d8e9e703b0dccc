#!/bin/sh
# Checks the form of all sources: clang-format, and clang-tidy as .clang-tidy says. Changes nothing.
set -eu

usage='Usage: sh tests/lint.sh [--since REV]

Checks every file the first time, which takes half an hour of two cores, and from then on those that
changed since they were clean or that include what changed.

  --since REV  only the sources that differ from this git revision, and those that include a header
               that does; for a checkout that was never checked as a whole'

fail() {
  printf 'error: %s\n' "$1" >&2
  printf 'fix: %s\n' "$2" >&2
  exit "${3:-1}"
}

since=
while [ $# -gt 0 ]; do
  case $1 in
    --since)
      [ $# -ge 2 ] || fail 'no revision after --since' 'sh tests/lint.sh --since main' 2
      since=$2
      shift
      ;;
    -h | --help)
      printf '%s\n' "$usage"
      exit 0
      ;;
    *) fail "unknown argument '$1'" 'sh tests/lint.sh --help' 2 ;;
  esac
  shift
done

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
if [ -n "$since" ]; then
  git rev-parse --verify --quiet "$since^{commit}" >/dev/null ||
    fail "'$since' is no revision of this repository" 'git log --oneline' 2
fi
sh cli/install_packages.sh cli/packages.txt tests/packages.txt tests/lint_packages.txt

ours() { git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp'; }
changed() {
  git diff --name-only --diff-filter=d "$since" -- '*.cpp' '*.hpp'
  git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'
}
# The changed sources of the build, and those that name a changed header in an #include line.
touched_sources() {
  changed | while IFS= read -r file; do
    case $file in
      *.cpp) echo "$file" ;;
      *.hpp)
        name=${file#store/include/} name=${name#store/} name=${name#cli/} name=${name#hooks-integration/} name=${name#tests/}
        ours | grep '\.cpp$' | xargs grep -lF "#include \"$name\"" || true
        ;;
    esac
  done | sort -u | while IFS= read -r file; do
    ! grep -qF "\"file\": \"$top/$file\"" "$build/compile_commands.json" || echo "$file"
  done
}

status=0
ours | xargs clang-format-14 --dry-run -Werror || status=1

build=build/lint
mkdir -p build
set -- --preset lint
if command -v ccache >/dev/null 2>&1; then set -- "$@" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cmake "$@" >"$build.log" 2>&1 || {
  cat "$build.log" >&2
  fail 'the build could not be configured' 'see above'
}
# What was clean by other rules is not clean.
if ! cmp -s .clang-tidy "$build/clean-by"; then
  ninja -C "$build" -t clean >/dev/null
  cp .clang-tidy "$build/clean-by"
fi
if [ -n "$since" ]; then
  targets=$(touched_sources | sed "s|^|$top/|; s|\$|^|") # `SOURCE^` is ninja's word for its object
else
  targets=$(ninja -C "$build" -t targets all | sed -n 's/: CXX_COMPILER_.*//p')
fi
if [ -n "$targets" ]; then
  # shellcheck disable=SC2086
  ninja -C "$build" -k 0 $targets || status=1
fi
if [ "$status" -eq 0 ]; then echo 'all clean'; else echo 'not clean'; fi
exit "$status"
