#!/usr/bin/env bash
# Runs the tests of downloads to a disk that is full, on a small one of memory.
#
#     full_disk.sh EMULATOR_TESTS
set -euo pipefail

if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
    echo "Skipped: only root mounts a small disk"
    exit 77
fi
FOUNDRY_TEST_SMALL_DISK=$(mktemp -d)
export FOUNDRY_TEST_SMALL_DISK
trap 'rmdir "$FOUNDRY_TEST_SMALL_DISK"' EXIT
# shellcheck disable=SC2016
output=$(unshare --mount sh -c 'mount -t tmpfs -o size=256k small "$FOUNDRY_TEST_SMALL_DISK" &&
    exec "$1" --no-skip "--test-case=download: a full disk*"' sh "$1")
printf '%s\n' "$output"
grep -q 'test cases: *1 ' <<<"$output" # it was found
