#!/usr/bin/env bash
# The batch example in a terminal: it shows how far the job is, Ctrl-C ends the program and not the job, and another run reads it.
#
#     batch_example.sh EMULATOR BATCH
set -euo pipefail

command -v script >/dev/null || { echo "Skipped: this needs script(1), which gives a program a terminal"; exit 77; }
# shellcheck source=tests/support/start_emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/start_emulator.sh"
start_emulator "$1" 0 0
program=$2
work=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export AZURE_AI_ENDPOINT=http://127.0.0.1:$port/v1 AZURE_AI_API_KEY=emulator-key AZURE_AI_MODEL=gpt-4o-mini

mkfifo keys
script -qefc "'$program' --every 200" screen <keys >/dev/null &
terminal=$!
exec 3>keys
until grep -q 'in_progress 0 of 1000' screen 2>/dev/null; do
    kill -0 "$terminal" || { cat screen; exit 1; }
done
printf '\003' >&3
exec 3>&-
wait "$terminal" || { cat screen; exit 1; }
tr '\r' '\n' <screen
id=$(sed -n 's/.*batch --resume \(batch_[-0-9a-f]*\).*/\1/p' screen)
[ -n "$id" ]

"$program" --resume "$id" --every 1 >resumed
tr '\r' '\n' <resumed | tail -n 5
grep -q '1000 answered, 0 failed' resumed
grep -q '] completed 1000 of 1000, [0-9.]* a second, 0.0 s left' resumed
