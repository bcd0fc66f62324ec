#!/bin/sh
# Runs the compiled tests and ends in a plain count: all of them for `make test` (faults in their short form), those of
# test/fault for `make test-fault`, those of test/attack for `make test-attack`. In `make test` two files run beside each other: one or two that failed there must pass three
# times in a row alone, and are named as unstable then. More are a real break, and what failed alone has failed.
set -u
cd "$(dirname "$0")/.." || exit 1

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if [ "${1:-}" = fault ]; then
  what='weir, faults'
  # Floods and power cuts disturb each other, and a home that shall come up beside them.
  lanes=1
  files="$(find dist/test/fault -name '*.test.js' | sort)"
elif [ "${1:-}" = attack ]; then
  what='weir, attacks'
  lanes=1
  files="$(find dist/test/attack -name '*.test.js' | sort)"
else
  what='weir'
  lanes=2
  files="$(find dist/test -name '*.test.js' -not -path 'dist/test/package/*' -not -path 'dist/test/attack/*' | sort)"
fi
[ -n "$files" ] || { echo 'no tests were built' >&2; exit 1; }

# One file at a time where two cores are shared with packet counts and browsers.
# shellcheck disable=SC2086
{ node --test --test-concurrency="$lanes" --test-reporter=spec $files; echo $? >"$log.status"; } 2>&1 | tee "$log"
status="$(cat "$log.status")"
rm -f "$log.status"

again="$(sed -n 's/^ *test at \(.*\.test\.js\):[0-9]*:[0-9]*$/\1/p' "$log" | sort -u)"
unstable=''
alone() { node --test --test-concurrency=1 --test-reporter=spec "$@"; }
if [ "$status" -ne 0 ] && [ "$lanes" -gt 1 ] && [ -n "$again" ] && [ "$(echo "$again" | wc -l)" -le 2 ]; then
  echo "$what: failed beside another, run alone: $(echo "$again" | tr '\n' ' ')"
  # shellcheck disable=SC2086
  if alone $again && alone $again && alone $again; then
    unstable=", UNSTABLE (passed only alone): $(echo "$again" | tr '\n' ' ')"
    status=0
  fi
fi

count() { sed -n "s/^[^a-z]*$1 \([0-9][0-9]*\)\$/\1/p" "$log" | tail -n 1; }
grep -E '# SKIP|﹣' "$log" | sort -u | sed 's/^ */skipped: /' | head -n 60
echo "$what: $(count pass) passed, $(count fail) failed, $(count skipped) skipped$unstable"
exit "$status"
