#!/usr/bin/env bash
# Builds and runs a project that uses the library by add_subdirectory.
#
#     subproject.sh LIBRARY_DIRECTORY BUILD_DIRECTORY [CMAKE_ARGUMENT]...
set -euo pipefail

library=$1 build=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

quietly() {
    local output
    output=$("$@" 2>&1) || {
        printf 'FAILED: %s\n%s\n' "$*" "$output"
        exit 1
    }
}

quietly cmake -S "$here/consumer" -B "$build" "-DFOUNDRY_SOURCE=$library" "$@"
quietly cmake --build "$build"
for program in with_bodies with_library; do
    quietly "$build/$program"
    echo "$program: built and ran"
done
