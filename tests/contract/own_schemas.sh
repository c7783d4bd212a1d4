#!/usr/bin/env bash
# Compares the schemas that a program prints with a validator. Ends with 77, and
# says why, where there is no Node.js or no registry.
#
# Usage: own_schemas.sh PROGRAM DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
program=$1
directory=$2

# shellcheck source=tests/support/npm.sh
. "$here/../support/npm.sh"

npm_packages "$here" "$directory" ajv
"$program" >"$directory/own_schemas.txt"
exec node "$here/own_schemas.mjs" <"$directory/own_schemas.txt"
