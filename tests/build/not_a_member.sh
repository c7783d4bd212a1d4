#!/usr/bin/env bash
# A described class must not compile with a member that has no JSON form, nor if its description forgets a member; and the compiler must
# say so in one error, which names the type and what to write.
#
#     not_a_member.sh COMPILER FLAGS_FILE
set -euo pipefail

compiler=$1 flags=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/not_a_member.cpp

compile() {
    LC_ALL=C "$compiler" "@$flags" -DFOUNDRY_SEPARATE_COMPILATION -fsyntax-only "$@" "$source" 2>&1
}

fail() {
    printf '%s\n' "$@"
    exit 1
}

output=$(compile) || fail "Classes without a mistake do not compile:" "$output"

# refused MISTAKE TYPE WORDS
refused() {
    if output=$(compile -D"$1"); then fail "$1 compiles."; fi
    errors=$(grep -c ' error: ' <<<"$output")
    [ "$errors" -eq 1 ] || fail "$1: $errors errors:" "$output"
    grep -q "$2" <<<"$output" || fail "$1: the error does not name $2:" "$output"
    grep -q " error: .*$3" <<<"$output" || fail "$1: the error does not say \"$3\":" "$output"
    echo "$1: refused in $(wc -l <<<"$output") lines"
}

what_to_use="use bool, an integer, double, .* BOOST_DESCRIBE_ENUM, a class with BOOST_DESCRIBE_STRUCT"
refused A_POINTER '<void \?\*>' "$what_to_use"
refused AN_UNDESCRIBED_CLASS '<nothing>' "$what_to_use"
refused A_WIDE_INTEGER '<__int128>' "$what_to_use"
refused VECTOR_OF_BOOL 'std::vector<bool' "use an array, or a class with a bool"
refused A_FORGOTTEN_MEMBER '<weather>' "BOOST_DESCRIBE_STRUCT does not name all members"
