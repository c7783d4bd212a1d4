// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#if !defined(_WIN32)

#include <algorithm>
#include <csignal>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Starts a program in its own process group and in the directory `/`, with an empty input, these two as 1 and 2, and no other descriptor.
/// For systems whose posix_spawn() cannot do all of this; if it can, it is cheaper, because fork() copies the tables of all memory.
///
/// @returns its id; -1 with `errno` if there can be no other process. A program that cannot be started exits with 127, as in a shell.
inline pid_t fork_program(char* const* arguments, char* const* variables, int output, int errors)
{
    // No handler of this process may run in the other one.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t const process = ::fork();
    if (process != 0) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (process != -1)
            ::setpgid(process, process); // it does so, too: either may be the first
        return process;
    }

    // Only functions that are safe after fork() in a program with threads.
    ::setpgid(0, 0);
    int const input = ::open("/dev/null", O_RDONLY);
    if (::dup2(input, 0) == -1 || ::dup2(output, 1) == -1 || ::dup2(errors, 2) == -1 || ::chdir("/") != 0)
        ::_exit(127);
    auto const end = static_cast<int>(std::clamp(::sysconf(_SC_OPEN_MAX), 256L, 65536L)); // it may be 2^30
    for (int descriptor = 3; descriptor < end; ++descriptor)
        ::close(descriptor);
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL);
    sigemptyset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    ::execve(arguments[0], arguments, variables);
    ::_exit(127);
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#endif // not Windows
