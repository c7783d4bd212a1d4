# shellcheck shell=bash
# Sourced by examples/run.sh and tests/run.sh: finds out what is missing to
# build, installs it with the system's package manager, and runs the long steps
# with their output in a log. Kept to what bash 3.2 knows, which macOS ships.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

manager=none
for candidate in apt-get dnf pacman brew; do
    if have "$candidate"; then manager=$candidate; break; fi
done

# Homebrew installs outside the compiler's search paths, OpenSSL even outside
# its own prefix. CMake and the probes below both follow CMAKE_PREFIX_PATH.
if [ "$manager" = brew ]; then
    prefix=$(brew --prefix 2>/dev/null || true)
    export CMAKE_PREFIX_PATH="$prefix:$prefix/opt/openssl@3${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}"
fi

# --- what is there -----------------------------------------------------------

# compiles SOURCE [FLAG...]; CXX may carry flags, so it is split into words.
compiles() (
    source=$1; shift
    compiler=${CXX:-g++}
    IFS=:
    for prefix in ${CMAKE_PREFIX_PATH:-}; do
        export CPATH="$prefix/include${CPATH:+:$CPATH}"
        export LIBRARY_PATH="$prefix/lib${LIBRARY_PATH:+:$LIBRARY_PATH}"
    done
    unset IFS
    # shellcheck disable=SC2086
    printf '%s\n' "$source" | $compiler -std=c++20 -x c++ - -o "$scratch/probe" "$@" >/dev/null 2>&1
)

# The first clang that is new enough: many systems have an older one beside it.
find_clang() {
    local name version
    for name in clang++-16 clang++ clang++-17 clang++-18 clang++-19 clang++-20 clang++-21; do
        have "$name" || continue
        version=$("$name" --version | sed -nE '1s/.*version ([0-9]+).*/\1/p')
        if [ "${version:-0}" -ge 16 ]; then echo "$name"; return; fi
    done
    return 1
}

has() {
    local clang major minor version bundle
    case $1 in
    compiler)
        compiles $'#include <version>\n#if __cplusplus < 202002L\n#error\n#endif\nint main() {}' ;;
    cmake)
        have cmake || return 1
        version=$(cmake --version | sed -n 's/^cmake version //p')
        IFS=. read -r major minor _ <<<"$version"
        [ "$major" -gt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -ge 20 ]; } ;;
    ninja)
        have ninja ;;
    meson)
        have meson && [ "$(meson --version | cut -d. -f1)" -ge 1 ] ;;
    pkg-config)
        have pkg-config ;;
    boost)
        compiles $'#include <boost/version.hpp>\n#if BOOST_VERSION < 108100 || !__has_include(<boost/json.hpp>)\n#error\n#endif\nint main() {}' -lboost_json ;;
    openssl)
        compiles $'#include <openssl/ssl.h>\nint main() { return SSL_CTX_new(TLS_client_method()) == nullptr; }' -lssl -lcrypto ;;
    certificates)
        for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/*.crt /etc/ssl/certs/*.pem \
                      /etc/ssl/cert.pem /etc/pki/tls/certs/ca-bundle.crt; do
            if [ -s "$bundle" ]; then return 0; fi
        done
        return 1 ;;
    doctest)
        compiles $'#include <doctest/doctest.h>' -fsyntax-only ;;
    sanitizers)
        compiles 'int main() {}' -fsanitize=address,undefined ;;
    valgrind)
        have valgrind ;;
    strace)
        have strace ;;
    curl)
        compiles $'#include <curl/curl.h>\nint main() { return curl_easy_init() == nullptr; }' -lcurl ;;
    nlohmann-json)
        compiles $'#include <nlohmann/json.hpp>' -fsyntax-only ;;
    node)
        have node && have npm ;;
    doxygen)
        have doxygen ;;
    proxies)
        have squid && have tinyproxy && have curl ;;
    chromium)
        have chromium || have chromium-browser || have google-chrome ;;
    mingw)
        have x86_64-w64-mingw32-g++-posix ;;
    clang-tidy)
        have clang-tidy-16 || { have clang-tidy && clang-tidy --version | grep -qE 'version (1[6-9]|[2-9][0-9])'; } ;;
    clang)
        clang=$(find_clang) && CXX=$clang compiles 'int main() {}' -fsanitize=address,undefined ;;
    esac
}

# missing NEED...: prints those of the needs that are not there
missing() {
    local need scratch
    scratch=$(mktemp -d)
    for need; do
        has "$need" || echo "$need"
    done
    rm -rf "$scratch"
}

# --- what provides it --------------------------------------------------------

apt_version() { LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: \([0-9].*\)/\1/p'; }

apt_boost() {
    local version
    if dpkg --compare-versions "$(apt_version libboost-json-dev)" ge 1.81; then
        printf '%s\n' libboost-dev libboost-json-dev
        return
    fi
    # Debian 12: the default Boost is 1.74, a newer one stands beside it.
    version=$(apt-cache pkgnames libboost-json1 |
        sed -nE 's/^libboost-json(1\.[0-9]+)-dev$/\1/p' | sort -V | tail -n 1)
    # Before the first apt-get update apt knows no package at all.
    if [ -z "$version" ] && grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
        version=1.81
    fi
    if dpkg --compare-versions "$version" ge 1.81; then
        printf '%s\n' "libboost$version-dev" "libboost-json$version-dev"
    else
        printf '%s\n' libboost-dev libboost-json-dev
    fi
}

apt_clang() {
    if [ -n "$(apt_version clang-16)" ]; then
        printf '%s\n' clang-16 libclang-rt-16-dev
    else
        printf '%s\n' clang libclang-rt-dev
    fi
}

# packages NEED...: prints the names of the packages here, one per line
packages() {
    local need
    for need; do
        case $manager:$need in
        apt-get:compiler) echo g++ ;;
        apt-get:ninja) echo ninja-build ;;
        apt-get:boost) apt_boost ;;
        apt-get:openssl) echo libssl-dev ;;
        apt-get:clang) apt_clang ;;
        apt-get:clang-tidy) echo clang-tidy-16 ;;
        apt-get:mingw) echo g++-mingw-w64-x86-64-posix ;;
        apt-get:doctest) echo doctest-dev ;;
        apt-get:sanitizers) echo g++ ;;
        apt-get:curl) echo libcurl4-openssl-dev ;;
        *:proxies) printf '%s\n' squid tinyproxy curl ;;
        apt-get:nlohmann-json) echo nlohmann-json3-dev ;;
        apt-get:node | dnf:node | pacman:node) printf '%s\n' nodejs npm ;;

        dnf:compiler) echo gcc-c++ ;;
        dnf:ninja) echo ninja-build ;;
        dnf:boost) echo boost-devel ;;
        dnf:openssl) echo openssl-devel ;;
        dnf:clang) printf '%s\n' clang compiler-rt ;;
        dnf:clang-tidy) echo clang-tools-extra ;;
        dnf:doctest) echo doctest-devel ;;
        dnf:pkg-config) echo pkgconf-pkg-config ;;
        dnf:curl) echo libcurl-devel ;;
        dnf:nlohmann-json) echo json-devel ;;
        dnf:sanitizers) printf '%s\n' libasan libubsan ;;

        pacman:compiler | pacman:sanitizers) echo gcc ;;
        pacman:pkg-config | brew:pkg-config) echo pkgconf ;;
        pacman:clang-tidy) echo clang ;;
        pacman:clang) printf '%s\n' clang compiler-rt ;;

        # Xcode's command line tools bring the compilers, macOS the certificates.
        brew:compiler | brew:sanitizers | brew:clang | brew:certificates) ;;
        brew:chromium | brew:clang-tidy) ;; # an application there, and no command
        dnf:mingw | pacman:mingw | brew:mingw) ;; # another name there
        brew:openssl) echo openssl@3 ;;
        brew:node) echo node ;;

        none:boost) echo 'boost (1.81 or newer, with Boost.JSON)' ;;
        none:openssl) echo 'openssl (with its headers)' ;;
        none:compiler) echo 'g++ (with C++20)' ;;
        none:cmake) echo 'cmake (3.20 or newer)' ;;
        none:meson) echo 'meson (1.0 or newer)' ;;
        none:sanitizers) echo 'libasan and libubsan' ;;

        *:certificates) echo ca-certificates ;;
        *) echo "$need" ;;
        esac
    done | awk '!seen[$0]++'
}

# --- installing it -----------------------------------------------------------

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages PACKAGE...: removes nothing that is installed
install_packages() {
    case $manager in
    apt-get)
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-remove \
            --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" ;;
    dnf) as_root dnf install --assumeyes --setopt=install_weak_deps=False "$@" ;;
    pacman)
        as_root pacman -S --needed --noconfirm "$@" ||
            as_root pacman -Sy --needed --noconfirm "$@" ;;
    brew) brew install "$@" ;;
    esac
}

# prepare LOG NEED...
prepare() {
    local log=$1 needs names started=$SECONDS
    shift
    needs=$(missing "$@")
    [ -n "$needs" ] || return 0
    : >"$log"

    if [ "$manager" = none ] || { [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ] && ! have sudo; }; then
        say "Some packages are missing, and this script cannot install them here. Please install"
        # shellcheck disable=SC2086
        packages $needs | sed 's/^/  /' >&2
        die "and run it again."
    fi
    if [ "$manager" = apt-get ]; then
        say "Reading the package lists ..."
        as_root apt-get update >>"$log" 2>&1 || true # the install tells whether it mattered
    fi
    # shellcheck disable=SC2086
    names=$(packages $needs)
    if [ -n "$names" ]; then
        say "Installing ${names//$'\n'/ } ..."
        # shellcheck disable=SC2086
        logged "$log" install_packages $names ||
            die "Please install these by hand, minding what they would replace (this script" \
                "removes nothing), and run it again: ${names//$'\n'/ }"
    fi
    needs=$(missing "$@")
    [ -z "$needs" ] || die "Still missing, or too old in this system's packages: ${needs//$'\n'/ }" \
        "(C++20, CMake 3.20 and Boost 1.81 with Boost.JSON are the oldest that serve; for the tests, Meson 1.0)."
    say "Installed in $((SECONDS - started)) s."
}

# --- building ----------------------------------------------------------------

# logged LOG COMMAND...: the output is shown only if the command fails
logged() {
    local log=$1
    shift
    if "$@" >>"$log" 2>&1 </dev/null; then return 0; fi
    tail -n 200 "$log" >&2
    say "This failed; the whole log is $log"
    return 1
}

# One compiler process takes up to 1.5 GB.
jobs_that_fit() {
    local cpus megabytes limit
    cpus=$(nproc 2>/dev/null || sysctl -n hw.ncpu)
    if [ -r /proc/meminfo ]; then
        megabytes=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
    else
        megabytes=$(($(sysctl -n hw.memsize) / 1048576))
    fi
    # A container's own limit does not show in /proc/meminfo.
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    if [ "$limit" != max ] && [ $((limit / 1048576)) -lt "$megabytes" ]; then
        megabytes=$((limit / 1048576))
    fi
    local fit=$((megabytes / 1536))
    if [ "$fit" -gt "$cpus" ]; then fit=$cpus; fi
    if [ "$fit" -lt 1 ]; then fit=1; fi
    echo "$fit"
}

# A build directory made for a copy of the sources elsewhere, or by another compiler, is of no use here.
drop_foreign_build() {
    local cache=$1/CMakeCache.txt compiler=${CXX:-g++}
    [ -e "$cache" ] || return 0
    compiler=$(command -v "${compiler%% *}")
    if ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$2" "$cache" ||
        ! grep '^CMAKE_CXX_COMPILER:' "$cache" | grep -qF "=$compiler"; then
        rm -rf "$1"
    fi
}
