#!/usr/bin/env bash
# A response in the background goes on when the program that reads it is killed and started again.
#
#     background_example.sh EMULATOR BACKGROUND
set -euo pipefail

# shellcheck source=tests/support/start_emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/start_emulator.sh"
start_emulator "$1" 0 0 20 # words a second
program=$2
work=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export AZURE_AI_ENDPOINT=http://127.0.0.1:$port/v1 AZURE_AI_API_KEY=emulator-key AZURE_AI_MODEL=gpt-4o-mini

# Until its state has more than so many bytes.
kill_after() {
    "$program" >killed &
    local reader=$! size=0
    until [ "$size" -gt "$1" ]; do
        if ! kill -0 "$reader" 2>/dev/null; then echo "it ended by itself"; exit 1; fi
        size=$(stat -c %s background.state 2>/dev/null || echo 0)
    done
    kill -KILL "$reader"
    wait "$reader" || true
}

kill_after 80
kill_after 160
"$program" >resumed
if [ -e background.state ]; then echo "its state is left over"; exit 1; fi
kill -0 "$pid"

# Equal questions get equal answers.
"$program" >whole
cmp whole resumed
echo "it was killed twice, and wrote all of $(wc -c <whole) bytes"
