#!/usr/bin/env bash
set -euo pipefail

usage() {
    cat <<'END'
Usage: ./examples/run.sh [question words...]

Installs what is missing, builds examples/apps/chat_and_embed.cpp and asks the
question. The program reads the service's address and key from the
environment, AZURE_AI_ENDPOINT first; see the README.

  --print-packages   only print the packages this needs here, one per line
  --help             print this
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=examples/prepare.sh
. "$root/examples/prepare.sh"

needs=(compiler cmake ninja boost openssl certificates)

case ${1:-} in
--help | -h) usage; exit 0 ;;
--print-packages) packages "${needs[@]}"; exit 0 ;;
--) shift ;;
-*) usage >&2; exit 2 ;;
esac

build=$root/build/examples
log=$root/build/examples.log
mkdir -p "$root/build"

prepare "$root/build/packages.log" "${needs[@]}"

: >"$log"
drop_foreign_build "$build" "$root"
export CXX=${CXX:-g++}
started=$SECONDS
building=yes
if [ ! -e "$build/build.ninja" ]; then
    say "Building (about a minute the first time) ..."
    logged "$log" cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DFOUNDRY_BUILD_TESTS=OFF -DFOUNDRY_BUILD_EXAMPLES=ON \
        -DCMAKE_RUNTIME_OUTPUT_DIRECTORY="$build/bin"
else
    # Asked of a copy, since ninja always does something for its own file: it looks for new headers.
    logged "$log" ninja -C "$build" build.ninja
    cp "$build/build.ninja" "$build/check.ninja"
    if ninja -C "$build" -f check.ninja -n chat_and_embed 2>/dev/null | grep 'no work to do' >/dev/null; then
        building=no
    else
        say "Building what changed ..."
    fi
fi
if [ "$building" = yes ]; then
    logged "$log" ninja -C "$build" -j "$(jobs_that_fit)" chat_and_embed
    say "Built in $((SECONDS - started)) s."
fi

exec "$build/bin/chat_and_embed" "$@"
