#!/usr/bin/env bash
set -euo pipefail

usage() {
    cat <<'END'
Usage: ./tests/live/run.sh

Asks the service that AZURE_AI_ENDPOINT names (one URL, or several with blanks
in between) each documented operation once, which costs a few cents, and prints
form, operation, outcome and request id of each.

  AZURE_AI_ENDPOINT                not set: nothing is asked
  AZURE_AI_API_KEY                 not set: Microsoft Entra ID, such as a login
  AZURE_AI_MODEL                   the deployment for chat
  AZURE_AI_EMBEDDING_MODEL         for embeddings
  AZURE_AI_IMAGE_EMBEDDING_MODEL   for embeddings of pictures
  AZURE_AI_IMAGE_MODEL             for generating a picture, which costs most
END
}

case ${1:-} in
'') ;;
--help | -h) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac
if [ -z "${AZURE_AI_ENDPOINT:-}" ]; then
    echo "Skipped: AZURE_AI_ENDPOINT is not set"
    exit 0
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=examples/prepare.sh
. "$root/examples/prepare.sh"

build=$root/build/live
log=$root/build/live.log
mkdir -p "$root/build"
: >"$log"
prepare "$root/build/packages.log" compiler cmake ninja boost openssl certificates doctest
drop_foreign_build "$build" "$root"
export CXX=${CXX:-g++}
say "Building (some minutes the first time) ..."
logged "$log" cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DFOUNDRY_BUILD_TESTS=ON -DFOUNDRY_TEST_LONG=ON -DFOUNDRY_BUILD_EXAMPLES=OFF -DCMAKE_RUNTIME_OUTPUT_DIRECTORY="$build/bin"
logged "$log" ninja -C "$build" -j "$(jobs_that_fit)" live_test

status=0
"$build/bin/live_test" || status=$?
if [ "$status" -eq 77 ]; then status=0; fi # skipped, which it has said
exit "$status"
