#!/usr/bin/env bash
# What other systems need instead of a call that they lack, forced on this one: doubles without std::from_chars, programs started by fork(),
# pipes without pipe2(), the Security framework of Apple (apple/ holds a stand-in). The tests of units and of credentials.
# shellcheck source=tests/portability/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

CXX=${1:-g++} "$root/tests/portability/build_and_test.sh" "$cache/fallbacks" "unit_tests entra_tests" \
    -DCMAKE_CXX_FLAGS="-DFOUNDRY_FORCE_FALLBACKS -isystem $root/tests/portability/apple"
