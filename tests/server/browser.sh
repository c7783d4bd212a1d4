#!/usr/bin/env bash
# Drives the page of examples/apps/server.cpp in the system's Chromium, with a driver that is fetched into a directory of
# its own, once. Ends with 77, and says why, where there is no browser, no Node.js or no registry.
#
# Usage: browser.sh SERVER SERVICE DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/support/npm.sh
. "$here/../support/npm.sh"

for name in chromium chromium-browser google-chrome; do
    if browser=$(command -v "$name") && "$browser" --version >/dev/null 2>&1; then break; fi
    browser=
done
[ -n "$browser" ] || skip "this needs Chromium"
npm_packages "$here" "$3" playwright-core
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || skip "playwright-core needs Node.js 20 or newer"
exec node --test-reporter=spec "$here/browser_test.mjs" "$browser" "$1" "$2"
