#!/usr/bin/env bash
# A system without IPv6, though its hosts file has an address of it: a program of tests, in a network namespace of its own.
#
#     no_ipv6.sh PROGRAM [ARGUMENT...]
set -euo pipefail

skip() { echo "Skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "only root makes a network namespace"
command -v ip >/dev/null || skip "this needs ip"
unshare --net true 2>/dev/null || skip "this system has no network namespaces"

# shellcheck disable=SC2016
unshare --net --mount sh -c '
    hosts=$(mktemp)
    printf "%s\n" "::1 localhost" "127.0.0.1 localhost" >"$hosts"
    mount --bind "$hosts" /etc/hosts
    rm "$hosts"
    if [ -e /proc/sys/net/ipv6 ]; then
        echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
        echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    fi
    ip link set lo up
    if ip -6 address | grep inet6; then echo "there is IPv6"; exit 1; fi
    exec "$@"' sh "$@"
