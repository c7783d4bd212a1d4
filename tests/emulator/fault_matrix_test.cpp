// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A few of the faults of stress/, under the sanitizers.

#include "support/fault_matrix.hpp"
#include "support/report.hpp"

namespace foundry_test::fault_matrix_test {

TEST_CASE("fault matrix: a connection that fails anywhere leaves nothing that a sanitizer finds")
{
    fault_counts const counts = run_matrix(extent::sample, 64);
    for (std::string const& wrong : counts.wrong)
        FAIL_CHECK(wrong);
    CHECK(counts.passed == counts.run);
    report("faults, sanitized", counts.run);
}

TEST_CASE("fault matrix: a proxy that fails anywhere, in its answer to CONNECT or in the tunnel, leaves nothing that a "
          "sanitizer finds")
{
    fault_counts const counts = run_tunnel_matrix(extent::sample, 64);
    for (std::string const& wrong : counts.wrong)
        FAIL_CHECK(wrong);
    CHECK(counts.passed == counts.run);
    report("faults through a proxy, sanitized", counts.run);
}

} // namespace foundry_test::fault_matrix_test
