#!/usr/bin/env bash
# Compiles each header alone: those that users include in both modes, the others without the bodies.
#
#     headers.sh COMPILER FLAGS_FILE INCLUDE_DIRECTORY MODES
#
# MODES: public, header-only, compiled, or some of them with blanks in between. "public" is those that users include, without the bodies,
# and after all headers of others that they include: that takes a fifth of the time, and finds what is missing of the library's own.
set -euo pipefail

export compiler=$1 flags=$2 include=$3
modes=$4

# shellcheck disable=SC2317 # called through xargs
check() {
    local mode=${1%%:*} header=${1#*:} define=() output
    if [ "$mode" != header-only ]; then define=(-DFOUNDRY_SEPARATE_COMPILATION); fi
    if [ "$mode" = public ]; then define+=(-include "$others/all.hpp"); fi
    if ! output=$(printf '#include <%s>\n' "$header" |
        "$compiler" "-I$include" "@$flags" "${define[@]}" -fsyntax-only -x c++ - 2>&1); then
        printf 'FAILED: <%s>, %s\n%s\n' "$header" "$mode" "$output"
        return 1
    fi
}
export -f check

# src.hpp is a source file in all but name.
mapfile -d '' headers < <(find "$include" -name '*.hpp' ! -name src.hpp ! -path '*/impl/*' -printf '%P\0' | sort -z)

# What is not the library's, read once. A compiler finds the precompiled header beside the header.
case " $modes " in *' public '*)
    others=$(mktemp -d)
    export others
    trap 'rm -r "$others"' EXIT
    grep -rhE '^#include <(boost/|openssl/|[a-z_]+>)' "$include" --include='*.hpp' --exclude-dir=impl | LC_ALL=C sort -u >"$others/all.hpp"
    "$compiler" "@$flags" -DFOUNDRY_SEPARATE_COMPILATION -x c++-header "$others/all.hpp" -o "$others/all.hpp.gch" ;;
esac

all=()
for mode in $modes; do
    for header in "${headers[@]}"; do
        case $mode:$header in header-only:*/detail/* | public:*/detail/*) continue ;; esac
        all+=("$mode:$header")
    done
done
if [ "${#all[@]}" -eq 0 ]; then
    echo "no headers in $include"
    exit 1
fi
status=0
# shellcheck disable=SC2016
printf '%s\0' "${all[@]}" | xargs -0 -n 1 -P 2 bash -c 'check "$1"' check || status=1
echo "${#all[@]} times a header alone: $modes"
exit "$status"
