#!/usr/bin/env bash
# All that a file has of the library is in the inline namespace of the file's mode.
#
#     symbols.sh NM NAMESPACE FILE [NAMESPACE FILE]...
set -euo pipefail

nm=$1
shift
status=0
while [ $# -gt 0 ]; do
    count=$("$nm" -C "$2" | grep -c "foundry::$1::") || count=0
    strays=$("$nm" -C "$2" | grep -E '(^|[^A-Za-z0-9_:])foundry::' | grep -Ev "foundry::$1::" || true)
    others=$("$nm" -C "$2" | grep -oE '(^|[^A-Za-z0-9_])foundry::[A-Za-z0-9_]+' | grep -Ev "foundry::$1\$" | sort -u || true)
    echo "$2: $count symbols in foundry::$1"
    if [ "$count" -eq 0 ] || [ -n "$strays$others" ]; then
        printf 'not in it:\n%s\n%s\n' "$others" "$strays" | head -n 20
        status=1
    fi
    shift 2
done
exit "$status"
