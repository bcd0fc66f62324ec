#!/bin/sh
# Runs compiled tests and ends in a plain count; what fails once is red. Without a word (`make test`): units and what runs inside
# one process, two files next to each other. `system`: whole appliances, namespaces, browsers, real brokers, faults in their short
# form, one file at a time. `fault` and `attack`: those folders alone.
set -u
cd "$(dirname "$0")/.." || exit 1

log="$(mktemp)"
trap 'rm -f "$log"' EXIT

# Tests that start processes, make networks or wait for real time: a folder, or one file of a folder of quick ones.
system='
attack/ contract/ fault/ image/ integration/ soak/ testbed/
provisioning/monitoring
publish/notify
experiment/campaign/action experiment/campaign/run
proxy/fence proxy/proxy
capture/canary capture/listening capture/main capture/watchdog
confusion/stacks
cli/ask cli/diff cli/forget cli/verb-answers
experiment/scan/scanning experiment/windows/figures
pull/
health/doctor/collect
publish/access publish/analysed-share publish/bad-input publish/bounds publish/broker-tls publish/campaign publish/claim publish/compact publish/comparison publish/doctor publish/flows publish/http-api publish/http-guard publish/merged publish/mqtt publish/packets publish/retained publish/scan-table publish/scanned-home publish/sessions publish/start-failures publish/tls publish/windows
store/full-card store/live-analysis
web/access web/campaign web/comparison web/evidence web/hostile web/killed web/layout web/orders web/outage web/page web/quiet web/range web/slow
'
# These take longest; the other lane works through the rest meanwhile.
longest='confusion/confusion analysis/minutes geo/round-trip hashes/outputs'

built() { find "dist/test${1:+/$1}" -name '*.test.js' -not -path 'dist/test/package/*' | sort; }
# The words of a list as patterns of grep, one a line.
patterns() { for word in $1; do echo "^dist/test/$word"; done; }
first() { patterns "$longest" | sed 's/$/.test.js/' | sed 's/^^//'; }

what='weir'
lanes=1
case "${1:-}" in
  fault | attack)
    what="weir, ${1}s"
    files="$(built "$1")"
    ;;
  system)
    what='weir, whole system'
    names="$(mktemp)"
    patterns "$system" >"$names"
    files="$(built | grep -f "$names" | grep -v '^dist/test/attack/')"
    rm -f "$names"
    ;;
  *)
    lanes=2
    names="$(mktemp)"
    patterns "$system" >"$names"
    files="$( (first; built | grep -v -f "$names") | awk '!seen[$0]++')"
    rm -f "$names"
    ;;
esac
[ -n "$files" ] || { echo 'no tests were built' >&2; exit 1; }

# shellcheck disable=SC2086
{ node --test --test-concurrency="$lanes" --test-reporter=spec $files; echo $? >"$log.status"; } 2>&1 | tee "$log"
status="$(cat "$log.status")"
rm -f "$log.status"

count() { sed -n "s/^[^a-z]*$1 \([0-9][0-9]*\)\$/\1/p" "$log" | tail -n 1; }
grep -E '# SKIP|﹣' "$log" | sort -u | sed 's/^ */skipped: /' | head -n 60
echo "$what: $(count pass) passed, $(count fail) failed, $(count skipped) skipped"
exit "$status"
