#!/bin/sh
# Runs every compiled test and ends in a plain count. Called by `make test`.
set -u
cd "$(dirname "$0")/.." || exit 1

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
files="$(find dist/test -name '*.test.js' | sort)"
[ -n "$files" ] || { echo 'no tests were built' >&2; exit 1; }

# One file at a time where two cores are shared with packet counts and browsers.
# shellcheck disable=SC2086
{ node --test --test-concurrency=2 --test-reporter=spec $files; echo $? >"$log.status"; } 2>&1 | tee "$log"
status="$(cat "$log.status")"
rm -f "$log.status"

count() { sed -n "s/^[^a-z]*$1 \([0-9][0-9]*\)\$/\1/p" "$log" | tail -n 1; }
grep -E '# SKIP|﹣' "$log" | sort -u | sed 's/^ */skipped: /' | head -n 60
echo "weir: $(count pass) passed, $(count fail) failed, $(count skipped) skipped"
exit "$status"
