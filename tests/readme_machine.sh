#!/usr/bin/env bash
# Proves that README.md installs the library on a bare Debian and that its program runs there: takes the lines of the installation and the
# program out of it, runs the lines in a copy of HEAD and compiles the program outside, as a user does. The program asks an emulator of
# this machine: of its text, the endpoint's URL and the key are changed. Prints the seconds until the first words have been streamed.
# Needs root, git and debootstrap.
#
# Usage: tests/readme_machine.sh EMULATOR_PROGRAM [suite]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/support/bare_machine.sh"
. "$here/support/start_emulator.sh"
suite=${2:-bookworm}

# block LANGUAGE: the first code block of this language in README.md
block() { awk -v begin="^\`\`\`$1\$" '$0 ~ begin && !n { n = 1; next } /^```$/ && n == 1 { exit } n' "$here/../README.md"; }

work=$(mktemp -d)
machine=$work/machine
start_emulator "$1" 0 0 30
trap 'kill "$pid" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

make_machine "$suite" "$machine"
mkdir "$machine/srv/program"
block cpp | sed -e "s#https://contoso.services.ai.azure.com/models#http://127.0.0.1:$port/v1#" -e "s#\"\\.\\.\\.\"#\"emulator-key\"#" \
    >"$machine/srv/program/chat.cpp"
line() { block sh | grep "$1" || { echo "The installation in README.md has no line with $1." >&2; exit 1; }; }
packages=$(line apt-get)
install=$(line "cmake -B")
compile=$(line g++.*chat.cpp)

# What the README leaves to its readers: to look for packages, to say yes, and to be root.
cat >"$machine/srv/steps.sh" <<END
set -eo pipefail
sudo() { "\$@"; }
apt-get() { command apt-get -qq -y "\$@"; }
seconds() { echo "\$1 \$((SECONDS - started)) s" >&2; started=\$SECONDS; }
started=\$SECONDS
{ apt-get update; $packages; } >/dev/null 2>&1; seconds "packages            "
cd "/srv/a copy"; { $install; } >/dev/null; seconds "installation         "
cd /srv/program; $compile; seconds "the program compiled "
./chat | { head -c 12; seconds ": the first words    "; cat; }
END
inside "$machine" bash /srv/steps.sh
