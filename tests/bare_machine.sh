#!/usr/bin/env bash
# Proves that examples/run.sh needs nothing but a bare Debian: makes one with
# debootstrap, copies HEAD into it, asks the question there, and does it again
# to show that the second run installs and builds nothing.
# Needs root, git and debootstrap. AZURE_* and the proxy variables are passed on.
#
# Usage: tests/bare_machine.sh [suite] [question words...]
# An Ubuntu: MIRROR=URL KEYRING=ubuntu-archive-keyring.gpg tests/bare_machine.sh noble
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/support/bare_machine.sh"
suite=${1:-bookworm}
shift || true
if [ $# -eq 0 ]; then set -- "How many feet are in a mile?"; fi

work=$(mktemp -d)
machine=$work/machine
trap 'rm -rf --one-file-system "$work"' EXIT

seconds_since() { echo $((SECONDS - $1)); }

started=$SECONDS
make_machine "$suite" "$machine"
made=$(seconds_since "$started")

# The messages are on the error output, the answer is on the other.
run() {
    { inside "$machine" "/srv/a copy/examples/run.sh" "$@" 2>&1 1>&3 | tee "$work/messages" >&2; } 3>&1
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
