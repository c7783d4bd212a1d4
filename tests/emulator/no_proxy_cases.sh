#!/usr/bin/env bash
# Checks tests/data/no_proxy.txt against curl, the release that its table is of.
#
# No row needs a server: curl finds fault with the proxy's port if it is to use the proxy (exit status 5), and otherwise connects to a
# port at which nothing listens (7).
#
# Usage: no_proxy_cases.sh [CURL]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
curl=${1:-curl}
table=$here/../data/no_proxy.txt
skip() { echo "Skipped: $*"; exit 77; }

command -v "$curl" >/dev/null || skip "this needs curl"
case $("$curl" -q --version) in
"curl 7.88."*) ;;
*) skip "the table is of curl 7.88, and this is $("$curl" -q --version | head -n 1)" ;;
esac
for name in http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY; do unset "$name"; done

# bypasses HOST PORT [NAME=VALUE...]: prints yes or no.
bypasses() {
    local host=$1 port=$2 status=0
    shift 2
    env https_proxy=http://127.0.0.1:99999 "$@" \
        "$curl" -q -gs --max-time 10 --connect-to ::127.0.0.1:1 "https://$host:$port/" || status=$?
    case $status in
    5) echo no ;;
    7) echo yes ;;
    *) echo "curl's exit status $status" ;;
    esac
}

rows=0
wrong=0
while IFS= read -r line; do
    case $line in '' | '#'*) continue ;; esac
    # Not read's own columns, which have no blank at their ends.
    mapfile -t column < <(tr '\t' '\n' <<<"$line")
    if [ "${#column[@]}" -ne 5 ]; then echo "not five columns: $line"; exit 1; fi
    set_variables=()
    empty_variables=()
    for i in 2 3; do
        name=no_proxy
        [ "$i" = 2 ] || name=NO_PROXY
        if [ "${column[i]}" != - ]; then
            set_variables+=("$name=${column[i]}")
        else
            empty_variables+=("$name=")
        fi
    done
    case ${column[4]} in yes) expected=yes ;; no | 'no*') expected=no ;; *) echo "neither yes nor no: $line"; exit 1 ;; esac
    measured=$(bypasses "${column[0]}" "${column[1]}" "${set_variables[@]}")
    with_empty=$(bypasses "${column[0]}" "${column[1]}" "${set_variables[@]}" "${empty_variables[@]}")
    if [ "$measured" != "$expected" ] || [ "$with_empty" != "$expected" ]; then
        echo "curl says $measured, and $with_empty with empty variables: $line"
        wrong=$((wrong + 1))
    fi
    rows=$((rows + 1))
done <"$table"

if [ "$rows" -lt 20 ]; then echo "The table has only $rows rows."; exit 1; fi
if [ "$wrong" -ne 0 ]; then echo "$wrong of $rows rows are wrong."; exit 1; fi
echo "report: no_proxy: $rows rows as curl does"
