#!/usr/bin/env bash
# Compares what two source files cost to compile, in processor time without optimisation.
#
#     include_cost.sh COMPILER FLAGS_FILE OURS THEIRS TARGET LIMIT
#
# OURS and THEIRS name files in include_cost/. Ours should cost at most TARGET percent of theirs, and must at most LIMIT. Seconds
# depend on the machine and on what else it does, so only the ratio of the best of three interleaved rounds decides; where that is
# above the limit, of five.
set -euo pipefail

compiler=$1 flags=$2 ours=$3 theirs=$4 target=$5 limit=$6
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/include_cost
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CCACHE_DISABLE=1
TIMEFORMAT='%3U %3S'

# The milliseconds of processor time that one compilation takes.
cost() {
    local define=()
    case $1 in compiled | tools | typed | responses) define=(-DFOUNDRY_SEPARATE_COMPILATION) ;; esac
    if ! { time "$compiler" "@$flags" "${define[@]}" -O0 -c "$sources/$1.cpp" -o "$work/object" 2>"$work/errors"; } \
        2>"$work/time"; then
        cat "$work/errors" >&2
        return 1
    fi
    LC_ALL=C awk '{ printf "%d\n", ($1 + $2) * 1000 }' "$work/time"
}

our_best=
their_best=
for round in 1 2 3 4 5; do
    our_time=$(cost "$ours")
    their_time=$(cost "$theirs")
    echo "round $round: $ours.cpp $our_time ms, $theirs.cpp $their_time ms"
    if [ -z "$our_best" ] || [ "$our_time" -lt "$our_best" ]; then our_best=$our_time; fi
    if [ -z "$their_best" ] || [ "$their_time" -lt "$their_best" ]; then their_best=$their_time; fi
    percent=$((our_best * 100 / their_best))
    if [ "$round" -ge 3 ] && [ "$percent" -le "$limit" ]; then break; fi
done

echo "best: $our_best ms : $their_best ms"
echo "$ours : $theirs = $percent % (target $target %, limit $limit %)"
[ "$percent" -le "$limit" ]
