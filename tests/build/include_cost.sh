#!/usr/bin/env bash
# Compares what two source files cost to compile, in processor time without optimisation.
#
#     include_cost.sh COMPILER FLAGS_FILE OURS THEIRS TARGET LIMIT
#
# OURS and THEIRS name files in include_cost/. Ours should cost at most TARGET percent of theirs, and must at most LIMIT. Seconds
# depend on the machine and on what else it does, also from one round to the next, so the median of the ratios of three interleaved
# rounds decides; if it is above the limit, that of five.
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

# sorted NUMBER...
sorted() { printf '%s\n' "$@" | sort -n; }

ours_took=() theirs_took=() percents=()
for round in 1 2 3 4 5; do
    our_time=$(cost "$ours")
    their_time=$(cost "$theirs")
    ours_took+=("$our_time")
    theirs_took+=("$their_time")
    percents+=($((our_time * 100 / their_time)))
    echo "round $round: $ours.cpp $our_time ms, $theirs.cpp $their_time ms"
    median=$(sorted "${percents[@]}" | sed -n "$(((round + 1) / 2))p")
    if [ "$round" -ge 3 ] && [ "$median" -le "$limit" ]; then break; fi
done

echo "best: $(sorted "${ours_took[@]}" | head -n 1) ms : $(sorted "${theirs_took[@]}" | head -n 1) ms"
echo "$ours : $theirs = $median % (target $target %, limit $limit %)"
[ "$median" -le "$limit" ]
