# shellcheck shell=bash
# Sourced by the scripts of this folder. What they fetch and build is kept in $FOUNDRY_CACHE, by default build/cache.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${FOUNDRY_CACHE:-$root/build/cache}
mkdir -p "$cache"
# shellcheck source=tests/support/bare_machine.sh
. "$root/tests/support/bare_machine.sh"

skip() { echo "Skipped: $*"; exit 77; }

# logged FILE COMMAND...: shows the end of the output only if the command fails.
logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || { tail -n 60 "$log"; return 1; }
}

# debian_root NAME SUITE: sets $machine to a Debian that is made once and kept.
debian_root() {
    machine=$cache/$1
    [ -e "$machine.made" ] && return
    [ "$(id -u)" -eq 0 ] || skip "only root makes a Debian to build in"
    command -v debootstrap >/dev/null || skip "this needs debootstrap"
    rm -rf --one-file-system "$machine"
    (make_debian "$2" "$machine") || skip "debootstrap cannot make a $2; see $machine.log"
    echo '127.0.0.1 localhost' >"$machine/etc/hosts"
    touch "$machine.made"
}

# in_root COMMAND...: runs it in $machine, with this project in /srv/foundry. Builds are kept in /srv/build.
in_root() (
    mkdir -p "$machine"/srv/{foundry,build}
    # shellcheck disable=SC2016
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CCACHE_DIR=/srv/ccache \
        CCACHE_SLOPPINESS=pch_defines,time_macros unshare --mount sh -c '
            mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --bind "$1" "$0/srv/foundry" && shift &&
            exec chroot "$0" "$@"' "$machine" "$root" "$@"
)

# packages NAME...: installs what is missing in $machine.  A mirror may be days behind.
packages() {
    logged "$machine.packages.log" in_root sh -c '
        dpkg -s "$@" >/dev/null 2>&1 || { apt-get -q -o Acquire::Check-Valid-Until=false update && apt-get -qy install --no-install-recommends "$@"; }' sh "$@" ||
        skip "the packages $* cannot be installed; see $machine.packages.log"
}

# newest PREFIX SUFFIX: the package of that name in $machine with the highest version between the two.
newest() {
    in_root apt-cache pkgnames "$1" | grep -x "${1//./[.]}[0-9.]*[0-9]$2" | sort -V | tail -n 1
}
