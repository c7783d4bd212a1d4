#!/usr/bin/env bash
# Asio without epoll: by select(), as on systems that have nothing better, or by io_uring for all.
#
#     reactors.sh select|io_uring COMPILER
# shellcheck source=tests/portability/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

reactor=$1 flags=-DBOOST_ASIO_DISABLE_EPOLL libraries=
export CXX=$2
if [ "$reactor" = io_uring ]; then
    flags+=' -DBOOST_ASIO_HAS_IO_URING' libraries=-luring
    probe=$cache/io_uring_probe
    echo '#include <liburing.h>
int main() { io_uring ring; return io_uring_queue_init(8, &ring, 0) == 0 ? 0 : 1; }' | "$CXX" -x c++ - -o "$probe" -luring 2>/dev/null ||
        skip "this needs liburing-dev"
    "$probe" || skip "the kernel gives no io_uring here"
fi
"$root/tests/portability/build_and_test.sh" "$cache/$reactor" emulator_tests -DCMAKE_CXX_FLAGS="$flags" \
    -DCMAKE_CXX_STANDARD_LIBRARIES="$libraries"
