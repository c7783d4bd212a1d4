#!/usr/bin/env bash
# What a call costs that waits for one of eight connections, when many more wait: at most 1.2 times as many instructions with 8,000
# calls at once as with 500.
#
#     queue_cost.sh PROGRAMS [CALLS]
set -euo pipefail

programs=$1 many=${2:-8000}
command -v valgrind >/dev/null || { echo "Skipped: valgrind is not here."; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/benchmark/common.sh
. "$here/common.sh"
# shellcheck disable=SC2119 # its argument is its own
start_server

# Processor time, the least of three runs: it is printed only, as other programs have a part in it.
cpu_time() {
    local best=0 round
    for round in 1 2 3; do
        client foundry plain queue "$1"
        if [ "$round" = 1 ] || [ "${said[cpu_us]}" -lt "$best" ]; then best=${said[cpu_us]}; fi
    done
    echo $((best * 1000 / $1))
}

declare -A instructions_with
for calls in 500 "$many"; do
    per_unit foundry plain $((calls - 8)) 'queue 8' "queue $calls"
    instructions_with[$calls]=$instructions
    echo "report: pool_queue: $calls calls at once: $instructions instructions and $(cpu_time "$calls") ns a call"
done
ratio=$((instructions_with[$many] * 100 / instructions_with[500]))
echo "report: pool_queue: $((ratio / 100)).$(printf %02d $((ratio % 100))) times as many instructions"
if [ "$ratio" -gt 120 ]; then
    echo "A waiting call costs more the more calls wait."
    exit 1
fi
