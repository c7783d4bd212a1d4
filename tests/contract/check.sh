#!/usr/bin/env bash
# Checks a journal of requests against the services' OpenAPI documents: fetches
# the validator into a directory of its own, once, and runs check.mjs there.
# Ends with 77, and says why, where there is no Node.js or no registry.
#
# Usage: check.sh JOURNAL DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
journal=$1
directory=$2

skip() { echo "Skipped: $*"; exit 77; }

for tool in node npm; do
    command -v "$tool" >/dev/null || skip "the contract check needs Node.js and npm, and there is no $tool"
done
node -e 'process.exit(URL.canParse ? 0 : 1)' || skip "the contract check needs Node.js 18.17 or newer"
if [ ! -s "$journal" ]; then
    echo "There are no requests to check: run the tests that send them first."
    exit 1
fi

mkdir -p "$directory"
cd "$directory"
if [ ! -d node_modules/ajv ] || ! cmp -s "$here/package-lock.json" package-lock.json; then
    cp "$here/package.json" "$here/package-lock.json" .
    if ! npm ci --omit=dev --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 >npm.log 2>&1; then
        rm -rf node_modules package-lock.json
        if grep -qE 'code (ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E[45][0-9]{2})' npm.log; then
            skip "npm cannot reach its registry for the validator; see $directory/npm.log"
        fi
        cat npm.log
        exit 1
    fi
fi
exec node "$here/check.mjs" "$here/../data" "$journal"
