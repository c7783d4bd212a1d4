# shellcheck shell=bash

# make_debian SUITE DIRECTORY: a bare Debian in the directory, of the mirror $MIRROR; if the file $KEYRING is set, an Ubuntu. Needs root and
# debootstrap.
make_debian() {
    local suite=$1 machine=$2 options=(--variant=minbase) script=
    if [ -n "${KEYRING:-}" ]; then # an old debootstrap does not know the names of new Ubuntus, which are all made the same way
        options+=(--components=main,universe --keyring="$KEYRING") script=gutsy
    fi
    if [ "$(id -u)" -ne 0 ]; then echo "This needs root." >&2; exit 1; fi
    echo "Making a bare $suite ..."
    # shellcheck disable=SC2086 # which may be none
    debootstrap "${options[@]}" "$suite" "$machine" "${MIRROR:-http://deb.debian.org/debian}" $script >"$machine.log" 2>&1 ||
        { tail -n 20 "$machine.log" >&2; exit 1; }
    cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
    apt-config dump | { grep -E '^Acquire::https?::Proxy' || true; } >"$machine/etc/apt/apt.conf.d/proxy"
}

# make_machine SUITE DIRECTORY: a bare Debian in the directory, with HEAD of this project in "/srv/a copy": a blank in the path is part of
# the proof. Needs git, too.
make_machine() {
    local machine=$2 root
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
    make_debian "$@"
    mkdir "$machine/srv/a copy"
    git -C "$root" archive HEAD | tar -x -C "$machine/srv/a copy"
}

# inside DIRECTORY COMMAND...: runs it there, in a mount namespace of its own: /proc is gone when the command ends, however it ends.
# AZURE_* and the proxy variables are passed on.
inside() (
    machine=$1
    shift
    for name in $(compgen -e); do
        case $name in
        AZURE_* | *_proxy | *_PROXY) ;;
        *) unset "$name" 2>/dev/null || true ;;
        esac
    done
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2016
    exec unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$machine" "$@"
)
