// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Every shape of an error that a service is known to send, through a socket on every form where it occurs; the traps in the
// heads of answers; and the content filter's verdicts in all their spellings.

#include "support/fixture.hpp"

#include <foundry/call.hpp>

#include <doctest/doctest.h>

#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry_test::client_of;
using foundry_test::failure_of;
using foundry_test::run;
using headers = std::vector<std::pair<char const*, char const*>>;

// ---- The forms

enum form_bits : unsigned
{
    models = 1,
    v1 = 2,
    project = 4,
    dated = 8,
    serverless = 16,
    managed = 32,
    github = 64,
    local = 128,

    inference = models | serverless | managed,
    openai = v1 | project | dated,
    azure = inference | openai,
    every = azure | github | local,
};

struct form
{
    unsigned bit;
    char const* url;
};

form const forms[] = {
    {models, "https://contoso.services.ai.azure.com/models"},
    {v1, "https://contoso.openai.azure.com/openai/v1"},
    {project, "https://contoso.services.ai.azure.com/api/projects/p/openai/v1"},
    {dated, "https://contoso.openai.azure.com"},
    {serverless, "https://llama.eastus.models.ai.azure.com"},
    {managed, "https://llama.eastus.inference.ml.azure.com"},
    {github, "https://models.github.ai/inference"},
    {local, "http://localhost:8080/v1"},
};

// ---- The shapes

enum operation_bits : unsigned
{
    whole = 1,
    streamed = 2,
    embedded = 4,

    chat = whole | streamed,
    any = chat | embedded,
};

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

std::string const completion =
    R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",)"
    R"("message":{"role":"assistant","content":"fine"}}]})";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

foundry::chat_request question()
{
    foundry::chat_request request{"m"};
    request.user("How many feet are in a mile?");
    return request;
}

answer with_fields(answer next, headers const& fields)
{
    for (auto const& [name, value] : fields)
        next.header(name, value);
    return next;
}

/// Opens a stream and reads on to the error. One that comes before the first event is thrown where the stream is opened.
asio::awaitable<bool> read_stream(foundry::client<>& client, foundry::chat_request const& request, unsigned status)
{
    bool opened = false;
    try {
        foundry::chat_stream chunks = co_await client.stream(request);
        opened = true;
        co_await chunks.collect();
    } catch (foundry::error const&) {
        CHECK(opened == (status == 200));
        throw;
    }
    co_return opened;
}

asio::awaitable<foundry::error> failure_of(foundry::client<>& client, unsigned operation, unsigned status)
{
    foundry::chat_request const request = question();
    foundry::embedding_request const texts{"m", "a mile"};
    if (operation == whole)
        co_return co_await failure_of(client.complete(request));
    if (operation == embedded)
        co_return co_await failure_of(client.embed(texts));
    co_return co_await failure_of(read_stream(client, request, status));
}

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
    expect(!wanted.message || contains(got.what(), wanted.message), "what() without the message");
    expect(contains(got.advice(), wanted.advice), "advice");
    expect(contains(got.what(), wanted.advice), "what() without the advice");
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
    foundry::chat_request const request = question();
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

} // namespace

TEST_CASE("every shape of an error is one clear error by every operation on every form where it occurs")
{
    std::vector<shape> const all = shapes();
    tally counted;
    for (form const& where : forms) {
        CAPTURE(std::string(where.url));
        emulator service;
        run(play(service, where, all, counted));
    }
    CHECK(counted.passed == counted.run);
    std::cout << "report: error shapes x forms: " << counted.run << " run, " << counted.passed << " passed\n";
}

// ---- The traps in the heads of answers

namespace {

struct wait_case
{
    char const* name;
    unsigned status;
    headers fields;
    char const* message;
    std::optional<std::chrono::milliseconds> expected;
};

std::vector<wait_case> wait_cases()
{
    return {
        {"seconds", 429, {{"Retry-After", "45"}}, "", 45s},
        {"milliseconds", 429, {{"retry-after-ms", "1500"}}, "", 1500ms},
        {"Azure's own milliseconds", 429, {{"x-ms-retry-after-ms", "250"}}, "", 250ms},
        {"milliseconds beside seconds", 503, {{"Retry-After", "2"}, {"retry-after-ms", "2500"}}, "", 2500ms},
        {"a date",
         429,
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Date", "Sun, 06 Nov 1994 08:48:37 GMT"}},
         "",
         60s},
        {"the misspelt reset", 429, {{"x-rate-limit-reset-tokens", "55"}}, "Rate limit is exceeded.", 55s},
        {"the misspelt reset after the message's own words",
         429,
         {{"x-rate-limit-reset-tokens", "55"}},
         "Please retry after 45 seconds.",
         45s},
        {"the misspelt reset after the field",
         429,
         {{"x-rate-limit-reset-tokens", "55"}, {"Retry-After", "7"}},
         "",
         7s},
        {"the misspelt reset of another error", 400, {{"x-rate-limit-reset-tokens", "55"}}, "No.", std::nullopt},
        {"a quota that is not known and no wait",
         429,
         {{"x-ratelimit-limit-tokens", "-1"},
          {"x-ratelimit-remaining-tokens", "-1"},
          {"x-ratelimit-reset-tokens", "0"}},
         "Too Many Requests",
         std::nullopt},
    };
}

asio::awaitable<void> read_waits(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    std::vector<wait_case> const all = wait_cases();
    for (wait_case const& one : all) {
        for (unsigned const operation : {whole, streamed, embedded}) {
            CAPTURE(std::string(one.name));
            CAPTURE(operation);
            std::string const body = std::string{R"({"error":{"message":")"} + one.message + "\"}}";
            answer next = with_fields(answer::json(one.status, body), one.fields);
            service.queue(std::move(next));
            foundry::error const failed = co_await failure_of(client, operation, one.status);
            CHECK(failed.retry_after() == one.expected);
        }
    }
}

headers const quota = {
    {"x-ratelimit-limit-requests", "120"},
    {"x-ratelimit-limit-tokens", "-1"},
    {"x-ratelimit-remaining-requests", "-1"},
    {"x-ratelimit-remaining-tokens", "0"},
    {"x-ratelimit-reset-requests", "17ms"},
    {"x-ratelimit-reset-tokens", "6m0s"},
    {"x-request-id", "r-1"},
    {"x-ms-request-id", "m-1"},
    {"apim-request-id", "a-1"},
    {"x-ms-client-request-id", "the service's own"},
};

void check_head(foundry::response_info const& info)
{
    foundry::rate_limits const limits = info.rate_limits();
    CHECK(limits.limit_requests == 120);
    CHECK(!limits.limit_tokens);
    CHECK(!limits.remaining_requests);
    CHECK(limits.remaining_tokens == 0);
    CHECK(limits.reset_requests == 17ms);
    CHECK(limits.reset_tokens == 6min);
    CHECK(info.request_id() == "r-1");
    CHECK(info.apim_request_id() == "a-1");
    CHECK(info.client_request_id() == "mine");
    CHECK(info.header("x-ms-client-request-id") == "the service's own");
}

asio::awaitable<void> read_heads(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    foundry::chat_request const request = question();
    foundry::call_options call;
    call.client_request_id = "mine";

    answer good = with_fields(answer::json(200, completion), quota);
    service.queue(std::move(good));
    foundry::chat_completion const reply = co_await client.complete(request, call);
    check_head(reply.info());
    answer events = with_fields(answer::events(R"(data: {"choices":[],"usage":{}})"
                                               "\n\ndata: [DONE]\n\n"),
                                quota);
    service.queue(std::move(events));
    foundry::chat_stream chunks = co_await client.stream(request, call);
    check_head(chunks.info());
    std::optional<foundry::chat_chunk> const only = co_await chunks.next();
    CHECK(only);

    answer other = answer::json(200, completion);
    other.header("x-ratelimit-reset-requests", "10").header("x-ratelimit-reset-tokens", "300");
    other.header("x-request-id", "").header("x-ms-request-id", "m-1");
    service.queue(std::move(other));
    foundry::chat_completion const plain = co_await client.complete(request, call);
    CHECK(plain.info().rate_limits().reset_requests == 10s);
    CHECK(plain.info().rate_limits().reset_tokens == 300s);
    CHECK(plain.info().request_id() == "m-1");

    answer bad = with_fields(answer::json(500, ""), quota);
    service.queue(std::move(bad));
    foundry::error const failed = co_await failure_of(client.complete(request, call));
    CHECK(failed.request_id() == "r-1");
    CHECK(failed.apim_request_id() == "a-1");
    CHECK(failed.client_request_id() == "mine");
    CHECK(contains(failed.what(), "r-1"));
}

} // namespace

TEST_CASE("the wait that a service asks for is found wherever it stands, on every form")
{
    emulator service;
    for (form const& where : forms) {
        CAPTURE(std::string(where.url));
        run(read_waits(service, where.url));
    }
}

TEST_CASE("quotas and ids are read from the heads of answers, streams and errors, on every form")
{
    emulator service;
    for (form const& where : forms) {
        CAPTURE(std::string(where.url));
        run(read_heads(service, where.url));
    }
}

// ---- The content filter

namespace {

std::string const verdicts =
    R"({"hate":{"filtered":true,"severity":"high"},"self_harm":{"filtered":false,"severity":"low"},)"
    R"("self-harm":{"filtered":false,"severity":"medium"},"sexual":{"filtered":false,"severity":"safe"},)"
    R"("jailbreak":{"filtered":true,"detected":true},)"
    R"("protected_material_code":{"filtered":false,"detected":true,"citation":{"URL":"u","license":"MIT"}},)"
    R"("custom_blocklists":{"filtered":true,"details":[{"filtered":true,"id":"list-1"}]},)"
    R"("purview":{"filtered":false,"detected":false},"violence":{"error":{"code":1,"message":"timed out"}},)"
    R"("error":{"code":2,"message":"no filter"}})";

/// What is not as `verdicts` says; nothing where all is.
std::string wrong_with(foundry::filter_results const& got)
{
    using foundry::filter_severity;
    std::string wrong;
    auto const expect = [&](std::string_view category, auto holds) {
        auto const* const verdict = got.find(category);
        if (!verdict || !holds(*verdict))
            wrong.append(category) += ", ";
    };
    expect("hate", [](auto& v) { return v.filtered && v.severity == filter_severity::high && !v.detected; });
    expect("self_harm", [](auto& v) { return !v.filtered && v.severity == filter_severity::low; });
    expect("self-harm", [](auto& v) { return !v.filtered && v.severity == filter_severity::medium; });
    expect("sexual", [](auto& v) { return !v.filtered && v.severity == filter_severity::safe; });
    expect("jailbreak", [](auto& v) { return v.filtered && v.detected == true && !v.severity; });
    expect("protected_material_code",
           [](auto& v) { return v.detected == true && v.extra.at("citation").at("license") == "MIT"; });
    expect("custom_blocklists",
           [](auto& v) { return v.filtered && v.extra.at("details").as_array().at(0).at("id") == "list-1"; });
    expect("purview", [](auto& v) { return !v.filtered && v.detected == false; });
    expect("violence", [](auto& v) { return !v.filtered && v.extra.at("error").at("message") == "timed out"; });
    expect("error", [](auto& v) { return !v.filtered && v.extra.at("message") == "no filter"; });
    if (got.size() != 10)
        wrong += "categories";
    return wrong;
}

void check_blocked(foundry::error const& failed)
{
    CHECK(failed.code() == errc::content_filter);
    CHECK(wrong_with(failed.content_filter()) == "");
    CHECK(contains(failed.advice(), "blocked for hate, jailbreak, custom_blocklists"));
}

asio::awaitable<void> blocked_prompts(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    for (std::string const inner : {"innererror", "inner_error"}) {
        for (std::string const result : {"content_filter_result", "content_filter_results"}) {
            CAPTURE(inner);
            CAPTURE(result);
            std::string const body = R"({"error":{"message":"The prompt was blocked.","type":null,"param":"prompt",)"
                                     R"("code":"content_filter","status":400,")" +
                                     inner + R"(":{"code":"ResponsibleAIPolicyViolation",")" + result +
                                     "\":" + verdicts + "}}}";
            for (unsigned const operation : {whole, streamed, embedded}) {
                answer next = answer::json(400, body);
                service.queue(std::move(next));
                foundry::error const failed = co_await failure_of(client, operation, 400);
                check_blocked(failed);
            }
            answer among_events = answer::events("data: " + body + "\n\n");
            service.queue(std::move(among_events));
            foundry::error const failed = co_await failure_of(client, streamed, 200);
            check_blocked(failed);
        }
    }
}

asio::awaitable<void> blocked_responses(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    boost::json::object const body{{"model", "m"}, {"input", "x"}};
    answer next = answer::json(
        400, R"({"error":{"message":"Blocked.","type":"invalid_request_error","code":"content_filter","param":null,)"
             R"("content_filters":[{"blocked":true,"source_type":"prompt","content_filter_results":)" +
                 verdicts + "}]}}");
    service.queue(std::move(next));
    foundry::route const responses("POST", "responses");
    foundry::error const failed = co_await failure_of(client.call<boost::json::value>(responses, body));
    check_blocked(failed);
}

/// The name of the prompt's verdicts is `prompts`.
asio::awaitable<void> annotated_answers(emulator& service, char const* url, std::string prompts)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    foundry::chat_request const request = question();
    std::string const of_prompt =
        "\"" + prompts + R"(":[{"prompt_index":0,"content_filter_results":)" + verdicts + "}]";
    std::string const of_choice = R"("content_filter_results":)" + verdicts;

    answer next = answer::json(200, R"({"id":"x","choices":[{"index":0,"finish_reason":"content_filter","message":)"
                                    R"({"role":"assistant","content":""},)" +
                                        of_choice + "}]," + of_prompt + "}");
    service.queue(std::move(next));
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.finish_reason() == foundry::finish_reason::content_filter);
    REQUIRE(reply.prompt_filter_results.size() == 1);
    CHECK(wrong_with(reply.prompt_filter_results[0].content_filter_results) == "");
    CHECK(wrong_with(reply.choices.at(0).content_filter_results) == "");
    CHECK(reply.extra.empty());

    answer events = answer::events(
        R"(data: {"id":"","object":"","created":0,"model":"","choices":[],)" + of_prompt + "}\n\n" +
        R"(data: {"id":"x","choices":[{"index":0,"delta":{"content":"a"},"content_filter_results":{}}]})" + "\n\n" +
        R"(data: {"id":"","choices":[{"index":0,"finish_reason":"content_filter",)" + of_choice +
        R"(,"content_filter_offsets":{"check_offset":1,"start_offset":2,"end_offset":3}}]})" + "\n\ndata: [DONE]\n\n");
    service.queue(std::move(events));
    foundry::chat_stream chunks = co_await client.stream(request);
    std::optional<foundry::chat_chunk> const first = co_await chunks.next();
    REQUIRE(first);
    REQUIRE(first->prompt_filter_results.size() == 1);
    CHECK(wrong_with(first->prompt_filter_results[0].content_filter_results) == "");
    foundry::chat_chunk const* chunk = co_await chunks.read();
    REQUIRE(chunk != nullptr);
    CHECK(chunk->text() == "a");
    CHECK(chunk->prompt_filter_results.empty());
    chunk = co_await chunks.read();
    REQUIRE(chunk != nullptr);
    CHECK(chunk->text().empty());
    REQUIRE(chunk->choices.size() == 1);
    CHECK(wrong_with(chunk->choices[0].content_filter_results) == "");
    CHECK(chunk->choices[0].finish_reason == foundry::finish_reason::content_filter);
    CHECK(chunk->choices[0].content_filter_offsets.end_offset == 3);
    chunk = co_await chunks.read();
    CHECK(chunk == nullptr);
}

asio::awaitable<void> strange_blocklists(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service);
    answer next = answer::json(
        400,
        R"({"error":{"code":"content_filter","innererror":{"content_filter_result":)"
        R"({"custom_blocklists":[{"filtered":true,"id":"list-1"}],"hate":{"filtered":true,"severity":"severe"}}}}})");
    service.queue(std::move(next));
    foundry::error const failed = co_await failure_of(client, whole, 400);
    CHECK(failed.code() == errc::content_filter);
    auto const* const lists = failed.content_filter().find("custom_blocklists");
    REQUIRE(lists);
    CHECK(lists->extra.at("").as_array().at(0).at("id") == "list-1");
    auto const* const hate = failed.content_filter().find("hate");
    REQUIRE(hate);
    CHECK(hate->severity.name() == "severe");
    CHECK(!hate->severity.known());
}

} // namespace

TEST_CASE("a blocked prompt tells its verdicts in each spelling, whole and among events, on every form of Azure")
{
    emulator service;
    for (form const& where : forms) {
        CAPTURE(std::string(where.url));
        if ((where.bit & (azure | github)) != 0)
            run(blocked_prompts(service, where.url));
        if ((where.bit & openai) != 0)
            run(blocked_responses(service, where.url));
    }
}

TEST_CASE(
    "the verdicts on prompts and answers are typed under their new name and their old one, on every form of Azure")
{
    emulator service;
    for (form const& where : forms) {
        CAPTURE(std::string(where.url));
        if ((where.bit & (azure | github)) == 0)
            continue;
        run(annotated_answers(service, where.url, "prompt_filter_results"));
        run(annotated_answers(service, where.url, "prompt_annotations"));
    }
}

TEST_CASE("a verdict of another shape, or with a severity that is new, is kept as it came")
{
    emulator service;
    run(strange_blocklists(service));
}
