#!/usr/bin/env bash
# Builds the site. Doxygen loses links between pages whose path has a blank, so it reads the sources by way of a path without.
#
#     build.sh DOXYGEN DOXYFILE SOURCE_DIRECTORY [SETTING...]
set -euo pipefail

doxygen=$1 doxyfile=$2 source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$source" "$work/foundry"
settings=$(<"$doxyfile")
shift 3
"$doxygen" - <<<"$(printf '%s\n' "${settings//"$source"/"$work/foundry"}" "$@")"

# The name that filter.awk has changed. Addresses keep theirs: there an underscore is two, or before a digit.
html=$(dirname "$doxyfile")/html
pages=$(grep -rlE 'dictionary_([^_0-9]|$)' "$html" || true)
while [ -n "$pages" ] && IFS= read -r page; do
    sed -E 's/dictionary_([^_0-9]|$)/dictionary\1/g' "$page" >"$work/page"
    cp "$work/page" "$page"
done <<<"$pages"
