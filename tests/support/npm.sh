# shellcheck shell=bash
# Sourced by tests that are written in JavaScript.

skip() { echo "Skipped: $*"; exit 77; }

# npm_packages FOLDER DIRECTORY MODULE: fetches what FOLDER/package-lock.json says into DIRECTORY, once, and goes there.
# Skips the test where there is no Node.js or no registry.
npm_packages() {
    local tool
    for tool in node npm; do
        command -v "$tool" >/dev/null || skip "this needs Node.js and npm, and there is no $tool"
    done
    mkdir -p "$2"
    cd "$2" || exit
    if [ -d "node_modules/$3" ] && cmp -s "$1/package-lock.json" package-lock.json; then return 0; fi
    cp "$1/package.json" "$1/package-lock.json" .
    npm ci --omit=dev --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 >npm.log 2>&1 && return 0
    rm -rf node_modules package-lock.json
    if grep -qE 'code (ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E[45][0-9]{2})' npm.log; then
        skip "npm cannot reach its registry for $3; see $2/npm.log"
    fi
    cat npm.log
    exit 1
}
