#!/usr/bin/env bash
# clang-tidy over all of the library's bodies; .clang-tidy has its checks.
set -euo pipefail

flags=$2 root=$3
tidy=
for name in clang-tidy-16 clang-tidy; do
    if command -v "$name" >/dev/null && "$name" --version | grep -qE 'version (1[6-9]|[2-9][0-9])'; then
        tidy=$name
        break
    fi
done
if [ -z "$tidy" ]; then
    echo "Skipped: no clang-tidy of version 16 or later is here."
    exit 77
fi
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
echo '#include <foundry/src.hpp>' >"$directory/library.cpp"
mapfile -t arguments < <(sed -E 's/^"(.*)"$/\1/; s/\\(.)/\1/g' "$flags") # it does not read such files itself
"$tidy" --quiet --config-file="$root/.clang-tidy" "$directory/library.cpp" -- "${arguments[@]}" -DFOUNDRY_SEPARATE_COMPILATION
