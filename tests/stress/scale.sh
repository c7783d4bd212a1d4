#!/usr/bin/env bash
# Runs scale_test.cpp with a server in another process.
#
#     scale.sh PROGRAM BENCHMARK_PROGRAMS
set -euo pipefail

# shellcheck disable=SC2034 # for common.sh
programs=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/benchmark/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../benchmark/common.sh"
# shellcheck disable=SC2119 # its argument is its own
start_server
# shellcheck disable=SC2154 # common.sh sets them
FOUNDRY_SCALE_SERVER="$plain_port $tls_port $work/certificate.pem" "$1" --test-suite=scale {server_input}>&-
