// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "support/report.hpp"

#include <doctest/doctest.h>

#include <iostream>

namespace {

/// Prints what test cases have counted, a line each.
class reporter : public doctest::IReporter
{
public:
    explicit reporter(doctest::ContextOptions const&) {}

    void test_case_end(doctest::CurrentTestCaseStats const& stats) override
    {
        foundry_test::counted const done = std::exchange(foundry_test::report_of_test(), {});
        if (done.suite.empty())
            return;
        std::cout << "report: " << done.suite << ": " << done.cases << " cases, "
                  << stats.numAssertsCurrentTest - stats.numAssertsFailedCurrentTest << " checks passed, "
                  << stats.numAssertsFailedCurrentTest << " failed" << std::endl;
    }

    void report_query(doctest::QueryData const&) override {}
    void test_run_start() override {}
    void test_run_end(doctest::TestRunStats const&) override {}
    void test_case_start(doctest::TestCaseData const&) override {}
    void test_case_reenter(doctest::TestCaseData const&) override {}
    void test_case_exception(doctest::TestCaseException const&) override {}
    void subcase_start(doctest::SubcaseSignature const&) override {}
    void subcase_end() override {}
    void log_assert(doctest::AssertData const&) override {}
    void log_message(doctest::MessageData const&) override {}
    void test_case_skipped(doctest::TestCaseData const&) override {}
};

} // namespace

REGISTER_LISTENER("report", 1, reporter);
