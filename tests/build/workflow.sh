#!/usr/bin/env bash
# The workflows for a public forge are right by its schema, and one with a misspelt word is not.
#
#     workflow.sh PROJECT_DIRECTORY WORK_DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/support/npm.sh
. "$here/../support/npm.sh"
npm_packages "$here/workflow" "$2" @action-validator
cp "$here/workflow/check.mjs" . # its imports are looked for beside it

status=0 count=0
for file in "$1"/.github/workflows/*.yml; do
    wrong=$(node check.mjs <"$file")
    if [ -n "$wrong" ]; then
        printf '%s:\n%s\n' "$file" "$wrong"
        status=1
    fi
    if [ -z "$(sed 's/^\( *\)runs-on:/\1runs-at:/' "$file" | node check.mjs)" ]; then
        echo "$file passes with a misspelt word, too"
        status=1
    fi
    count=$((count + 1))
done
echo "report: workflows by their schema: $count"
exit $status
