#!/usr/bin/env bash
# Runs a fuzzer for so many seconds, from the seeds and from what it has found before, and reports what it has tried.
set -euo pipefail

if [ $# -ne 4 ]; then
    echo 'Usage: run.sh PROGRAM SECONDS SEEDS CORPUS' >&2
    exit 2
fi
program=$1 seconds=$2 seeds=$3 corpus=$4
name=$(basename "$program")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
log=$corpus.log

mkdir -p "$corpus" "$seeds"
export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=16:${ASAN_OPTIONS:-}
status=0
started=$SECONDS
"$program" -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=1500 -print_final_stats=1 -print_funcs=0 \
    -dict="$here/words.dict" -artifact_prefix="$corpus." "$corpus" "$seeds" </dev/null >"$log" 2>&1 || status=$?

executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
last=$(grep -E '^#[0-9]+[[:space:]]' "$log" | tail -n 1 || true)
field() { sed -nE "s/.* $1: ([0-9]+).*/\1/p" <<<"$last"; }
crashes=0
if [ "$status" -ne 0 ]; then
    crashes=1
    tail -n 60 "$log"
fi
echo "report: $name: ${executions:-?} executions in $((SECONDS - started)) s, $(field cov) edges, $(field ft) features, $crashes crashes"
exit "$status"
