// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace foundry_test {

/// What a test case has counted, for the report: printed at its end with how many of its checks failed.
struct counted
{
    std::string suite;
    std::size_t cases = 0;
};

/// Empty where the running test case has counted nothing.
inline counted& report_of_test()
{
    static counted of_test;
    return of_test;
}

inline void report(std::string suite, std::size_t cases)
{
    report_of_test().suite = std::move(suite);
    report_of_test().cases = cases;
}

} // namespace foundry_test
