#!/usr/bin/env bash
# The tests of units and those against the emulator in a newer Debian, with its compilers, its Boost and its OpenSSL.
#
#     debian.sh SUITE own|newest COMPILER...
#
# own: the suite's usual packages; newest: those with the highest version that it has. COMPILER: g++ or clang.
# shellcheck source=tests/portability/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=$1 which=$2
shift 2
debian_root "$suite" "$suite"
packages ca-certificates ccache cmake ninja-build doctest-dev libssl-dev openssl g++
boost=libboost-json-dev
if [ "$which" = newest ]; then boost=$(newest libboost-json -dev); fi
packages "$boost"

status=0
for compiler in "$@"; do
    package=$compiler
    if [ "$which" = newest ]; then package=$(newest "$compiler-" ''); fi
    packages "$package"
    program=${package/clang/clang++}
    # shellcheck disable=SC2016
    in_root sh -c 'echo "$("$1" --version | head -n 1), Boost $(sed -n "s/.*BOOST_LIB_VERSION \"\(.*\)\"/\1/p" /usr/include/boost/version.hpp), $(openssl version)"' sh "$program"
    in_root env CXX="$program" /srv/foundry/tests/portability/build_and_test.sh "/srv/build/$program" "unit_tests emulator_tests" || status=1
done
exit "$status"
