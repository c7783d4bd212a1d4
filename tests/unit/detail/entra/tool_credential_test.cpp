// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/entra/tool_credential.hpp>

#include <doctest/doctest.h>

#include <string>

namespace foundry_test::tool_credential_test {

using foundry::entra::detail::quote_tool;

TEST_CASE("tool credential: a tool's output is quoted without its tokens, whatever surrounds them")
{
    CHECK(quote_tool("ERROR: please run 'az login'") == "ERROR: please run 'az login'");
    CHECK(quote_tool(R"("accessToken": "eyJh.b.c")") == R"("accessToken": "****")");
    for (char const* const text : {"access_token=eyJh.b.c", "{token:eyJh.b.c}", "--token=eyJh.b.c&x", "(eyJh.b.c)"}) {
        CAPTURE(text);
        CHECK(quote_tool(text).find("eyJ") == std::string::npos);
    }
    CHECK(quote_tool(std::string(300, 'a')) == "****");
    CHECK(quote_tool(std::string(400, ' ') + "a").size() <= 250);
}

} // namespace foundry_test::tool_credential_test
