#!/usr/bin/env bash
# shellcheck disable=SC2317 # the phases are called by name
set -euo pipefail

usage() {
    cat <<'END'
Usage: ./tests/run.sh [options]

Installs what is missing, builds the tests and the examples with g++ and with
clang (address and undefined behaviour sanitizers on) and runs them all.

  --long               run the tests labelled "long" too
  --compiler g++|clang only this compiler
  --report             print what each suite has counted
  --fresh              build from nothing
  --help               print this
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=examples/prepare.sh
. "$root/examples/prepare.sh"

excluded='^(long|live)$'
long=OFF
compilers='g++ clang'
fresh=no
report_counts=no
while [ $# -gt 0 ]; do
    case $1 in
    --long) excluded='^live$' long=ON ;;
    --fresh) fresh=yes ;;
    --report) report_counts=yes ;;
    --compiler)
        case ${2:-} in
        g++ | clang) compilers=$2; shift ;;
        *) usage >&2; exit 2 ;;
        esac ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

passed=0
failed=0
skipped=0
broken=no
report=

# phase NAME COMMAND...: runs it and notes its outcome and wall time
phase() {
    local name=$1 started=$SECONDS outcome=ok
    shift
    "$@" || outcome=FAILED
    report+=$(printf '%-18s %6s  %4d s' "$name" "$outcome" $((SECONDS - started)))$'\n'
    [ "$outcome" = ok ]
}

build() {
    local compiler=$1 directory=$2 log=$2.log launcher= flags='-O0 -g1' once=OFF
    # clang's trouble with coroutines begins at -O1; g++'s shows at any level, and it warns of Asio's frames above -O0.
    if [ "$compiler" = clang ]; then flags='-O1 -g1'; fi
    if [ "$compiler" = "${compilers%% *}" ]; then once=ON; fi # what one compiler is enough for
    say "Building with $compiler (some minutes the first time) ..."
    if [ "$fresh" = yes ]; then
        rm -rf "$directory"
    elif have ccache && [ -w "${CCACHE_DIR:-${HOME:-/nonexistent}}" ]; then
        launcher=ccache
        export CCACHE_SLOPPINESS=pch_defines,time_macros # precompiled headers
    fi
    drop_foreign_build "$directory" "$root"
    : >"$log"
    logged "$log" cmake -S "$root" -B "$directory" -G Ninja \
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="$flags" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" \
        -DFOUNDRY_SANITIZE=address,undefined -DFOUNDRY_TEST_ONCE="$once" -DFOUNDRY_TEST_LONG="$long" \
        -DFOUNDRY_TEST_UNITY=ON -DFOUNDRY_BUILD_TESTS=ON -DFOUNDRY_BUILD_EXAMPLES=ON &&
        logged "$log" ninja -C "$directory" -j "$(jobs_that_fit)"
}

run_tests() {
    local directory=$1 summary idle status=0
    # shellcheck disable=SC2094
    ctest --test-dir "$directory" --output-on-failure -j3 -LE "$excluded" </dev/null 2>&1 |
        tee "$directory/ctest.log" || status=1
    summary=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' \
        "$directory/ctest.log")
    if [ -z "$summary" ] || [ "${summary#* }" -eq 0 ]; then
        say "No test ran."
        failed=$((failed + 1))
        return 1
    fi
    idle=$(grep -c '(Skipped)$' "$directory/ctest.log" || true)
    if [ "$report_counts" = yes ]; then
        report+=$(print_counts "$directory")$'\n'
    fi
    failed=$((failed + ${summary% *}))
    skipped=$((skipped + idle))
    passed=$((passed + ${summary#* } - ${summary% *} - idle))
    # ctest shows these only of tests that fail.
    grep '^Skipped: ' "$directory/Testing/Temporary/LastTest.log" || true
    return "$status"
}

# What the tests of a build say they have counted: lines that begin with "report:".
print_counts() {
    local log=$1/Testing/Temporary/LastTest.log
    sed -n 's/^report: /    /p' "$log"
    printf '    consumers: %d built, %d passed\n' "$(grep -c '^[0-9/]* Test: build.consumer' "$log")" \
        "$(grep -cE 'build\.consumer.* Passed ' "$1/ctest.log")"
}

# In a subshell, for it exits where it cannot go on.
prepare_all() (
    needs=(compiler cmake ninja boost openssl certificates doctest sanitizers meson pkg-config node)
    if [ "$manager" != brew ]; then needs+=(valgrind); fi # which is not for macOS
    case $compilers in *clang*) needs+=(clang) ;; esac
    prepare "$root/build/packages.log" "${needs[@]}"
    # One test each wants a browser, which some systems have in no package, Doxygen, clang-tidy and mingw; it is skipped without.
    optional=(chromium doxygen clang-tidy mingw)
    if [ ! -d /run/systemd/system ]; then optional+=(proxies); fi # their packages start services
    for need in "${optional[@]}"; do
        (prepare "$root/build/$need.log" "$need") || say "The tests go on without it."
    done
)

# What cannot be built cannot be tested; that counts as one failure.
mkdir -p "$root/build"
unset CXX
if phase packages prepare_all; then
    for compiler in $compilers; do
        directory=$root/build/tests-$compiler
        CXX=$compiler
        if [ "$compiler" = clang ]; then CXX=$(find_clang); fi
        export CXX
        if phase "build, $compiler" build "$compiler" "$directory"; then
            phase "tests, $compiler" run_tests "$directory" || broken=yes
        else
            failed=$((failed + 1))
        fi
    done
else
    failed=1
fi

printf '\n%s' "$report"
printf '%d passed, %d failed' "$passed" "$failed"
if [ "$skipped" -gt 0 ]; then printf ', %d skipped' "$skipped"; fi
printf '\n'
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && [ "$broken" = no ]
