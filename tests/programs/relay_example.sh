#!/usr/bin/env bash
# The example `voice` speaks through the example `relay` with its emulator, without a key.
#
#     relay_example.sh RELAY VOICE
set -euo pipefail

unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy AZURE_AI_API_KEY
work=$(mktemp -d)
cd "$work"
coproc relay { AZURE_AI_ENDPOINT='' exec "$1" 0; }
# shellcheck disable=SC2154 # coproc sets it
trap 'kill $relay_PID; rm -rf "$work"' EXIT
read -r AZURE_AI_ENDPOINT <&"${relay[0]}"
export AZURE_AI_ENDPOINT

said=$("$2" --text 'How many feet are in a mile?' answer.wav)
echo "$said"
grep -q '^assistant: .*5,280' <<<"$said"
read -r log <&"${relay[0]}"
echo "$log"
grep -q '^a player: 3 events to the service, .* the player has left$' <<<"$log"

"$2" --tones 'How many feet are in a mile?' question.wav
said=$("$2" question.wav spoken.wav)
grep -q '^user: How many feet are in a mile?$' <<<"$said"
cmp answer.wav spoken.wav # the same words

if AZURE_AI_ENDPOINT=${AZURE_AI_ENDPOINT%v1}v2 "$2" --text 'Hello' 2>errors; then exit 1; fi
grep -q 404 errors
