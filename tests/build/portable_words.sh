#!/usr/bin/env bash
# Words of one compiler, and headers of one system, stand in one place each, behind a condition.
#
#     portable_words.sh INCLUDE_DIRECTORY
set -euo pipefail

# The places, by what they are for.
#
#   config           no inlining of coroutines in clang
#   decode_floats    instructions of some x86 processors
#   type_of          a constant that clang does not take for one
compiler_places='detail/base/config.hpp detail/base/impl/decode_floats.ipp detail/json/type_of.hpp'
#   detail/base      processes, certificates, files
#   journal_file     the emulator's journal
system_places='detail/base/ testing/impl/journal_file.ipp'

compiler_words='__attribute__|__builtin_|__declspec|__forceinline|__restrict|__int128|__typeof|__asm|\[\[(gnu|clang|msvc)::|#pragma (GCC|clang|warning)'
compiler_words+='|__(GNUC|clang)__|_MSC_VER'
system_words='# *include <(sys/|netinet/|arpa/|mach/|(unistd|fcntl|spawn|pthread|poll|signal|dlfcn|pwd|windows|wincrypt|winsock2?|ws2tcpip|io|process)\.h>)'
system_words+='|\bp?ssize_t\b|\bpid_t\b|\btimegm\b|\bgmtime_r\b|\blocaltime_r\b|\bsetenv\b'

# Macros on some systems, so that a name with :: before it does not compile.
macro_words='::(sig(fill|empty|add|del)set|sigismember|(hton|ntoh)[sl])\('

# outside DIRECTORY WORDS PLACES: the lines that have the words, comments left out
outside() {
    local places
    places=$(sed 's/ /|/g; s/\./\\./g' <<<"$3")
    (cd "$1/foundry" && grep -rnE "$2" . --include='*.[hi]pp' | sed 's,^\./,,' | grep -vE "^($places)" |
        grep -vE '^[^:]*:[0-9]*: *//') || true
}

all_outside() {
    outside "$1" "$compiler_words" "$compiler_places"
    outside "$1" "$system_words" "$system_places"
    outside "$1" "$macro_words" nowhere
}

found=$(all_outside "$1")
if [ -n "$found" ]; then
    printf '%s\n' "$found" "Not every compiler or system has these: put them into the one place for them, with a way without."
    exit 1
fi

# Each word is found.
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/foundry/detail/http"
for canary in '__attribute__((noinline)) void f();' '[[gnu::cold]] void f();' 'int const n = __builtin_ctz(8);' '#include <sys/stat.h>' \
    '#include <windows.h>' 'ssize_t n;' 'auto t = timegm(&date);' '#if defined(_MSC_VER)' '::sigfillset(&all);'; do
    echo "$canary" >"$tree/foundry/detail/http/pool.hpp"
    if [ -z "$(all_outside "$tree")" ]; then
        echo "This may stand anywhere: $canary"
        exit 1
    fi
done
