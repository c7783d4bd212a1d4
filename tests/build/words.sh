#!/usr/bin/env bash
# Comments and error texts are plain international English: none of these phrases, which readers had to read twice.
#
#     words.sh SOURCE_DIRECTORY
#
# Prints how often "where", "if" and "when" stand in the comments of the headers.
set -euo pipefail
cd "$1"

# Phrases, not words: "where" is also good English. Extended regular expressions, in lower case.
phrases="nobody|somebody|whoever|\bone's own\b|\banew\b|, null where|empty where|nothing where|false where|true where|only where
[,;] where (there|none|nothing)\b|not (even )?a word of|in good order|gets? on with
(is|are) told of each|of which nobody|would wake|leaves? when the coroutine|the right to use|whom to trust|(^|[^a-z])what is there\b
behind (the|it|a|what|them)\b|asks? again and again|as it likes|for ever\b|a place in the queue|the one who ask"

comments() { git ls-files 'include/*.hpp' 'include/*.ipp' 2>/dev/null || find include -name '*.[hi]pp'; }
texts=$(comments | grep -v 'testing/impl/knowledge' | xargs grep -nE '(^|[^:"])//|"[^"]* [^"]* [^"]*"')
if grep -iE "$(tr '\n' '|' <<<"$phrases" | sed 's/|$//')" <<<"$texts"; then
    echo 'Say it plainly: a condition begins with "if" or "when", a subject is a noun, a time is "after" or "before".'
    exit 1
fi

only_comments=$(comments | xargs grep -hoE '(^|[^:"])//.*')
for word in where if when; do
    echo "report: words: $(grep -oiw "$word" <<<"$only_comments" | wc -l) times \"$word\" in the comments of the headers"
done

# Each phrase is found.
for canary in 'null for nobody' 'empty where there is none' 'a field of one'"'"'s own' 'begins anew' 'behind the message' 'stays open for ever'; do
    grep -qiE "$(tr '\n' '|' <<<"$phrases" | sed 's/|$//')" <<<"/// $canary" || { echo "not found: $canary"; exit 1; }
done
