#!/usr/bin/env bash
# A client of something that is no credential must not compile, and the compiler must say why in a few lines; nor must one of a
# credential of one's own without its header, and then the compiler names that; nor a key that is copied.
#
#     not_a_credential.sh COMPILER FLAGS_FILE
set -euo pipefail

compiler=$1 flags=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/not_a_credential.cpp
most_lines=60

compile() {
    LC_ALL=C "$compiler" "@$flags" -DFOUNDRY_SEPARATE_COMPILATION -fsyntax-only "$@" "$source" 2>&1
}

fail() {
    printf '%s\n' "$@"
    exit 1
}

output=$(compile) || fail "A client of a user's own credential does not compile:" "$output"

for who in A_NUMBER NO_COROUTINE; do
    if output=$(compile -D"$who"); then fail "$who is taken for a credential."; fi
    lines=$(wc -l <<<"$output")
    [ "$lines" -le "$most_lines" ] || fail "$who: $lines lines of errors, more than $most_lines:" "$output"
    # g++ and clang name an unsatisfied concept in these words.
    if ! grep -Eq "constraints not satisfied|does not satisfy 'credential'" <<<"$output" ||
        ! grep -Eq "(satisfaction of|concept) [^ ]*credential|does not satisfy 'credential'" <<<"$output"; then
        fail "$who: the error does not name the concept \"credential\":" "$output"
    fi
    echo "$who: refused in $lines lines"
done

if output=$(compile -DA_COPY); then fail "A key is copied into an any_credential."; fi
grep -q 'write any_credential{std::move(key)}' <<<"$output" || fail "The error does not say to move the key:" "$output"
echo "A_COPY: refused in $(wc -l <<<"$output") lines"

if output=$(compile -DFORGOTTEN_INCLUDE); then fail "A credential of one's own compiles without its header."; fi
grep -q 'include <foundry/token_credential.hpp>' <<<"$output" ||
    fail "The error does not say what to include:" "$output"
