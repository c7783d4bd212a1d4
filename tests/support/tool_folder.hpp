// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/entra/azure_cli_credential.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace foundry_test {

#if defined(_WIN32)
using process = unsigned long;
#else
using process = int;
#endif

/// The folder in which a developer's tool writes down how it was started, and of which processes it consists.
struct tool_folder
{
    explicit tool_folder(std::filesystem::path place) : folder(std::move(place)) {}

    std::string read(char const* name) const
    {
        std::ifstream in(folder / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    /// The processes that the slow tool consists of.
    std::vector<process> processes() const
    {
        std::istringstream in(read("pids"));
        return {std::istream_iterator<process>(in), {}};
    }

    std::filesystem::path folder;
};

inline foundry::entra::cli_options within(std::chrono::milliseconds time)
{
    foundry::entra::cli_options with;
    with.timeout = time;
    return with;
}

} // namespace foundry_test
