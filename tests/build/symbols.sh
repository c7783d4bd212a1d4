#!/usr/bin/env bash
# All that a file has of the library is in the inline namespace of the file's mode.
#
#     symbols.sh NM NAMESPACE FILE [NAMESPACE FILE]...
set -euo pipefail

nm=$1
shift
status=0
while [ $# -gt 0 ]; do
    scopes=$("$nm" -C "$2" | grep -oE '\bfoundry::[A-Za-z0-9_]+' | sort | uniq -c)
    if ! grep -q " foundry::$1\$" <<<"$scopes" || grep -v " foundry::$1\$" <<<"$scopes"; then
        printf '%s: not all of it is in foundry::%s:\n%s\n' "$2" "$1" "$scopes"
        status=1
    fi
    shift 2
done
exit "$status"
