// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/call/request_target.hpp>

#include <doctest/doctest.h>

namespace foundry_test::operation_test {

using foundry::endpoint;
using foundry::detail::find_operation;
using foundry::detail::operation;
using foundry::detail::request_target;
namespace operations = foundry::detail::operations;

TEST_CASE("operation table: a path belongs to its own row, or to the one that it lies below")
{
    CHECK(&find_operation("chat/completions") == &operations::chat);
    CHECK(&find_operation("embeddings") == &operations::embeddings);
    CHECK(&find_operation("images/embeddings") == &operations::image_embeddings);
    CHECK(&find_operation("images/generations") == &operations::image_generation);
    CHECK(find_operation("images/edits").path == "images");
    CHECK(find_operation("files/file-1/content").path == "files");
    CHECK(find_operation("responses/resp_1").path == "responses");
    for (auto const* const path : {"", "filesystem", "chatter", "rerank", "info?model=m"})
        CHECK(&find_operation(path) == &operations::unknown);
}

TEST_CASE("operation table: a row decides where the deployment stands")
{
    endpoint const dated("https://contoso.openai.azure.com");
    operation const with{.path = "rerank", .has_deployment = true};
    operation const without{.path = "rerank"};
    CHECK(request_target(dated, with, "rerank", "d") ==
          "/openai/deployments/d/rerank?api-version=" + dated.api_version());
    CHECK(request_target(dated, without, "rerank", "d") == "/openai/rerank?api-version=" + dated.api_version());
    CHECK_THROWS_AS(request_target(dated, with, "rerank", ""), foundry::error);
    CHECK(request_target("https://contoso.openai.azure.com/openai/v1", with, "rerank", "d") == "/openai/v1/rerank");
}

} // namespace foundry_test::operation_test
