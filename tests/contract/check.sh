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

# shellcheck source=tests/support/npm.sh
. "$here/../support/npm.sh"

if [ ! -s "$journal" ]; then
    echo "There are no requests to check: run the tests that send them first."
    exit 1
fi
npm_packages "$here" "$directory" ajv
node -e 'process.exit(URL.canParse ? 0 : 1)' || skip "the contract check needs Node.js 18.17 or newer"
exec node "$here/check.mjs" "$here/../data" "$journal"
