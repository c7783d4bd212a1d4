#!/usr/bin/env bash
# Builds and runs a user's project that has the library in one of the ways there are: header-only, compiled, with the emulator; each
# of these in a way with CMake and in one with Meson.
#
#     consumer.sh WAY LIBRARY_DIRECTORY WORK_DIRECTORY
#
# The first WAY, "install", makes in WORK_DIRECTORY what some of the others use. The compiler and its flags are in CXX and
# CXXFLAGS, for CMake and Meson read them there; so does CMake its launcher and generator.
set -euo pipefail

way=$1 library=$2 work=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
installed=$work/installed
build=$work/$way
launcher=${CMAKE_CXX_COMPILER_LAUNCHER:-}

fail() {
    printf '%s\n' "$@"
    exit 1
}

quietly() {
    output=$("$@" 2>&1) || fail "FAILED: $*" "$output"
}

configure() {
    quietly "$@"
    if grep -qi warning <<<"$output"; then fail "A warning: $*" "$output"; fi
}

run() {
    local program
    for program; do
        quietly "$build/$program"
        echo "$program: built and ran"
    done
}

meson_setup() {
    CXX="${launcher:+$launcher }$CXX" configure meson setup --buildtype=plain --wrap-mode=nodownload "$@"
}

# make_and_run PROGRAM...: with the build directory's own tool
make_and_run() {
    case $way in
    meson*) quietly meson compile -C "$build" -j 1 "$@" ;;
    *) quietly cmake --build "$build" --parallel 1 --target "$@" ;;
    esac
    run "$@"
}

cmake_setup() { configure cmake -S "$here/consumer" -B "$build" "-DFOUNDRY_WAY=$way" "$@"; }

# The library is not installed with the user's project.
check_nothing() { [ ! -e "$build/nothing" ] || fail "Installed with it:" "$(find "$build/nothing")"; }

# install_with NAME: moves what was installed, for an installed package may be moved
install_with() {
    rm -rf "$work/prefix" "${installed:?}/$1"
    case $1 in
    cmake)
        configure cmake -S "$library" -B "$build/cmake" -DFOUNDRY_BUILD_TESTS=OFF -DFOUNDRY_BUILD_EXAMPLES=OFF
        quietly cmake --install "$build/cmake" --prefix "$work/prefix"
        if command -v doxygen >/dev/null; then quietly cmake --build "$build/cmake" --target documentation; fi ;;
    meson)
        meson_setup "$build/meson" "$library" --prefix "$work/prefix"
        quietly meson install -C "$build/meson" ;;
    esac
    mkdir -p "$installed"
    mv "$work/prefix" "$installed/$1"
}

# What is installed beside the headers.
others() { (cd "$1" && find . -type f ! -path './include/*' | LC_ALL=C sort); }

package() { PKG_CONFIG_PATH=$installed/$1/share/pkgconfig pkg-config "${@:2}" foundry; }

check_installed() {
    local name version
    for name in cmake meson; do
        quietly diff -r "$library/include" "$installed/$name/include"
    done
    [ "$(others "$installed/cmake")" = "./share/cmake/foundry/foundry-compiled.cmake
./share/cmake/foundry/foundry-config-version.cmake
./share/cmake/foundry/foundry-config.cmake
./share/cmake/foundry/foundry-targets.cmake
./share/foundry/single_include/foundry.hpp
./share/licenses/foundry/LICENSE
./share/pkgconfig/foundry.pc" ] || fail "CMake installs:" "$(others "$installed/cmake")"
    [ "$(others "$installed/meson")" = "./share/licenses/foundry/LICENSE
./share/pkgconfig/foundry.pc" ] || fail "Meson installs:" "$(others "$installed/meson")"
    if output=$(grep -rF -e "$library" -e "$work" "$installed"); then
        fail "Installed files have paths of this machine:" "$output"
    fi

    version=$(package cmake --modversion)
    quietly grep -F "set(PACKAGE_VERSION \"$version\")" "$installed/cmake/share/cmake/foundry/foundry-config-version.cmake"
    quietly grep -F "user_agent = \"foundry-cpp/${version%.*}\";" "$library/include/foundry/options.hpp"
    [ "$(package meson --modversion)" = "$version" ] || fail "Meson's version is not $version."
    [ "$(package meson --print-requires)" = "$(package cmake --print-requires)" ] || fail "The requirements differ."
    [ "$(package meson --cflags --libs)" = "$(package cmake --cflags --libs | sed 's,/installed/cmake/,/installed/meson/,')" ] ||
        fail "Not the same flags:" "$(package meson --cflags --libs)" "$(package cmake --cflags --libs)"
    echo "version $version, installed by CMake and by Meson"
}

rm -rf "$build"
case $way in
install)
    install_with cmake
    install_with meson
    check_installed ;;
find_package)
    cmake_setup "-Dfoundry_ROOT=$installed/cmake"
    make_and_run with_emulator ;;
add_subdirectory | FetchContent)
    cmake_setup "-DFOUNDRY_SOURCE=$library"
    if [ "$way" = FetchContent ]; then make_and_run with_library; else make_and_run with_bodies; fi
    DESTDIR=$build/nothing quietly cmake --install "$build"
    check_nothing ;;
meson)
    PKG_CONFIG_PATH=$installed/meson/share/pkgconfig meson_setup "$build" "$here/consumer"
    make_and_run with_library ;;
meson_subproject)
    project=$build build=$build/build
    mkdir -p "$project/subprojects"
    cp "$here/consumer"/* "$project"
    ln -s "$library" "$project/subprojects/foundry"
    meson_setup "$build" "$project" --force-fallback-for=foundry
    make_and_run with_emulator
    quietly meson install -C "$build" --no-rebuild --destdir "$build/nothing"
    check_nothing ;;
pkg-config)
    mkdir -p "$build"
    flags=() libraries=()
    eval "flags=($CXXFLAGS -std=c++20 $(package cmake --cflags))"
    eval "libraries=($(package cmake --libs))"
    quietly ${launcher:+"$launcher"} "$CXX" "${flags[@]}" -c "$here/consumer/main.cpp" -o "$build/bodies.o"
    quietly "$CXX" "${flags[@]}" "$build/bodies.o" -o "$build/with_bodies" "${libraries[@]}"
    run with_bodies ;;
*) fail "no such way: $way" ;;
esac
