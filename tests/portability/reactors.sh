#!/usr/bin/env bash
# Asio without epoll: by select(), as on systems that have nothing better, or by io_uring for all.
#
#     reactors.sh select COMPILER
#     reactors.sh io_uring
#
# io_uring is tested in a Debian 13, with its Boost 1.83 and g++: the Asio of Boost 1.81 reuses the object of a closed socket while its
# cancelled operations are in the ring, and their ends are taken as those of the next socket's operations.
# shellcheck source=tests/portability/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

flags=-DBOOST_ASIO_DISABLE_EPOLL
if [ "$1" = select ]; then
    CXX=$2 "$root/tests/portability/build_and_test.sh" "$cache/select" emulator_tests -DCMAKE_CXX_FLAGS="$flags"
    exit
fi

debian_root trixie trixie
packages ca-certificates ccache cmake ninja-build doctest-dev libssl-dev openssl g++ libboost-json-dev liburing-dev
# shellcheck disable=SC2016
in_root sh -c 'echo "#include <liburing.h>
int main() { io_uring ring; return io_uring_queue_init(8, &ring, 0) == 0 ? 0 : 1; }" | g++ -x c++ - -o /srv/build/probe -luring && /srv/build/probe' ||
    skip "the kernel gives no io_uring here"
in_root env CXX=g++ /srv/foundry/tests/portability/build_and_test.sh /srv/build/io_uring emulator_tests \
    -DCMAKE_CXX_FLAGS="$flags -DBOOST_ASIO_HAS_IO_URING" -DCMAKE_CXX_STANDARD_LIBRARIES=-luring
