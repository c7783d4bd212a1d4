#!/usr/bin/env bash
# All that a file has of the library is in the inline namespace of its release and the file's mode.
#
#     symbols.sh NM VERSION MODE FILE [MODE FILE]...
set -euo pipefail

nm=$1 release=v${2//./_}
shift 2
status=0
while [ $# -gt 0 ]; do
    scopes=$("$nm" -C "$2" | grep -oE '\bfoundry::[A-Za-z0-9_]+' | sort | uniq -c)
    scope=foundry::${release}_$1
    if ! grep -q " $scope\$" <<<"$scopes" || grep -v " $scope\$" <<<"$scopes"; then
        printf '%s: not all of it is in %s:\n%s\n' "$2" "$scope" "$scopes"
        status=1
    fi
    shift 2
done
exit "$status"
