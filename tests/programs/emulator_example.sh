#!/usr/bin/env bash
# Starts the emulator alone, asks it one question over a plain socket, and ends it as Ctrl-C does.
set -euo pipefail

# shellcheck source=tests/support/start_emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/start_emulator.sh"
start_emulator "$1"

# A port that is taken is named, and no place in a source file.
if said=$("$1" 0 "$port" 2>&1); then echo "a second one has the same port"; exit 1; fi
case $said in
*"port $port"*"name another port"*) ;;
*) printf 'of the port that is taken it says:\n%s\n' "$said"; exit 1 ;;
esac
case $said in *" at "*) printf 'it names a source file:\n%s\n' "$said"; exit 1 ;; esac

body='{"model":"gpt-4o-mini","messages":[{"role":"user","content":"How many feet are in a mile?"}]}'
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'POST /openai/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\napi-key: emulator-key\r\nConnection: close\r\n' >&3
printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
answer=$(cat <&3)

kill -INT "$pid"
wait "$pid" || { echo "it did not end in good order"; exit 1; }
trap - EXIT
case $answer in
*"5,280"*) echo "it answered, and ended in good order" ;;
*) printf 'an unexpected answer:\n%s\n' "$answer"; exit 1 ;;
esac
