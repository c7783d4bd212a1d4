#!/usr/bin/env bash
# Drives the emulator of the examples with the official clients of Azure, OpenAI
# and Vercel for JavaScript, which are fetched into a directory of their own,
# once. Ends with 77, and says why, where there is no Node.js or no registry.
#
# Usage: clients.sh EMULATOR DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/support/npm.sh
. "$here/../support/npm.sh"
# shellcheck source=tests/support/start_emulator.sh
. "$here/../support/start_emulator.sh"

if command -v node >/dev/null; then
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || skip "the clients need Node.js 20 or newer"
fi
npm_packages "$here" "$2" openai
cp "$here"/*.mjs . # its imports are looked for beside it

start_emulator "$1" 0 0 0
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy # the service is on this machine
NODE_EXTRA_CA_CERTS=$ca node clients.mjs "$tls_port"
