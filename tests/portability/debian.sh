#!/usr/bin/env bash
# The tests of units and those against the emulator in a newer Debian, with one of its compilers, its Boost and its OpenSSL.
#
#     debian.sh SUITE COMPILER
#
# COMPILER: g++, clang++ (the suite's own), newest-g++ or newest-clang++.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suite=$1 compiler=$2
debian_root "$suite" "$suite"
packages ca-certificates ccache cmake ninja-build doctest-dev libssl-dev g++
boost=$(newest libboost-json -dev)
case $compiler in
newest-g++) package=$(newest g++- '') compiler=$package ;;
newest-clang++) package=$(newest clang- '') compiler=clang++-${package#clang-} ;;
clang++) package=clang ;;
*) package=$compiler ;;
esac
packages "$boost" "$package"
in_root sh -c '"$1" --version | head -n 1; openssl version; dpkg -s "$2" | sed -n "s/^Version/$2/p"' sh "$compiler" "$boost"
run_tests_in_root "$compiler"
