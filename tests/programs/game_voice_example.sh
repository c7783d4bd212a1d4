#!/usr/bin/env bash
# The characters of the example `game_loop` speak with the emulator: each has a WAV file, and the loop goes on.
#
#     game_voice_example.sh GAME_LOOP
set -euo pipefail

export AZURE_AI_ENDPOINT=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

said=$("$1" 5 --lines --voice)
echo "$said"
for name in Ada Bo; do
    grep -q "^$name: [A-Z]" <<<"$said"
    [ "$(head -c 4 $name.wav)" = RIFF ]
    [ "$(stat -c %s $name.wav)" -gt 48000 ] # a second
done
grep -q '^(Ada opens the door to the galley)$' <<<"$said"
grep -q 'of 300 frames$' <<<"$said"
