#!/usr/bin/env bash
# The program of the README with the emulator that answers it, built in a way in which no other test builds them, and run.
#
#     variants.sh WAY COMPILER FLAGS_FILE WORK_DIRECTORY
#
# WAY: no_rtti; no_ts_executors (Asio's newest executors only); lto; unity (one source file); pch (all public headers).
set -euo pipefail

way=$1 compiler=$2 flags=$3 work=$4
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
rm -rf "$work"
mkdir -p "$work"
cd "$work"

with=(-O0 -DFOUNDRY_SEPARATE_COMPILATION -DFOUNDRY_TEST_REQUESTS=1)
sources=("$root"/tests/compiled/{library,emulator}.cpp "$root/examples/basics/quickstart.cpp" "$root/tests/programs/led_to_emulator.cpp")
case $way in
no_rtti) with+=(-fno-rtti) ;;
no_ts_executors) with+=(-DBOOST_ASIO_NO_TS_EXECUTORS) ;;
lto) with+=(-flto) ;;
unity)
    printf '#include "%s"\n' "${sources[@]}" >unity.cpp
    sources=(unity.cpp) ;;
pch)
    (cd "$root/include" && find . -name '*.hpp' ! -path '*/detail/*' ! -path '*/impl/*' ! -name src.hpp -printf '#include <%P>\n') >all.hpp
    "$compiler" "@$flags" "${with[@]}" -x c++-header all.hpp -o all.hpp.gch
    case $("$compiler" --version) in
    *clang*) with+=(-include-pch all.hpp.gch) ;;
    *) with+=(-include all.hpp -Winvalid-pch) ;;
    esac ;;
*) echo "no such way: $way"; exit 2 ;;
esac

for source in "${sources[@]}"; do
    "$compiler" "@$flags" "${with[@]}" -c "$source" -o "$(basename "$source").o"
done
"$compiler" "${with[@]}" -Wl,--wrap=getaddrinfo,--wrap=connect ./*.o -o program -lssl -lcrypto -lboost_json -pthread
./program
