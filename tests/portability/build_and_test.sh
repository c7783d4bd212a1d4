#!/usr/bin/env bash
# Builds programs of the tests without optimisation and runs them; prints what each has counted.
#
#     build_and_test.sh BUILD_DIRECTORY "PROGRAM..." [CMAKE_OPTION...]
#
# The compiler is $CXX; a program is run by $FOUNDRY_RUNNER, if that is set.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=examples/prepare.sh
. "$root/examples/prepare.sh"
directory=$1 programs=$2
shift 2
launcher=
if have ccache; then
    launcher=ccache
    export CCACHE_SLOPPINESS=pch_defines,time_macros
fi

drop_foreign_build "$directory" "$root"
mkdir -p "$directory"
started=$SECONDS
# shellcheck disable=SC2086 # several programs
{
    cmake -S "$root" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O0 -g0' \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DFOUNDRY_BUILD_EXAMPLES=OFF -DFOUNDRY_TEST_ONCE=OFF -DFOUNDRY_TEST_UNITY=ON "$@" &&
        ninja -C "$directory" -j "$(jobs_that_fit)" $programs
} >"$directory/build.log" 2>&1 || { grep -E 'error|undefined|Error' -A 3 "$directory/build.log" | head -n 60; tail -n 5 "$directory/build.log"; exit 1; }
echo "built in $((SECONDS - started)) s"

status=0
for program in $programs; do
    file=$(find "$directory/tests" -name "$program" -type f -perm -u+x)
    started=$SECONDS
    said=$directory/$program.log outcome=passed
    # shellcheck disable=SC2086 # it may have arguments
    if ! ${FOUNDRY_RUNNER:-} "$file" >"$said" 2>&1; then
        status=1 outcome=FAILED
        tail -n 60 "$said"
    fi
    counts=$(sed -n 's/^\[doctest\] test cases: *//p' "$said")
    echo "$program: $outcome${counts:+, $counts} ($((SECONDS - started)) s)"
done
exit "$status"
