#!/usr/bin/env bash
# Makes the files of a release from the last commit: the sources, the single header, and their checksums.
#
#     release.sh DIRECTORY
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
mkdir -p "$1"
cd "$1"

version=$(sed -nE 's/^project\(foundry VERSION ([0-9.]+).*/\1/p' "$root/CMakeLists.txt")
for file in meson.build examples/packaging/vcpkg/foundry/vcpkg.json examples/packaging/conan/conanfile.py; do
    grep -qE "version\"?( =|:) ['\"]${version}['\"]" "$root/$file" ||
        { echo "$file does not have the version $version of CMakeLists.txt" >&2; exit 1; }
done
series=${version%.*}
for text in "v${series/./_}_compiled" "v${series/./_}_header_only" "foundry-cpp/$series\""; do
    grep -qrF "$text" "$root/include" || { echo "the headers do not have $text of version $version" >&2; exit 1; }
done

name=foundry-$version
git -C "$root" archive --prefix="$name/" HEAD | gzip -n >"$name.tar.gz"
tar -xzf "$name.tar.gz"
cmake -D "include=$PWD/$name/include" -D "output=$PWD/foundry.hpp" -D "version=$version" \
    -P "$name/examples/packaging/single_header.cmake"
rm -r "$name"
sha256sum "$name.tar.gz" foundry.hpp >SHA256SUMS
cat SHA256SUMS
