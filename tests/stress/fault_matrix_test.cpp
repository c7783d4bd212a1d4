// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A connection that fails at any byte, with and without TLS.

#include "support/fault_matrix.hpp"

#include <cstdlib>
#include <iostream>

using namespace foundry_test;

TEST_SUITE_BEGIN("faults");

TEST_CASE("fault matrix: wherever a connection fails, a call gives what had arrived and then its error, and the next "
          "call works")
{
    extent const how = std::getenv("FOUNDRY_LONG") != nullptr ? extent::all : extent::quick;
    fault_counts const counts = run_matrix(how, 128);
    for (std::string const& wrong : counts.wrong)
        FAIL_CHECK(wrong);
    CHECK(counts.run != 0);
    CHECK(counts.passed == counts.run);
    std::cout << "report: faults: " << counts.run << " run, " << counts.passed << " passed" << std::endl;
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("proxy_faults");

TEST_CASE(
    "fault matrix: wherever a proxy or its tunnel fails, a call gives what had arrived and then its error, and the "
    "next call works")
{
    extent const how = std::getenv("FOUNDRY_LONG") != nullptr ? extent::all : extent::quick;
    fault_counts const counts = run_tunnel_matrix(how, 128);
    for (std::string const& wrong : counts.wrong)
        FAIL_CHECK(wrong);
    CHECK(counts.run != 0);
    CHECK(counts.passed == counts.run);
    std::cout << "report: faults through a proxy: " << counts.run << " run, " << counts.passed << " passed"
              << std::endl;
}

TEST_SUITE_END();
