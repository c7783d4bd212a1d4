// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// A program to run, and its time limit.
struct command
{
    command() = default;

    std::string program; ///< An absolute path; no shell resolves it.
    std::vector<std::string> arguments;
    std::vector<std::string> environment; ///< `NAME=value`, in addition to the environment of this process.
    std::chrono::milliseconds timeout{0}; ///< Zero for no limit.
};

/// The result of a command.
struct command_result
{
    command_result() = default;
    command_result(command_result&&) noexcept = default;
    command_result& operator=(command_result&&) noexcept = default;
    ~command_result(); ///< Erases the output.

    std::optional<int> exit_code; ///< 128 + n if signal n ended the program. Empty if this process ignores SIGCHLD.
    bool timed_out = false;
    bool too_long = false; ///< The output exceeded its limit, and the program was stopped.
    std::string output;
    std::string errors;
};

/// Runs a program without blocking. The program gets no input, its own process group (on Windows: a job of its own), `/` (the system's
/// folder) as its working directory and none of this process's descriptors. At most 64 KiB of its output and 16 KiB of its errors are read.
/// If a child of the program still holds the pipes after the program has ended, reading stops a quarter of a second later. In every case,
/// cancellation included, the program is stopped and leaves no zombie.
///
/// @throws boost::system::system_error if the program cannot be started, or on Windows is a batch file and an argument has a character that
/// might be run or expanded; with `operation_aborted` if the call is cancelled.
FOUNDRY_DECL boost::asio::awaitable<command_result> run(command what);

/// The absolute path of a program, from the absolute entries of PATH or, except on Windows, the usual directories; empty if the program is
/// in none of them. The working directory is never searched. On Windows, the program's file ends in `.exe` or `.cmd`.
FOUNDRY_DECL std::string find_program(std::string_view name);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/child_process.ipp>
#include <foundry/detail/base/impl/child_process_windows.ipp>
#endif
