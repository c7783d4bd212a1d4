// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The memory of this process, as Linux counts it, in KiB.

#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>

namespace foundry_test {

/// A line of what the system says of this process.
inline std::size_t status_of_process(std::string_view name)
{
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(name))
            return std::stoul(line.substr(name.size() + 1));
    return 0;
}

/// Forgets the peak so far. Returns the memory in use.
inline std::size_t begin_measuring()
{
    std::ofstream("/proc/self/clear_refs") << 5;
    return status_of_process("VmRSS:");
}

/// The most memory that was in use since begin_measuring().
inline std::size_t peak_memory() { return status_of_process("VmHWM:"); }

} // namespace foundry_test
