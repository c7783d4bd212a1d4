#!/usr/bin/env bash
# The tests of units on another processor: built by a cross compiler of Debian 13, and run by qemu if this machine cannot.
#
#     cross.sh arm64|i386
# shellcheck source=tests/portability/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

architecture=$1
runner=
case $architecture in
arm64) triple=aarch64-linux-gnu runner=qemu-aarch64 ;;
i386) triple=i686-linux-gnu ;; # 32 bits, also for the time
esac
debian_root trixie trixie
logged "$machine.packages.log" in_root dpkg --add-architecture "$architecture" || skip "Debian has no $architecture"
packages ca-certificates ccache cmake ninja-build doctest-dev "g++-$triple" "libssl-dev:$architecture" "libboost-json-dev:$architecture" qemu-user

# shellcheck disable=SC2016
in_root sh -c '"$1" --version | head -n 1; [ -z "$2" ] || "$2" --version | head -n 1' sh "$triple-g++" "$runner"
in_root env CXX="$triple-g++" FOUNDRY_RUNNER="$runner" /srv/foundry/tests/portability/build_and_test.sh "/srv/build/$architecture" unit_tests \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="${triple%%-*}" -DCMAKE_LIBRARY_ARCHITECTURE="$triple"
