#!/usr/bin/env bash
# Builds programs of the tests without optimisation and runs them; prints what each has counted.
#
#     build_and_test.sh BUILD_DIRECTORY "PROGRAM..." [CMAKE_OPTION...]
#
# The compiler is $CXX; a program is run by $FOUNDRY_RUNNER, if that is set.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
directory=$1 programs=$2
shift 2
launcher=
if command -v ccache >/dev/null; then
    launcher=ccache
    export CCACHE_SLOPPINESS=pch_defines,time_macros
fi

mkdir -p "$directory"
started=$SECONDS
# shellcheck disable=SC2086 # several programs
{
    cmake -S "$root" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O0 -g0' \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DFOUNDRY_BUILD_EXAMPLES=OFF -DFOUNDRY_TEST_ONCE=OFF "$@" &&
        ninja -C "$directory" -j "$(nproc)" $programs
} >"$directory/build.log" 2>&1 || { grep -E 'error|undefined|Error' -A 3 "$directory/build.log" | head -n 60; tail -n 5 "$directory/build.log"; exit 1; }
echo "built in $((SECONDS - started)) s"

status=0
for program in $programs; do
    file=$(find "$directory/tests" -name "$program" -type f -perm -u+x)
    started=$SECONDS
    # shellcheck disable=SC2086 # it may have arguments
    ${FOUNDRY_RUNNER:-} "$file" >"$directory/$program.log" 2>&1 || status=1
    if [ "$status" -ne 0 ]; then tail -n 60 "$directory/$program.log"; fi
    echo "$program: $(sed -n 's/^\[doctest\] test cases: *//p' "$directory/$program.log") ($((SECONDS - started)) s)"
done
exit "$status"
