#!/usr/bin/env bash
# A program that is compiled as C++17 gets one error: which standard to choose.
#
#     old_standard.sh COMPILER FLAGS_FILE [HEADER_DIRECTORY]
#
# With a directory, that of the one header.
set -euo pipefail

compiler=$1 flags=$2 header=${3:-}
output=$(printf '#include <foundry.hpp>\nint main() {}\n' |
    LC_ALL=C "$compiler" ${header:+"-I$header"} "@$flags" -std=c++17 -fsyntax-only -x c++ - 2>&1) &&
    { echo "It compiles as C++17."; exit 1; }
errors=$(grep -c 'error:' <<<"$output")
if [ "$errors" -ne 1 ] || ! grep -q 'foundry needs C++20: compile with -std=c++20' <<<"$output"; then
    printf '%s errors:\n%s\n' "$errors" "$output" | head -n 40
    exit 1
fi
echo "one error, which names the standard"
