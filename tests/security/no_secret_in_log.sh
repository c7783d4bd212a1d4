#!/usr/bin/env bash
# Searches the log of a whole test run for the secrets that were used in it, raw, in base64 and percent-encoded, and for what was
# asked and answered.
#
#     no_secret_in_log.sh LOG
set -euo pipefail

log=$1
secrets=(emulator-key emulator-token contoso-secret federated-token hunter2 's3cr3t~of+the/application='
    'assertion.of-the_application' 'header+of/app=service' 't0ken.of+the/authority=' 'k3y+of/the=resource')
talk=('feet are in a mile' 'You are a helpful assistant')

fail() { echo "$1 is in the log:"; grep -nF -- "$1" "$log" | head -n 3; exit 1; }
absent() { ! grep -qF -- "$1" "$log" || fail "$1"; }

percent_encoded() {
    local c i
    for ((i = 0; i < ${#1}; ++i)); do
        c=${1:i:1}
        case $c in
        [A-Za-z0-9.~_-]) printf %s "$c" ;;
        *) printf '%%%02X' "'$c" ;;
        esac
    done
}

[ -s "$log" ] || { echo "There is no log."; exit 1; }
for secret in "${secrets[@]}"; do
    absent "$secret"
    absent "$(percent_encoded "$secret")"
    encoded=$(printf %s "$secret" | base64)
    absent "${encoded:0:$((${#secret} / 3 * 4))}" # the last group depends on what follows
done
for text in "${talk[@]}"; do absent "$text"; done

# A log that nobody wrote holds no secret either.
for step in attempt response wait end; do
    grep -q "^foundry $step " "$log" || { echo "The log has no line of a $step."; exit 1; }
done
echo "report: $(wc -l <"$log") lines of log, no secret"
