#!/usr/bin/env bash
# The example speaks with the emulator: a question as a WAV file is heard, and the answer is a WAV file.
#
#     voice_example.sh VOICE
set -euo pipefail

voice=$1
export AZURE_AI_ENDPOINT=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$voice" --tones 'How many feet are in a mile?' question.wav
for option in '' --push-to-talk; do
    said=$("$voice" $option question.wav answer.wav)
    echo "$said"
    grep -q '^user: How many feet are in a mile?$' <<<"$said"
    grep -q '^assistant: .*5,280' <<<"$said"
    [ "$(head -c 4 answer.wav)" = RIFF ]
    [ "$(stat -c %s answer.wav)" -gt 10000 ]
done
said=$("$voice" --text 'How many feet are in a mile?' spoken.wav)
echo "$said"
grep -q '^assistant: .*5,280' <<<"$said"
cmp answer.wav spoken.wav # the same words
head -c 30 question.wav >cut.wav
if "$voice" cut.wav 2>errors; then exit 1; fi
cat errors
