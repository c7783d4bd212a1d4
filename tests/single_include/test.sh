#!/usr/bin/env bash
# The program made of two files and the one header answers, is linked to nothing of Boost's, and the header refuses to be mixed with
# the other way of separate compilation.
#
#     test.sh PROTOTYPE EMULATOR COMPILER FLAGS_FILE HEADER_DIRECTORY
set -euo pipefail

prototype=$1 emulator=$2 compiler=$3 flags=$4 header=$5
fail() { printf '%s\n' "$@"; exit 1; }

if ldd "$prototype" | grep boost; then fail "The prototype is linked to Boost."; fi
if grep -q 'foundry/testing' "$header/foundry.hpp"; then fail "The embedded Foundry is in the header."; fi

output=$(echo '#include "foundry.hpp"' |
    LC_ALL=C "$compiler" "-I$header" "@$flags" -DFOUNDRY_SEPARATE_COMPILATION -x c++ -fsyntax-only - 2>&1) &&
    fail "The header compiles with FOUNDRY_SEPARATE_COMPILATION."
grep -q 'define FOUNDRY_IMPLEMENTATION in one source file instead' <<<"$output" ||
    fail "The error does not say what to do:" "$output"

bash "$(dirname "${BASH_SOURCE[0]}")/../build/old_standard.sh" "$compiler" "$flags" "$header"

# shellcheck source=tests/support/start_emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/start_emulator.sh"
start_emulator "$emulator"
answer=$("$prototype" "http://localhost:$port/v1" emulator-key gpt-4o-mini "How many feet are in a mile?") ||
    fail "The prototype failed: $answer"
case $answer in
*5,280*) echo "$answer" ;;
*) fail "An unexpected answer: $answer" ;;
esac
