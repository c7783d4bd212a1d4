#!/usr/bin/env bash
# clang 16 with its own standard library, which has no std::from_chars for double.
#
#     libcxx.sh syntax|tests
#
# syntax: the bodies of the library and of the emulator compile. tests: the tests of units, those against the emulator and the program of
# the README, under the address sanitizer, in a locale with a decimal comma.
# shellcheck source=tests/portability/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v clang++-16 >/dev/null || skip "this needs clang++-16"
libcxx=/usr/lib/llvm-16
if [ ! -e $libcxx/include/c++/v1/version ]; then # the packages are only unpacked: other versions may be installed
    libcxx=$cache/libcxx$libcxx
    fetch() {
        mkdir -p "$cache/libcxx" && cd "$cache/libcxx" &&
            apt-get download libc++-16-dev libc++1-16 libc++abi-16-dev libc++abi1-16 libunwind-16 libunwind-16-dev &&
            for package in *.deb; do dpkg-deb -x "$package" .; done
    }
    [ -e "$libcxx/include/c++/v1/version" ] || logged "$cache/libcxx.log" fetch || skip "the packages of libc++ 16 cannot be fetched"
fi
compile=(-nostdinc++ -isystem "$libcxx/include/c++/v1")

if [ "$1" = syntax ]; then
    printf '#include <foundry/%s>\n' src.hpp testing/src.hpp |
        clang++-16 -std=c++20 -fsyntax-only -DFOUNDRY_SEPARATE_COMPILATION -I"$root/include" "${compile[@]}" -Wall -Wextra -Wpedantic \
            -Wconversion -Wshadow -Werror -Wno-gnu-zero-variadic-macro-arguments -x c++ -
    exit
fi

# A Boost.JSON of this standard library, for the packaged one is libstdc++'s.
boost=$cache/libcxx/boost
mkdir -p "$boost"
[ -e "$boost/libboost_json.a" ] || {
    echo '#include <boost/json/src.hpp>' | clang++-16 -std=c++20 -g0 -fsanitize=address "${compile[@]}" -c -x c++ - -o "$boost/json.o"
    ar rc "$boost/libboost_json.a" "$boost/json.o"
}
cat >"$boost/BoostConfig.cmake" <<END
foreach(library headers json)
    add_library(Boost::\${library} INTERFACE IMPORTED)
    set_target_properties(Boost::\${library} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES /usr/include)
endforeach()
target_link_libraries(Boost::json INTERFACE "$boost/libboost_json.a")
END
echo 'set(PACKAGE_VERSION_COMPATIBLE TRUE)' >"$boost/BoostConfigVersion.cmake"

export LOCPATH=$cache/libcxx/locales
mkdir -p "$LOCPATH"
[ -e "$LOCPATH/de_DE.UTF-8" ] || localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.UTF-8" || skip "this needs the sources of locales"

link="-nostdlib++ -L$libcxx/lib -Wl,-rpath,$libcxx/lib"
LC_ALL=de_DE.UTF-8 CXX=clang++-16 "$root/tests/portability/build_and_test.sh" "$cache/libcxx/build" "unit_tests emulator_tests readme_program" \
    -DCMAKE_CXX_FLAGS="${compile[*]}" -DCMAKE_EXE_LINKER_FLAGS="$link" -DCMAKE_CXX_STANDARD_LIBRARIES="-lc++ -lc++abi" \
    -DBoost_DIR="$boost" -DFOUNDRY_SANITIZE=address
