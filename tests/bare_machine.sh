#!/usr/bin/env bash
# Proves that examples/run.sh needs nothing but a bare Debian: makes one with
# debootstrap, copies HEAD into it, asks the question there, and does it again
# to show that the second run installs and builds nothing.
# Needs root, git and debootstrap. AZURE_* and the proxy variables are passed on.
#
# Usage: tests/bare_machine.sh [suite] [question words...]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
suite=${1:-bookworm}
shift || true
if [ $# -eq 0 ]; then set -- "How many feet are in a mile?"; fi
mirror=${MIRROR:-http://deb.debian.org/debian}

if [ "$(id -u)" -ne 0 ]; then echo "This needs root." >&2; exit 1; fi

work=$(mktemp -d)
machine=$work/machine
trap 'rm -rf --one-file-system "$work"' EXIT

seconds_since() { echo $((SECONDS - $1)); }

echo "Making a bare $suite ..."
started=$SECONDS
debootstrap --variant=minbase "$suite" "$machine" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
apt-config dump | { grep -E '^Acquire::https?::Proxy' || true; } >"$machine/etc/apt/apt.conf.d/proxy"
# A space in the path is part of the proof.
mkdir "$machine/srv/a copy"
git -C "$root" archive HEAD | tar -x -C "$machine/srv/a copy"
made=$(seconds_since "$started")

# A mount namespace of its own: /proc is gone when the command ends, however it ends.
inside() (
    for name in $(compgen -e); do
        case $name in
        AZURE_* | *_proxy | *_PROXY) ;;
        *) unset "$name" 2>/dev/null || true ;;
        esac
    done
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
    # shellcheck disable=SC2016
    exec unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$machine" "$@"
)

# The messages are on the error output, the answer is on the other.
run() {
    { inside "/srv/a copy/examples/run.sh" "$@" 2>&1 1>&3 | tee "$work/messages" >&2; } 3>&1
}
part() { sed -nE "s/^$1 in ([0-9]+) s\.$/\1/p" "$work/messages"; }

status=0
started=$SECONDS
run "$@" || status=$?
first=$(seconds_since "$started")
packages=$(part Installed)
build=$(part Built)

if [ -n "$build" ]; then
    started=$SECONDS
    run "$@" || status=$?
    again=$(seconds_since "$started")
    if grep -E '^(Reading|Installing|Building)' "$work/messages" >/dev/null; then
        echo "The second run was to install and build nothing." >&2
        status=1
    fi
fi

printf '\n'
printf '%-22s %4s s\n' "bare $suite" "$made" packages "${packages:--}" build "${build:--}" \
    run "$((first - ${packages:-0} - ${build:-0}))" "the first run in all" "$first" \
    "the second run" "${again:--}"
exit "$status"
