#!/usr/bin/env bash
# The example `voice` speaks with a realtime service made of the npm package ws.
#
#     realtime_server.sh VOICE DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/support/npm.sh
. "$here/../support/npm.sh"
npm_packages "$here" "$2" ws
cp "$here"/*.mjs . # its imports are looked for beside it

work=$(mktemp -d)
node realtime_server.mjs >"$work/port" 2>"$work/log" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
for _ in $(seq 200); do
    [ ! -s "$work/port" ] || break
    sleep 0.05
done
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy # the service is on this machine
port=$(cat "$work/port")
export AZURE_AI_ENDPOINT=http://127.0.0.1:$port/v1 AZURE_AI_API_KEY=key

"$1" --text 'How many feet are in a mile?' "$work/answer.wav" | tee "$work/said"
grep -q '^assistant: You wrote to me.$' "$work/said"
"$1" --tones "$(printf '%*s' 150 '' | tr ' ' 'a')" "$work/question.wav"
"$1" "$work/question.wav" "$work/answer.wav" | tee "$work/said"
grep -q '^assistant: You spoke for two seconds.$' "$work/said"
[ "$(stat -c %s "$work/answer.wav")" = $((44 + 5 * 4800)) ]
[ "$(grep -c 'closed with 1000' "$work/log")" = 2 ]
echo "report: realtime with the npm package ws: 2 sessions"
