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

/// A program to run, and for how long.
struct command
{
    command() = default;

    std::string program; ///< An absolute path; no shell is asked what it means.
    std::vector<std::string> arguments;
    std::vector<std::string> environment; ///< `NAME=value`, besides one's own.
    std::chrono::milliseconds timeout{0}; ///< Zero for none.
};

/// What came of it.
struct command_result
{
    command_result() = default;
    command_result(command_result&&) noexcept = default;
    command_result& operator=(command_result&&) noexcept = default;
    ~command_result(); ///< Erases the output.

    std::optional<int> exit_code; ///< 128 and more: the signal that killed it. Nothing if this program ignores SIGCHLD.
    bool timed_out = false;
    bool too_long = false; ///< It wrote more than anybody reads, and was killed.
    std::string output;
    std::string errors;
};

/// Runs a program without blocking: POSIX only. It has no input, a process group of its own, `/` as its working directory and none of
/// this program's descriptors; at most 64 KiB of its output and 16 KiB of its errors are read, until a quarter of a second after its
/// end, if a program that it has left behind still holds them. Whatever happens, cancellation included, it is not left running, nor as
/// a zombie.
///
/// @throws boost::system::system_error where it cannot be started; `operation_aborted` where this is cancelled.
FOUNDRY_DECL boost::asio::awaitable<command_result> run(command what);

/// The absolute path of a program: in the absolute entries of PATH, or where systems usually have it; empty where it is in none. The
/// working directory is not looked at.
FOUNDRY_DECL std::string find_program(std::string_view name);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/child_process.ipp>
#endif
