#!/usr/bin/env bash
# The site builds without a warning, each class and struct has a description, each link has a target, and the page of errors has every
# code.
#
#     check.sh DOXYGEN DOXYFILE SOURCE_DIRECTORY
set -euo pipefail

doxygen=$1 doxyfile=$2 source=$3
errors=$source/include/foundry/error.hpp
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [ ! -x "$doxygen" ]; then
    echo "Skipped: there is no Doxygen"
    exit 77
fi

cd "$(dirname "$doxyfile")"
rm -rf html
bash "$here/build.sh" "$doxygen" "$doxyfile" "$source"

status=0
complain() { echo "$1"; status=1; }

undocumented=$(bash "$here/build.sh" "$doxygen" "$doxyfile" "$source" WARN_IF_UNDOCUMENTED=YES WARN_AS_ERROR=NO GENERATE_HTML=NO 2>&1)
case $undocumented in
*"is not documented"*) ;; # of members
*) complain "Doxygen no longer warns of what is not documented" ;;
esac
while IFS= read -r line; do
    complain "$line"
done < <(grep 'Compound .* is not documented' <<<"$undocumented")
cd html

links=0
while IFS=: read -r page link; do
    links=$((links + 1))
    link=${link#*\"}
    link=${link%%[\"#?]*}
    case $link in
    '' | *:*) ;; # within the page, or elsewhere
    *) [ -e "$link" ] || complain "$page: there is no $link" ;;
    esac
done < <(grep -oE 'href="[^"]*' ./*.html | sort -u)
[ "$links" -gt 1000 ] || complain "only $links links"

codes=0
while read -r code; do
    codes=$((codes + 1))
    grep -q "<code>$code</code> *</td>" page_errors.html || complain "the page of errors has no $code"
done < <(sed -n '/^enum class errc/,/^};/s/^ \{4\}\([a-z_][a-z_]*\)[ ,].*/\1/p' "$errors")
[ "$codes" -gt 0 ] || complain "there are no codes in $errors"

echo "$(find . -name 'page_*.html' -o -name index.html -o -name readme.html | wc -l) pages of text, $(find . -name '*.html' | wc -l) in all," \
    "$links links, $codes codes"
exit "$status"
