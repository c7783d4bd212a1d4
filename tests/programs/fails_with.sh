#!/usr/bin/env bash
# A program must end with status 1 and say why on the standard error stream, in these words.
#
#     fails_with.sh PROGRAM WORDS...
set -euo pipefail

program=$1
shift
status=0
said=$("$program" 2>&1 >/dev/null) || status=$?
printf '%s\n' "$said"
[ "$status" -eq 1 ] || { echo "it ended with $status"; exit 1; }
for words; do
    grep -qF -- "$words" <<<"$said" || { echo "it does not say: $words"; exit 1; }
done
