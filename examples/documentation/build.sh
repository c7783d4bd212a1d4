#!/usr/bin/env bash
# Builds the site. Doxygen loses links between pages whose path has a blank, so it reads the sources by way of a path without.
#
#     build.sh DOXYGEN DOXYFILE SOURCE_DIRECTORY
set -euo pipefail

doxygen=$1 doxyfile=$2 source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$source" "$work/foundry"
settings=$(<"$doxyfile")
"$doxygen" - <<<"${settings//"$source"/"$work/foundry"}"
