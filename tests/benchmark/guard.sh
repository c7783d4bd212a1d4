#!/usr/bin/env bash
# Compares what the library costs with what it has cost: allocations exactly, instructions and object sizes within 3 %.
#
#     guard.sh PROGRAMS COMPILER FLAGS_FILE ENVIRONMENT BASELINES
#
# ENVIRONMENT names what the figures depend on. BASELINES is the beginning of the names of the baselines of this compiler: each has its
# environment in the first line, and if none has this one, the test is skipped. With FOUNDRY_WRITE_BASELINE set the baseline is written instead.
# Better than the baseline is a failure too, so that it stays true.
set -euo pipefail

programs=$1 compiler=$2 flags=$3 environment=$4 baselines=$5
# What libc and OpenSSL do depends on their versions and on the processor.
environment+=", $(dpkg-query -W -f '${Version}' libssl3 2>/dev/null || echo 'another OpenSSL')"
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
environment+=", $processor"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
skip() { echo "Skipped: $*"; exit 77; }
command -v valgrind >/dev/null || skip "valgrind is not here."
if [ -z "${FOUNDRY_WRITE_BASELINE:-}" ]; then
    baseline=$(grep -lxF -- "$environment" "$baselines"*.txt 2>/dev/null | head -n 1) || skip "there are no figures for $environment."
else
    baseline=$(grep -lxF -- "$environment" "$baselines"*.txt 2>/dev/null | head -n 1) ||
        baseline=${baselines}_$(tr -cs 'a-z0-9' _ <<<"${processor,,}" | sed 's/_*$//').txt
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/benchmark/common.sh
. "$here/common.sh"
start_server 3 # an answer that is there before the client waits for it saves that call an allocation

failed=no
[ -z "${FOUNDRY_WRITE_BASELINE:-}" ] || echo "$environment" >"$baseline"

# is_as VALUE WANTED TOLERANCE: in tenths of a percent
is_as() {
    [ "$1" != "$2" ] || return 0
    [ "$3" -ne 0 ] || return
    local off=$(($1 - $2))
    [ "${off#-}" -le $(($2 * $3 / 1000)) ]
}

# compare NAME TOLERANCE VALUE: false where it is off
compare() {
    local name=$1 tolerance=$2 value=$3 wanted
    if [ -n "${FOUNDRY_WRITE_BASELINE:-}" ]; then
        echo "$name $value" >>"$baseline"
        return
    fi
    wanted=$(sed -n "s/^$name //p" "$baseline")
    if [ -n "$wanted" ] && is_as "$value" "$wanted" "$tolerance"; then
        echo "$name: $value, as the $wanted of the baseline"
        return
    fi
    echo "$name: $value, and the baseline has ${wanted:-none}"
    return 1
}

# workload NAME TRANSPORT UNITS "WORKLOAD" "LARGER WORKLOAD": a busy machine breaks a transfer into more reads, so what is off is
# measured again.
workload() {
    local name=$1 good
    shift
    for _ in 1 2 3 4 5; do
        good=yes
        per_unit foundry "$@"
        compare "$name.allocations" 0 "$allocations" || good=no
        compare "$name.instructions" 30 "$instructions" || good=no
        [ "$good" = no ] || return 0
    done
    failed=yes
}

workload complete.plain plain 100 'complete 100' 'complete 200'
workload complete.tls tls 100 'complete 100' 'complete 200'
workload chunk.20 plain 500 'stream 500 20' 'stream 1000 20'
workload chunk.2000 plain 500 'stream 500 2000' 'stream 1000 2000'
workload vector.base64 plain 100 'decode 100 base64 1' 'decode 100 base64 2'

# What a source file of a program that uses the library becomes, and the whole library with such a program.
size_of() { size "$1" | awk 'NR == 2 { print $1 + $2 + $3 }'; }
CCACHE_DISABLE=1 "$compiler" "@$flags" -DFOUNDRY_SEPARATE_COMPILATION -DNDEBUG -O2 -g0 -w \
    -c "$here/../build/include_cost/readme.cpp" -o "$work/object"
compare size.object 30 "$(size_of "$work/object")" || failed=yes
compare size.program 30 "$(size_of "$programs/benchmark_foundry")" || failed=yes

if [ "$failed" = yes ]; then
    echo "What is better for it, or worth it, goes into the baseline: tests/benchmark/run.sh --write-baseline"
    exit 1
fi
