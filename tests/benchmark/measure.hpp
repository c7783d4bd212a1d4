// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// What the clients have in common:
//
//     client plain|tls PORT CA_FILE WORKLOAD [ARGUMENT...]
//
// Each prints one line of NAME=VALUE: the bytes of text or the numbers received, so that clients can be seen to do the same work,
// the allocations since the program began, and the processor time of the workload.

#include <sys/resource.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace benchmark {

/// Calls of malloc, calloc, realloc and the like, operator new included.
std::size_t allocations() noexcept;

/// User and system, in microseconds.
inline long processor_time()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/// The soft limit of open descriptors becomes the hard one, which is returned.
inline std::size_t raise_descriptor_limit()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

inline long resident_kib()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        long kib = 0;
        if (word == "VmRSS:" && status >> kib)
            return kib;
    }
    return 0;
}

struct arguments
{
    arguments(int count, char** words)
    {
        all.assign(words + 1, words + count);
        all.resize(8);
        tls = all[0] != "plain";
        port = static_cast<unsigned short>(std::stoul(all[1]));
        workload = all[3];
    }

    std::string ca() const
    {
        std::ifstream file(all[2]);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string const& word(std::size_t i) const { return all[4 + i]; }
    std::size_t number(std::size_t i) const { return word(i).empty() ? 1 : std::stoul(word(i)); }

    /// Of the answer that the workload asks for.
    std::string answer_name() const
    {
        if (workload == "stream" || workload == "next")
            return "stream." + word(0) + "." + word(1);
        if (workload == "embed")
            return "embed." + word(0) + "." + word(1);
        if (workload == "cold")
            return "closing";
        if (workload == "streams")
            return "paced";
        return workload == "idle" || workload == "queue" ? "complete" : workload;
    }

    std::vector<std::string> all;
    bool tls = false;
    unsigned short port = 0;
    std::string workload;
};

inline void report(std::size_t received, long begun)
{
    long const took = processor_time() - begun;
    std::size_t const allocated = allocations();
    std::cout << "received=" << received << " allocations=" << allocated << " cpu_us=" << took << std::endl;
}

/// What each of `count` takes, after a first one.
template <class Open>
void run_memory(std::size_t count, Open open)
{
    open();
    long const before = resident_kib();
    for (std::size_t i = 0; i != count; ++i)
        open();
    long const grown = resident_kib() - before;
    std::cout << "kib_each=" << static_cast<double>(grown) / static_cast<double>(count) << std::endl;
}

} // namespace benchmark
