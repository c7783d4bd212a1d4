// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Every shape of an error that a service is known to send, through a socket on every form where it occurs.

#include "support/forms.hpp"
#include "support/queued_answers.hpp"

#include <foundry/call.hpp>

#include <doctest/doctest.h>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::error_shapes_test {

using namespace foundry_test::forms;
using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::emulator;
namespace asio = boost::asio;
using foundry_test::client_of;
using foundry_test::run;
namespace forms = foundry_test::forms;

/// An answer, and what must become of it.
struct shape
{
    char const* row;
    unsigned forms;
    char const* why; ///< It comes on these.
    unsigned operations;
    unsigned status;
    headers fields;
    char const* body;
    errc code;
    char const* service_code;
    char const* message; ///< All of it; nullptr for one that the library words.
    char const* advice;  ///< A part of it.
    std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

std::vector<shape> shapes()
{
    return {
        {"1",
         azure,
         "Azure's gateway says it before any model is asked",
         any,
         401,
         {},
         R"({"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired."})",
         errc::unauthorized,
         "",
         "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), "
         "or "
         "have expired.",
         "takes tokens for https://cognitiveservices.azure.com"},
        {"2, empty",
         every,
         "serverless; or any proxy",
         any,
         401,
         {},
         "",
         errc::unauthorized,
         "",
         nullptr,
         "check that it belongs to this resource"},
        {"2",
         serverless | managed,
         "serverless and managed compute",
         any,
         401,
         {},
         R"({"status":"Invalid auth token"})",
         errc::unauthorized,
         "",
         "Invalid auth token",
         "as Authorization: Bearer"},
        {"3",
         azure,
         "a wrong path or api-version on any of Azure's hosts",
         any,
         404,
         {},
         R"({"error":{"code":"404","message":"Resource not found"}})",
         errc::route_not_found,
         "404",
         "Resource not found",
         "does not serve"},
        {"4",
         models | github,
         "the model stands in the body and one host serves many",
         any,
         400,
         {},
         R"({"error":{"code":"no_model_name","message":"No model specified in request. Please provide a model name in the request body or as a x-ms-model-mesh-model-name header.","details":null}})",
         errc::model_not_found,
         "no_model_name",
         "No model specified in request. Please provide a model name in the request body or as a "
         "x-ms-model-mesh-model-name header.",
         "set the request's model or options.default_"},
        {"5",
         models | github,
         "as before",
         any,
         400,
         {},
         R"({"error":{"code":"unknown_model","message":"Unknown model: m","details":"Unknown model: m"}})",
         errc::model_not_found,
         "unknown_model",
         "Unknown model: m",
         "no deployment 'm' was found at https://"},
        {"6",
         inference,
         "the forms that have the header extra-parameters",
         chat,
         400,
         {},
         R"({"detail":"Extra parameters ['stream_options'] are not allowed when extra-parameters is not set or set to be 'error'. Set extra-parameters to 'pass-through' to pass to the model."})",
         errc::bad_request,
         "",
         "Extra parameters ['stream_options'] are not allowed when extra-parameters is not set or set to be 'error'. "
         "Set "
         "extra-parameters to 'pass-through' to pass to the model.",
         "set call_options.extra_parameters to pass_through"},
        {"7",
         inference | local,
         "models behind FastAPI",
         any,
         422,
         {},
         R"({"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs are not permitted","input":"...","url":"..."}]})",
         errc::unprocessable,
         "",
         "body.user: Extra inputs are not permitted",
         "unset the member"},
        {"8",
         inference,
         "the Model Inference API's own",
         any,
         422,
         {},
         R"({"status":422,"code":"parameter_not_supported","detail":{"loc":["body","response_format"],"input":"json_object"},"message":"One of the parameters contains invalid values."})",
         errc::unprocessable,
         "parameter_not_supported",
         "One of the parameters contains invalid values.",
         "check 'body.response_format'"},
        {"8, a list",
         inference,
         "as the documentation's own program reads it",
         any,
         422,
         {},
         R"({"status":422,"code":"parameter_not_supported","detail":[{"loc":["body","response_format"],"input":"json_object"}]})",
         errc::unprocessable,
         "parameter_not_supported",
         "body.response_format",
         ""},
        {"9",
         inference,
         "Mistral's models",
         any,
         422,
         {},
         R"({"error":["Extra inputs are not permitted"]})",
         errc::unprocessable,
         "",
         "Extra inputs are not permitted",
         "unset the member"},
        {"10",
         inference | local,
         "vLLM, also behind Azure",
         any,
         400,
         {},
         R"({"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","type":"BadRequestError","param":null,"code":400})",
         errc::bad_request,
         "400",
         "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
         "or send no tools"},
        {"11",
         openai | models | github,
         "OpenAI's models, whoever serves them",
         chat,
         400,
         {},
         R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}})",
         errc::bad_request,
         "unsupported_parameter",
         "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         "set max_completion_tokens instead"},
        {"12",
         inference,
         "as the Model Inference API documents it",
         chat,
         400,
         {},
         R"({"status":400,"code":"content_filter","message":"The response was filtered","param":"messages","type":null})",
         errc::content_filter,
         "content_filter",
         "The response was filtered",
         "change the prompt"},
        {"13",
         azure | github,
         "as Azure sends it",
         chat,
         400,
         {},
         R"({"error":{"message":"The response was filtered due to the prompt.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"detected":true,"filtered":true}}}}})",
         errc::content_filter,
         "content_filter",
         "The response was filtered due to the prompt.",
         "which was blocked for jailbreak"},
        {"14, empty",
         azure | github,
         "a model that has no such route",
         any,
         405,
         {},
         "",
         errc::route_not_found,
         "",
         nullptr,
         "does not serve"},
        {"14",
         inference,
         "a model that has no such route",
         any,
         424,
         {},
         R"({"detail":"Not Found"})",
         errc::route_not_found,
         "",
         "Not Found",
         "or the model does not"},
        {"15",
         github,
         "GitHub Models' own limit",
         any,
         413,
         {},
         R"({"error":{"code":"tokens_limit_reached","message":"Request body too large for m model. Max size: 8000 tokens.","details":"Request body too large for m model. Max size: 8000 tokens."}})",
         errc::too_large,
         "tokens_limit_reached",
         "Request body too large for m model. Max size: 8000 tokens.",
         "fewer or shorter messages"},
        {"16",
         every,
         "everybody has limits",
         any,
         429,
         {},
         R"({"error":{"code":"429","message":"Requests have exceeded the limit. Please retry after 45 seconds."}})",
         errc::rate_limited,
         "429",
         "Requests have exceeded the limit. Please retry after 45 seconds.",
         "wait",
         45s},
        {"16, in the head",
         every,
         "everybody has limits",
         any,
         429,
         {{"Retry-After", "86400"}},
         R"({"error":{"code":"RateLimitReached","message":"Rate limit is exceeded."}})",
         errc::rate_limited,
         "RateLimitReached",
         "Rate limit is exceeded.",
         "wait",
         24h},
        {"17",
         azure,
         "Azure's gateway counts headers",
         any,
         431,
         {},
         "",
         errc::too_large,
         "",
         nullptr,
         "ten custom ones"},
        {"18",
         openai | models,
         "a model that does not stream",
         streamed,
         422,
         {},
         R"({"error":{"code":"OperationParameterInvalid","message":"Streaming responses are not currently supported"}})",
         errc::unprocessable,
         "OperationParameterInvalid",
         "Streaming responses are not currently supported",
         "use complete()"},
        {"19",
         openai | models,
         "a model that wants max_tokens",
         chat,
         400,
         {},
         R"({"error":{"requestid":"r-1","code":400,"message":"Validation error at #/max_completion_tokens: Extra inputs are not permitted"}})",
         errc::bad_request,
         "400",
         "Validation error at #/max_completion_tokens: Extra inputs are not permitted",
         "set max_tokens instead"},
        {"20",
         every,
         "local servers; or any proxy",
         any,
         200,
         {},
         R"({"error":"Input validation error","error_type":"validation"})",
         errc::service_error,
         "",
         "Input validation error",
         "try again later"},
        {"20, without a wrapper",
         every,
         "vLLM's words under the wrong status",
         chat,
         200,
         {},
         R"({"object":"error","message":"The model is overloaded.","type":"RateLimitError","param":null,"code":429})",
         errc::rate_limited,
         "429",
         "The model is overloaded.",
         "wait"},
    };
}

// ---- Played through the emulator

/// What is not as the table says; nothing where all is.
std::string wrong_with(foundry::error const& got, shape const& wanted)
{
    std::string wrong;
    auto const expect = [&](bool holds, std::string_view what) {
        if (!holds)
            wrong.append(what) += ", ";
    };
    expect(got.code() == wanted.code, "code");
    expect(got.status() == wanted.status, "status");
    expect(got.service_code() == wanted.service_code, "service_code");
    expect(!wanted.message || got.message() == wanted.message, "message");
    expect(!wanted.message || forms::contains(got.what(), wanted.message), "what() without the message");
    expect(forms::contains(got.advice(), wanted.advice), "advice");
    expect(forms::contains(got.what(), wanted.advice), "what() without the advice");
    expect(got.retry_after() == wanted.retry_after, "retry_after");
    expect(got.body() == wanted.body, "body");
    return wrong.empty() ? wrong : wrong + got.what();
}

struct tally
{
    unsigned run = 0;
    unsigned passed = 0;
};

asio::awaitable<void> play(emulator& service, form where, std::vector<shape> const& all, tally& counted)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, where.url);
    foundry::chat_request const request = forms::question();
    std::size_t lost = 0;
    for (shape const& one : all) {
        for (unsigned const operation : {whole, streamed, embedded}) {
            if ((one.forms & where.bit) == 0 || (one.operations & operation) == 0)
                continue;
            CAPTURE(std::string(one.row));
            CAPTURE(operation);
            answer bad = with_fields(answer::json(one.status, one.body), one.fields);
            answer good = answer::json(200, completion);
            service.queue(std::move(bad));
            service.queue(std::move(good));
            foundry::error const failed = co_await failure_of(client, operation, one.status);
            std::string const wrong = wrong_with(failed, one);
            CHECK(wrong == "");
            foundry::chat_completion const next = co_await client.complete(request);
            CHECK(next.text() == "fine");
            lost += one.status == 200 && operation == streamed;
            ++counted.run;
            counted.passed += wrong.empty() && next.text() == "fine" && service.queued() == 0;
        }
    }
    CHECK(service.connections() == 1 + lost); // only what was to be a stream and is none costs its connection
}

TEST_CASE("error shapes: every known shape gives one clear error, for every operation on every form where it occurs")
{
    std::vector<shape> const table = shapes();
    tally counted;
    for (form const& where : forms::all) {
        CAPTURE(std::string(where.url));
        emulator service;
        run(play(service, where, table, counted));
    }
    CHECK(counted.passed == counted.run);
    std::cout << "report: error shapes x forms: " << counted.run << " run, " << counted.passed << " passed\n";
}

// ---- Bodies of every encoding

using foundry_test::queued::completion_error;

asio::awaitable<void> bodies_of_errors(emulator& service)
{
    std::string const json = R"({"error":{"message":"slow down","code":"rate_limit_exceeded"}})";
    std::string utf16 = "\xff\xfe";
    for (char const c : json)
        utf16.append({c, '\0'});
    for (std::string const& body :
         {json, "data: " + json + "\n\n", "event: error\ndata: " + json + "\n\ndata: [DONE]\n\n", "\xef\xbb\xbf" + json,
          utf16, utf16.substr(2), R"({"usage":NaN,)" + json.substr(1),
          "\xef\xbb\xbf"
          "data: " +
              json + "\n\n"}) {
        CAPTURE(body);
        for (unsigned const status : {400U, 429U}) {
            foundry::error const failed = co_await completion_error(service, answer::json(status, body));
            CHECK(failed.code() == errc::rate_limited);
            CHECK(failed.service_code() == "rate_limit_exceeded");
            CHECK(failed.message() == "slow down");
        }
    }
}

asio::awaitable<void> wrong_paths(emulator& service)
{
    struct
    {
        char const* body;
        char const* server = "nginx";
    } const bodies[] = {
        {R"({"message":"Cannot POST /chat/completions","error":"Not Found","statusCode":404})"},
        {R"({"message":"Route POST:/chat/completions not found","error":"Not Found","statusCode":404})"},
        {R"({"error":{"code":404,"message":"File Not Found","type":"not_found_error"}})"},
        {R"({"message":"no Route matched with those values"})"},
        {R"({"error_msg":"404 Route Not Found"})"},
        {R"({"success":false,"errors":[{"code":7003,"message":"Could not route to /x, perhaps your object identifier is invalid?"}]})"},
        {"", "envoy"},
    };
    for (auto const& one : bodies) {
        CAPTURE(one.body);
        foundry::error const failed =
            co_await completion_error(service, answer::json(404, one.body).header("Server", one.server));
        CHECK(failed.code() == errc::route_not_found);
    }
    foundry::error const missing = co_await completion_error(
        service, answer::json(501, R"({"error":{"message":"This server does not support embeddings."}})"));
    CHECK(missing.code() == errc::route_not_found);
    CHECK_FALSE(forms::contains(missing.what(), "try again"));
}

TEST_CASE("error bodies: as an event, with a byte order mark, in UTF-16 or with NaN they keep code and words")
{
    foundry_test::queued::play(&bodies_of_errors);
}

TEST_CASE("error bodies: a wrong path is route_not_found and not a wrong model, and 501 is no reason to try again")
{
    foundry_test::queued::play(&wrong_paths);
}

} // namespace foundry_test::error_shapes_test
