// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Answers of services that do it differently: what they say arrives, as an answer or as an error with its words.

#include "support/plain_calls.hpp"
#include "support/report.hpp"

#include <foundry/call.hpp>
#include <foundry/content_filter.hpp>

#include <boost/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace foundry_test;
using foundry::errc;

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// A chunk with this delta, as an event.
std::string chunk(std::string const& delta, std::string const& reason = "null")
{
    return R"(data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":)" +
           delta + R"(,"finish_reason":)" + reason + "}]}\n\n";
}

std::string const end = chunk("{}", "\"stop\"") + "data: [DONE]\n\n";

/// The message of a stream that has these deltas.
asio::awaitable<foundry::chat_completion> streamed(emulator& service, std::string body, char const* url = local_url)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
    service.queue(answer::events(std::move(body)));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_completion reply = co_await chunks.collect();
    co_return reply;
}

asio::awaitable<foundry::error> stream_error(emulator& service, std::string body, char const* url = local_url)
{
    std::optional<foundry::error> failed;
    try {
        static_cast<void>(co_await streamed(service, std::move(body), url));
    } catch (foundry::error const& e) {
        failed = e;
    }
    REQUIRE(failed.has_value());
    co_return *failed;
}

asio::awaitable<foundry::chat_completion> completed(emulator& service, answer next, char const* url = local_url)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
    service.queue(std::move(next));
    foundry::chat_request const request = question();
    foundry::chat_completion reply = co_await client.complete(request);
    co_return reply;
}

asio::awaitable<foundry::error> completion_error(emulator& service, answer next, char const* url = local_url)
{
    std::optional<foundry::error> failed;
    try {
        static_cast<void>(co_await completed(service, std::move(next), url));
    } catch (foundry::error const& e) {
        failed = e;
    }
    REQUIRE(failed.has_value());
    co_return *failed;
}

std::string message(std::string const& members)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",)" + members +
           "}}]}";
}

void play(asio::awaitable<void> (*story)(emulator&))
{
    emulator service(unchecked());
    run(story(service));
}

// ---- The content filter

asio::awaitable<void> blocked_output(emulator& service)
{
    std::string const own_words =
        R"({"object":"chat.completion","choices":[{"index":0,"finish_reason":"content_filter","message":{"role":"assistant",)"
        R"("content":""},"content_filter_results":{"error":{"code":"content_filter","message":"The output was held back."}}}]})";
    std::string const verdicts =
        R"({"object":"chat.completion","choices":[{"index":0,"finish_reason":"content_filter","message":{"role":"assistant",)"
        R"("content":""},"content_filter_results":{"violence":{"filtered":true,"severity":"high"}}}]})";
    for (char const* const url : urls) {
        CAPTURE(url);
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
        foundry::chat_request const request = question();
        for (bool const as_stream : {false, true}) {
            for (std::string const& body : {own_words, verdicts}) {
                answer next = answer::json(400, body);
                service.queue(std::move(next));
                std::optional<foundry::error> failed;
                try {
                    if (as_stream)
                        static_cast<void>(co_await client.stream(request));
                    else
                        static_cast<void>(co_await client.complete(request));
                } catch (foundry::error const& e) {
                    failed = e;
                }
                REQUIRE(failed.has_value());
                CHECK(failed->code() == errc::content_filter);
                CHECK(failed->service_code() == "content_filter");
                if (&body == &own_words || body == own_words)
                    CHECK(failed->message() == "The output was held back.");
                else
                    CHECK(failed->content_filter().find("violence")->severity == foundry::filter_severity::high);
            }
        }
    }
}

} // namespace

TEST_CASE("content filter: an output that is blocked with status 400 says what blocked it, on every form")
{
    play(&blocked_output);
}

// ---- Tool calls

namespace {

std::string call(std::string const& members) { return chunk(R"({"tool_calls":[)" + members + "]}"); }

struct call_case
{
    char const* name;
    std::string body;
    std::vector<std::pair<char const*, char const*>> calls; ///< Name and arguments.
};

std::vector<call_case> call_cases()
{
    auto const piece = [](char const* index, char const* id, char const* name, char const* arguments) {
        std::string text = "{";
        if (*index != '\0')
            text += std::string("\"index\":") + index + ",";
        if (*id != '\0')
            text += std::string("\"id\":\"") + id + "\",";
        text += "\"type\":\"function\",\"function\":{";
        if (*name != '\0')
            text += std::string("\"name\":\"") + name + "\",";
        return call(text + "\"arguments\":" + boost::json::serialize(boost::json::value(arguments)) + "}}");
    };
    return {
        {"two whole calls under one index",
         piece("0", "a", "f", R"({"x":1})") + piece("0", "b", "g", R"({"y":2})"),
         {{"f", R"({"x":1})"}, {"g", R"({"y":2})"}}},
        {"two calls in pieces under one index",
         piece("0", "a", "f", "{\"x\"") + piece("0", "", "", ":1}") + piece("0", "b", "f", "{\"x\"") +
             piece("0", "", "", ":2}"),
         {{"f", R"({"x":1})"}, {"f", R"({"x":2})"}}},
        {"one index, no ids, the first complete",
         piece("0", "", "f", R"({"x":"}"})") + piece("0", "", "f", R"({"x":2})"),
         {{"f", R"({"x":"}"})"}, {"f", R"({"x":2})"}}},
        {"one index, no ids, without arguments",
         piece("0", "", "f", "") + piece("0", "", "g", "{}"),
         {{"f", ""}, {"g", "{}"}}},
        {"a fresh id in each piece of one call",
         piece("0", "r1", "f", "{\"x\"") + piece("0", "r2", "", ":") + piece("0", "r3", "", "1}"),
         {{"f", R"({"x":1})"}}},
        {"a fresh id in each piece, without an index",
         piece("", "r1", "f", "{\"x\"") + piece("", "r2", "", ":1}"),
         {{"f", R"({"x":1})"}}},
        {"the name again in each piece",
         piece("0", "a", "f", "{\"x\"") + piece("0", "a", "f", ":1}"),
         {{"f", R"({"x":1})"}}},
        {"pieces of two calls that mix",
         piece("0", "a", "f", "{") + piece("1", "b", "g", "{") + piece("0", "", "", "}") + piece("1", "", "", "}"),
         {{"f", "{}"}, {"g", "{}"}}},
        {"arguments as an object",
         call(R"({"index":0,"id":"a","function":{"name":"f","arguments":{"p":1}}})"),
         {{"f", R"({"p":1})"}}},
        {"arguments as a list", call(R"({"index":0,"id":"a","function":{"name":"f","arguments":[]}})"), {{"f", "[]"}}},
        {"arguments as true",
         call(R"({"index":0,"id":"a","function":{"name":"f","arguments":true}})"),
         {{"f", "true"}}},
    };
}

asio::awaitable<void> join_calls(emulator& service)
{
    std::vector<call_case> const all = call_cases();
    for (call_case const& one : all) {
        CAPTURE(one.name);
        foundry::chat_completion const reply = co_await streamed(service, one.body + end);
        REQUIRE(reply.tool_calls().size() == one.calls.size());
        for (std::size_t i = 0; i != one.calls.size(); ++i) {
            CHECK(reply.tool_calls()[i].function.name == one.calls[i].first);
            CHECK(reply.tool_calls()[i].function.arguments == one.calls[i].second);
        }
    }
}

asio::awaitable<void> arguments_that_are_no_text(emulator& service)
{
    for (char const* const value : {R"({"p":1})", "[]", "true", "1.5"}) {
        CAPTURE(value);
        answer next = answer::json(
            200, message(R"("tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":)" +
                         std::string(value) + "}}]"));
        foundry::chat_completion const reply = co_await completed(service, std::move(next));
        CHECK(reply.tool_calls()[0].function.arguments == value);
        foundry::chat_request next_request{"m"};
        next_request.add(reply.message());
        CHECK(has(next_request.to_json(), "\"arguments\":" + boost::json::serialize(boost::json::value(value))));
    }
}

asio::awaitable<void> unknown_members_of_calls(emulator& service)
{
    std::string const body =
        call(
            R"({"index":0,"id":"a","function":{"name":"f","arguments":"{","extra_content":{"google":{"thought_signature":"si"}}}})") +
        call(R"({"index":0,"function":{"arguments":"}"},"extra_content":{"google":{"thought_signature":"gn"}}})") + end;
    foundry::chat_completion const reply = co_await streamed(service, body);
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    service.clear_journal();
    service.queue(answer::json(200, completion_text("ok")));
    foundry::chat_request request = question();
    request.add(reply.message());
    request.tool("a", "1");
    static_cast<void>(co_await client.complete(request));
    boost::json::value const sent =
        boost::json::parse(service.journal().at(0).body).at_pointer("/messages/1/tool_calls/0");
    CHECK(sent ==
          boost::json::parse(
              R"({"id":"a","type":"function","function":{"name":"f","arguments":"{}","extra_content":{"google":)"
              R"({"thought_signature":"si"}}},"extra_content":{"google":{"thought_signature":"gn"}}})"));
}

} // namespace

TEST_CASE("tool calls: several under one index are kept apart, and pieces of one are joined whatever their ids")
{
    play(&join_calls);
}

TEST_CASE("tool calls: arguments that are no text are their JSON text") { play(&arguments_that_are_no_text); }

TEST_CASE("tool calls: members that are not known are kept, and sent with the next request")
{
    play(&unknown_members_of_calls);
}

// ---- Content and other members

namespace {

asio::awaitable<void> content_in_parts(emulator& service)
{
    std::string const body = chunk(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]})") +
                             chunk(R"({"content":[{"type":"text","text":"Hel"}]})") + chunk(R"({"content":"lo"})") +
                             chunk(R"({"content":{"type":"text","text":"!"}})") + end;
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::chat_request const request = question();
    service.queue(answer::events(body));
    foundry::chat_stream chunks = co_await client.stream(request);
    std::string text;
    std::string reasoning;
    while (auto one = co_await chunks.next()) {
        text += one->text();
        if (!one->choices.empty())
            reasoning += one->choices[0].delta.reasoning_content;
    }
    CHECK(text == "Hello!");
    CHECK(reasoning == "Hm");

    foundry::chat_completion const reply = co_await streamed(service, body);
    CHECK(reply.text() == "Hello!");
    CHECK(reply.choices[0].message.reasoning_content == "Hm");
    foundry::chat_request next{"m"};
    next.add(reply.message());
    CHECK(next.to_json() == R"({"model":"m","messages":[{"role":"assistant","content":"Hello!"}]})");

    // A part that is no text is kept among the parts.
    foundry::chat_completion const mixed = co_await streamed(
        service, chunk(R"({"content":"See "})") + chunk(R"({"content":[{"type":"reference","reference_ids":[1]}]})") +
                     chunk(R"({"content":"there"})") + end);
    CHECK(mixed.text() == "See there");
    CHECK(has(mixed.to_json(), R"({"type":"reference","reference_ids":[1]})"));

    answer whole =
        answer::json(200, message(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},)"
                                  R"({"type":"text","text":"Hello"}])"));
    foundry::chat_completion const thoughtful = co_await completed(service, std::move(whole));
    CHECK(thoughtful.text() == "Hello");
    CHECK(thoughtful.choices[0].message.reasoning_content == "Hm");
    answer single = answer::json(200, message(R"("content":{"type":"text","text":"Hello"})"));
    CHECK((co_await completed(service, std::move(single))).text() == "Hello");
}

asio::awaitable<void> members_in_pieces(emulator& service)
{
    foundry::chat_completion const reply = co_await streamed(
        service,
        chunk(
            R"({"reasoning_details":[{"type":"reasoning.text","text":"a"}],"function_call":{"name":"f","arguments":"{"}})") +
            chunk(R"({"reasoning_details":[{"type":"reasoning.text","text":"b"}],"function_call":{"arguments":"}"}})") +
            chunk(R"({"images":[{"n":1}],"note":"x"})") + chunk(R"({"images":[{"n":2}],"note":"y"})") + end);
    boost::json::object const& extra = reply.choices[0].message.extra;
    CHECK(extra.at("reasoning_details") ==
          boost::json::parse(R"([{"type":"reasoning.text","text":"a"},{"type":"reasoning.text","text":"b"}])"));
    CHECK(extra.at("function_call") == boost::json::parse(R"({"name":"f","arguments":"{}"})"));
    CHECK(extra.at("images") == boost::json::parse(R"([{"n":1},{"n":2}])"));
    CHECK(extra.at("note") == "xy");
    CHECK(reply.message().extra == boost::json::object{{"function_call", extra.at("function_call")}});
}

asio::awaitable<void> halves_of_pairs(emulator& service)
{
    std::string const unknown = "\xef\xbf\xbd";
    foundry::chat_completion const reply = co_await streamed(
        service,
        chunk(R"({"content":"\ud83d"})") + chunk(R"({"content":"\ude00"})") +
            R"(data: {"choices":[{"index":0,"delta":{"content":"!"},"logprobs":{"content":[{"token":"\ud83d","logprob":-1}]}}]})"
            "\n\n" +
            end);
    CHECK(reply.text() == unknown + unknown + "!");
    CHECK(reply.choices[0].logprobs.content[0].token == unknown);
    answer cut = answer::json(200, message(R"("content":"cut \ud83d")"));
    CHECK((co_await completed(service, std::move(cut))).text() == "cut " + unknown);
    answer bytes = answer::json(200, message("\"content\":\"cut \xf0\x9f\""));
    CHECK((co_await completed(service, std::move(bytes))).text() == "cut " + unknown);
}

asio::awaitable<void> holes_in_vectors(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::embedding_request request{"text-embedding-3-small", "a"};
    request.add("b");
    struct
    {
        char const* second;
        char const* where;
    } const cases[] = {{"[null,1.5,null]", "data[1].embedding[0]"},
                       {"[1.5,null]", "data[1].embedding[1]"},
                       {"[1.5,{}]", "data[1].embedding[1]"},
                       {"null", "data[1].embedding"},
                       {"[]", "data[1].embedding"},
                       {"\"!\"", "data[1].embedding"}};
    for (auto const& one : cases) {
        CAPTURE(one.second);
        service.queue(answer::json(200, R"({"data":[{"index":0,"embedding":[1,2,3]},{"index":1,"embedding":)" +
                                            std::string(one.second) + "}]}"));
        foundry::error const failed = co_await failure_of(client.embed(request));
        CHECK(failed.code() == errc::unexpected_reply);
        CHECK(has(failed.what(), one.where));
    }
    service.queue(answer::json(
        200, message(R"("content":"x"},"logprobs":{"content":[{"token":"a","logprob":NaN}]})").substr(0, 150)));
    foundry::chat_request const chat = question();
    foundry::error const failed = co_await failure_of(client.complete(chat));
    CHECK(has(failed.what(), "choices[0].logprobs.content[0].logprob"));
}

} // namespace

TEST_CASE("content: parts of a delta are text and reasoning, and other parts are kept") { play(&content_in_parts); }

TEST_CASE("accumulator: unknown members of deltas grow piece by piece, and a function call keeps its name")
{
    play(&members_in_pieces);
}

TEST_CASE("text: half a surrogate pair and bytes that are not UTF-8 become U+FFFD and lose nothing else")
{
    play(&halves_of_pairs);
}

TEST_CASE("numbers: a vector with a hole, and a number that is none, is an unexpected reply that says where")
{
    play(&holes_in_vectors);
}

// ---- Errors in answers of status 200

namespace {

char const* const empty_errors[] = {
    R"({"message":"","type":"","param":"","code":null})", "{}", "[]", "\"\"", "false", "0", "null"};

asio::awaitable<void> empty_error_beside_an_answer(emulator& service)
{
    for (char const* const nothing : empty_errors) {
        CAPTURE(nothing);
        std::string const member = R"("error":)" + std::string(nothing) + ",";
        std::string const whole = "{" + member + completion_text("good").substr(1);
        CHECK((co_await completed(service, answer::json(200, whole))).text() == "good");
        std::string const in_stream = "data: {" + member + event("good").substr(7) + end;
        CHECK((co_await streamed(service, in_stream)).text() == "good");

        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
        foundry::embedding_request const request{"text-embedding-3-small", "a"};
        service.queue(answer::json(200, "{" + member + R"("data":[{"index":0,"embedding":[1,2]}]})"));
        foundry::embeddings const vectors = co_await client.embed(request);
        CHECK(vectors[0].size() == 2);
        service.queue(answer::json(200, "{" + member + R"("text":"hi"})"));
        boost::json::value const any =
            co_await client.call<boost::json::value>(foundry::route{"POST", "audio/transcriptions"});
        CHECK(any.at("text") == "hi");
    }
    CHECK(service.requests() == 4 * std::size(empty_errors));

    for (char const* const nothing : empty_errors) {
        std::string const silent =
            R"(data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":null}],"error":)";
        CHECK((co_await streamed(service, silent + nothing + "}\n\n" + event("good") + end)).text() == "good");
    }
    // An error with words beside vectors, however many bytes they are.
    foundry::client<> reader = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::embedding_request const one{"text-embedding-3-small", "a"};
    std::string numbers = "1";
    for (int i = 0; i != 40000; ++i)
        numbers += ",2";
    service.queue(answer::json(200, R"({"data":[{"index":0,"embedding":[)" + numbers +
                                        R"(]}],"error":{"message":"it was cut"}})"));
    CHECK(has((co_await failure_of(reader.embed(one))).what(), "it was cut"));

    // With words it stays an error, beside whatever answer.
    std::string const spoken = R"({"error":{"message":"it broke"},)" + completion_text("good").substr(1);
    CHECK(has((co_await completion_error(service, answer::json(200, spoken))).what(), "it broke"));
}

asio::awaitable<void> errors_of_any_shape(emulator& service)
{
    struct
    {
        char const* data;
        char const* words;
        errc code = errc::service_error;
    } const shapes[] = {
        {R"({"detail":"model is loading"})", "model is loading"},
        {R"({"detail":[{"loc":["body","n"],"msg":"too many"}]})", "too many"},
        {R"({"message":"no capacity","code":"overloaded"})", "no capacity"},
        {R"({"success":false,"message":"no credit"})", "no credit"},
        {R"({"success":false,"errors":[{"code":7003,"message":"could not route"}]})", "could not route"},
        {R"({"errors":[{"message":"bad key"}]})", "bad key"},
        {R"({"text":"the backend is gone","error_code":50001})", "the backend is gone"},
        {R"({"base_resp":{"status_code":1004,"status_msg":"login fail"}})", "login fail"},
        {R"({"status":"error","message":"crashed"})", "crashed"},
        {R"({"object":"error","message":"too long","code":40303})", "too long"},
        {R"*({"error":"Unexpected endpoint or method. (POST /chat/completions)"})*", "/v1", errc::route_not_found},
        {R"({"error":{"message":"slow down","type":"too_many_requests"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","code":"RateLimitReached"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","code":"rate_limited"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","code":"Throttling"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","type":"throttling_error"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","type":"rate_limit_error"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","status":"RESOURCE_EXHAUSTED"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"busy","type":"overloaded_error"}})", "busy", errc::service_error},
        {R"({"error":{"message":"cut it","code":"too_many_tokens"}})", "cut it", errc::too_large},
        {R"({"error":{"message":"cut it","type":"tokens_exceeded"}})", "cut it", errc::too_large},
        {R"({"note":"strange"})", "", errc::unexpected_reply},
    };
    std::string const done = "data: [DONE]\n\n";
    for (auto const& shape : shapes) {
        CAPTURE(shape.data);
        std::string const data = "data: " + std::string(shape.data) + "\n\n";
        foundry::error const alone = co_await stream_error(service, data + done);
        CHECK(alone.code() == shape.code);
        CHECK(has(alone.what(), shape.words));
        CHECK(alone.body() == shape.data);
        CHECK(alone.attempts().size() == 1);
        if (*shape.words == '\0')
            continue;
        foundry::error const later = co_await stream_error(service, event("a") + data + done);
        CHECK(later.code() == shape.code);
        foundry::error const whole = co_await completion_error(service, answer::json(200, shape.data));
        CHECK(whole.code() == shape.code);
        CHECK(has(whole.what(), shape.words));
    }
    // What a model has written elsewhere is no message of an error.
    foundry::error const foreign = co_await stream_error(
        service, "data: {\"event_type\":\"stream-end\",\"response\":{\"text\":\"a secret\"}}\n\n" + done);
    CHECK(foreign.code() == errc::unexpected_reply);
    CHECK_FALSE(has(foreign.what(), "a secret"));
    // A stream that breaks off is told as such.
    foundry::error const broken = co_await stream_error(service, "data: {\"id\":\"x\",\"choices\":[]}\n\n");
    CHECK(broken.code() == errc::stream_truncated);
    for (std::string const& nothing : {done, std::string(": ping\n\n") + done}) {
        foundry::error const failed = co_await stream_error(service, nothing);
        CHECK(failed.code() == errc::unexpected_reply);
        CHECK(failed.status() == 200);
    }
    // Not retried: asking a wrong path again does not help.
    foundry::client<> client =
        client_of(co_await asio::this_coro::executor, service, local_url, foundry_test::trusting(service));
    service.clear_journal();
    service.queue(answer::json(200, R"*({"error":"Unexpected endpoint or method. (POST /chat/completions)"})*"));
    foundry::call_options often;
    often.retry.max_retries = 3;
    foundry::chat_request const request = question();
    static_cast<void>(co_await failure_of(client.complete(request, often)));
    CHECK(service.journal().size() == 1);
}

asio::awaitable<void> reason_in_the_next_event(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    std::string const failed =
        "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"error\":null}}\n\n";
    std::string const reason =
        "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow down\"}\n\n";
    struct
    {
        std::string body;
        errc code;
        char const* words;
    } const cases[] = {{failed + reason, errc::rate_limited, "slow down"},
                       {failed, errc::service_error, "without saying which"},
                       {failed + "data: [DONE]\n\n", errc::service_error, "without saying which"},
                       {failed + "event: other\ndata: {}\n\n", errc::service_error, "without saying which"}};
    for (auto const& one : cases) {
        service.queue(answer::events(one.body));
        foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
        foundry::error const error = co_await failure_of(events.next());
        CHECK(error.code() == one.code);
        CHECK(has(error.what(), one.words));
    }
}

} // namespace

TEST_CASE("in-band errors: an error that says nothing, beside a good answer, is none")
{
    play(&empty_error_beside_an_answer);
}

TEST_CASE("in-band errors: one of any shape is an error with its words, and a stream that brings nothing is no success")
{
    play(&errors_of_any_shape);
}

TEST_CASE("in-band errors: a reason that comes one event later is in the error") { play(&reason_in_the_next_event); }

// ---- Events

namespace {

asio::awaitable<void> end_markers(emulator& service)
{
    for (char const* const marker :
         {"data:  [DONE]", "data: [DONE] ", "data: [DONE]\t", "data: \"[DONE]\"", "data: DONE", "data: [done]"}) {
        CAPTURE(marker);
        std::string const body = event("a") + chunk("{}", "\"stop\"") + marker + "\n\ndata: after the end\n\n";
        CHECK((co_await streamed(service, body, foundry_url)).text() == "a");
    }
}

asio::awaitable<void> keep_alives(emulator& service)
{
    for (char const* const event_text :
         {"data: null", "data: \"\"", "data: []", "data: {}", "data: ping", "data:", "event: ping\ndata: {\"x\":1}",
          "event: keepalive\ndata: anything", "event: heartbeat\ndata: 17", "data: {\"type\":\"ping\"}",
          "data: { \"cost\":1, \"type\" : \"keepalive\" }"}) {
        CAPTURE(event_text);
        std::string const alive = std::string(event_text) + "\n\n";
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
        foundry::chat_request const request = question();
        service.queue(answer::events(alive + event("a") + alive + end));
        foundry::chat_stream chunks = co_await client.stream(request);
        std::size_t count = 0;
        while (co_await chunks.next())
            ++count;
        CHECK(count == 2);
    }
    // They are no content: the stall limit passes.
    foundry::options with = limited(service);
    with.timeouts.silence = 200ms;
    with.timeouts.stall = 200ms;
    foundry::client<> hasty = client_of(co_await asio::this_coro::executor, service, local_url, with);
    std::string many;
    for (int i = 0; i != 400; ++i)
        many += "event: ping\ndata: {\"x\":1}\n\n";
    service.queue(answer::events(many).pace(20ms));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await hasty.stream(request);
    foundry::error const failed = co_await failure_of(chunks.next());
    CHECK(failed.code() == errc::stall_timeout);
}

asio::awaitable<void> types_found_as_json_finds_them(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    for (char const* const last :
         {R"(data: {"type":"response.completed"})", R"(data: { "type" : "response.completed" })",
          R"(data: {"response":{"type":"x"},"type":"response.completed"})"}) {
        CAPTURE(last);
        service.queue(answer::events(std::string(last) + "\n\ndata: {\"never\":1}\n\n"));
        foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
        CHECK((co_await events.next()).has_value());
        CHECK_FALSE((co_await events.next()).has_value());
    }
}

asio::awaitable<void> events_without_data(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    service.queue(answer::events("event: start\ndata:\n\nevent: x\ndata: 1\n\ndata: [DONE]\n\n"));
    foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
    auto const first = co_await events.next();
    REQUIRE(first.has_value());
    CHECK(first->event == "start");
    CHECK(first->data.empty());
    auto const second = co_await events.next();
    CHECK(second->data == "1");
    CHECK_FALSE((co_await events.next()).has_value());
}

asio::awaitable<void> content_types(emulator& service)
{
    for (char const* const type :
         {"Text/Event-Stream", "TEXT/EVENT-STREAM; charset=utf-8", "text/plain", "application/x-ndjson",
          "application/octet-stream", "text/html", "application/json", "application/stream+json"}) {
        for (char const* const begin : {"", ": hello\n\n", "\n\n", "\xef\xbb\xbf", "event: message\n", "id: 1\n"}) {
            for (std::size_t const size : {std::size_t{1}, std::size_t{100000}}) {
                CAPTURE(type);
                CAPTURE(begin);
                foundry::client<> client =
                    client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
                foundry::chat_request const request = question();
                answer next = answer::events(begin + event("a") + end).header("Content-Type", type).chunking({size});
                service.queue(std::move(next));
                foundry::chat_stream chunks = co_await client.stream(request);
                foundry::chat_completion const reply = co_await chunks.collect();
                CHECK(reply.text() == "a");
            }
        }
    }
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::chat_request const request = question();
    service.queue(answer::json(200, R"({"error":{"message":"slow down","code":"429"}})")
                      .header("Content-Type", "text/event-stream"));
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::error const failed = co_await failure_of(chunks.next());
    CHECK(failed.code() == errc::rate_limited);
    CHECK(has(failed.body(), "slow down"));
}

} // namespace

TEST_CASE("events: an end marker may have blanks or quotes around it, and any case") { play(&end_markers); }

namespace {

asio::awaitable<void> words_that_are_no_end(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    service.queue(answer::events("data: \"done\"\n\ndata: \"and more\"\n\ndata: [DONE]\n\n"));
    foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
    std::size_t count = 0;
    while (co_await events.next())
        ++count;
    CHECK(count == 2);

    // A body that begins with blanks only, byte by byte, is searched once.
    service.queue(answer::events(std::string(200000, '\n') + event("a") + end));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_completion const reply = co_await chunks.collect();
    CHECK(reply.text() == "a");
}

} // namespace

TEST_CASE("events: the word done ends no raw stream, and blank lines before the first event are passed over")
{
    play(&words_that_are_no_end);
}

TEST_CASE("events: keep-alives are skipped, and are no content") { play(&keep_alives); }

TEST_CASE("events: the type of one without a name is found as JSON finds it") { play(&types_found_as_json_finds_them); }

TEST_CASE("events: one without data is delivered by a raw stream") { play(&events_without_data); }

TEST_CASE("events: the first bytes say what a body is if its type does not") { play(&content_types); }

// ---- The head, and what an error keeps of it

namespace {

asio::awaitable<void> content_codings(emulator& service)
{
    for (char const* const coding : {"UTF-8", "none", "", "identity"}) {
        CAPTURE(coding);
        answer next = answer::json(200, completion_text("plain")).header("Content-Encoding", coding);
        CHECK((co_await completed(service, std::move(next))).text() == "plain");
    }
    foundry::error const limited_ = co_await completion_error(
        service, answer::json(429, "\x1f\x8b\x08").header("Content-Encoding", "gzip").header("Retry-After", "7"));
    CHECK(limited_.code() == errc::rate_limited);
    CHECK(limited_.retry_after() == 7s);
    foundry::error const refused =
        co_await completion_error(service, answer::json(401, "\x1f\x8b\x08").header("Content-Encoding", "gzip"));
    CHECK(refused.code() == errc::unauthorized);
    foundry::error const packed =
        co_await completion_error(service, answer::json(200, "\x1f\x8b\x08").header("Content-Encoding", "gzip"));
    CHECK(packed.code() == errc::unexpected_reply);
}

asio::awaitable<void> loose_heads(emulator& service)
{
    std::string const body = completion_text("fine");
    std::string const length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    char size[20];
    std::snprintf(size, sizeof size, "%zx", body.size());
    for (std::string const& bytes :
         {"HTTP/1.1 200\r\n" + length + body, "HTTP/1.1 200 OK\r\nx-request-id: a\r\n  b\r\n\tc\r\n" + length + body,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size) + "  \r\n" + body +
              "\r\n0 \r\n\r\n"}) {
        CAPTURE(bytes);
        foundry::chat_completion const reply = co_await completed(service, answer::raw(bytes).keep_open());
        CHECK(reply.text() == "fine");
        if (has(bytes, "x-request-id"))
            CHECK(reply.info().request_id() == "a b c");
    }
    foundry::error const folded =
        co_await completion_error(service, answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n" + body));
    CHECK(folded.code() == errc::unexpected_reply);
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i != 300; ++i)
        many += "a: b\r\n";
    foundry::error const crowded = co_await completion_error(service, answer::raw(many + length + body));
    CHECK(crowded.code() == errc::limit_exceeded);
    CHECK_FALSE(has(crowded.what(), "raise"));
    foundry::error const nothing = co_await completion_error(service, answer::raw(""));
    CHECK(nothing.code() == errc::connection_lost);
    CHECK(has(nothing.what(), "the server closed the connection before answering"));
    foundry::error const half = co_await completion_error(service, answer::raw("HTTP/1.1 200 OK\r\nx-a"), foundry_url);
    CHECK(has(half.what(), "the server closed the connection"));
}

asio::awaitable<void> details_of_errors(emulator& service)
{
    auto const with_ids = [](answer next) {
        return next.header("x-request-id", "r-1").header("apim-request-id", "a-1");
    };
    auto const check = [](foundry::error const& e, errc code, std::string_view body, std::size_t attempts = 1) {
        CHECK(e.code() == code);
        CHECK(e.status() == 200);
        CHECK(e.request_id() == "r-1");
        CHECK(e.apim_request_id() == "a-1");
        CHECK_FALSE(e.client_request_id().empty());
        CHECK(e.attempts().size() == attempts);
        CHECK(has(e.body(), body));
    };
    for (char const* const url : {foundry_url, local_url}) {
        check(co_await completion_error(service, with_ids(answer::json(200, "{}")), url), errc::unexpected_reply, "{}");
        check(co_await completion_error(service, with_ids(answer::json(200, "<html>")), url), errc::unexpected_reply,
              "<html>");
        answer cut = answer::raw(
            "HTTP/1.1 200 OK\r\nx-request-id: r-1\r\napim-request-id: a-1\r\nContent-Length: 99\r\n\r\n{\"id\"");
        check(co_await completion_error(service, std::move(cut), url), errc::stream_truncated, "{\"id\"");
    }
    foundry::options with = limited(service);
    with.retry.max_retries = 2;
    with.retry.backoff = 1ms;
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, foundry_url, with);
    foundry::chat_request const request = question();
    foundry::embedding_request const texts{"text-embedding-3-small", "a"};
    service.queue(with_ids(answer::json(200, R"({"data":[]})")));
    check(co_await failure_of(client.embed(texts)), errc::unexpected_reply, "{\"data\":[]}");

    service.queue(answer::json(200, R"({"error":{"message":"slow down","code":"429"}})"));
    service.queue(answer::json(400, ""));
    foundry::error const second = co_await failure_of(client.complete(request));
    CHECK(second.status() == 400);
    CHECK(second.body().empty()); // and not that of the first attempt

    service.queue(answer::json(503, "{}"));
    service.queue(with_ids(answer::events(event("a") + "data: <html>\n\n")));
    foundry::chat_stream chunks = co_await client.stream(request);
    CHECK((co_await chunks.next()).has_value());
    foundry::error const in_stream = co_await failure_of(chunks.next());
    check(in_stream, errc::unexpected_reply, "<html>", 2);
    CHECK(in_stream.attempts()[0].status == 503);

    service.queue(with_ids(answer::events(event("a"))));
    foundry::chat_stream short_one = co_await client.stream(request);
    CHECK((co_await short_one.next()).has_value());
    check(co_await failure_of(short_one.next()), errc::stream_truncated, "");
    co_await goes_on(service, client);
}

asio::awaitable<void> waits(emulator& service)
{
    foundry::error const both = co_await completion_error(
        service, answer::json(429, "{}").header("Retry-After-Ms", "0").header("Retry-After", "1"));
    CHECK(both.retry_after() == 1s);
    foundry::options with = limited(service);
    with.retry.max_retries = 1;
    with.retry.backoff = 30ms;
    std::vector<std::chrono::milliseconds> waited;
    with.retry.on_retry = [&](foundry::attempt const&, std::chrono::milliseconds wait) { waited.push_back(wait); };
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, foundry_url, with);
    service.queue(answer::json(429, "{}").header("Retry-After-Ms", "0"));
    service.queue(answer::json(200, completion_text("fine")));
    co_await expect_text(client, "fine");
    REQUIRE(waited.size() == 1);
    CHECK(waited[0] >= 24ms);
}

} // namespace

TEST_CASE(
    "head: a content coding that changes nothing is accepted, and a compressed error keeps its status and its wait")
{
    play(&content_codings);
}

TEST_CASE(
    "head: a missing blank, folded lines and blanks after a chunk's size are accepted, and refusals say what to do")
{
    play(&loose_heads);
}

TEST_CASE("errors: all that follow the head of an answer have its status, ids, body and attempts")
{
    play(&details_of_errors);
}

TEST_CASE("retry: of several waits the longest counts, and zero leaves it to the policy") { play(&waits); }

// ---- Bodies of errors

namespace {

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
    CHECK_FALSE(has(missing.what(), "try again"));
}

asio::awaitable<void> waits_in_words(emulator& service)
{
    struct
    {
        char const* words;
        std::chrono::milliseconds wait;
    } const cases[] = {{"Please retry in 1.5s.", 1500ms},
                       {"Try again in 1 minute.", 60s},
                       {"Please try again in 20 milliseconds", 20ms}};
    for (auto const& one : cases) {
        foundry::error const failed = co_await completion_error(
            service, answer::json(429, R"({"error":{"message":")" + std::string(one.words) + "\"}}"));
        CHECK(failed.retry_after() == one.wait);
    }
    for (char const* const zone : {"GMT", "UTC", "+0000"}) {
        foundry::error const failed = co_await completion_error(
            service, answer::json(429, "{}")
                         .header("Date", std::string("Sun, 06 Nov 1994 08:49:37 ") + zone)
                         .header("Retry-After", std::string("Sun, 06 Nov 1994 08:49:40 ") + zone));
        CHECK(failed.retry_after() == 3s);
    }
}

asio::awaitable<void> gateways(emulator& service)
{
    foundry::options with = limited(service);
    with.retry.max_retries = 1;
    with.retry.backoff = 1ms;
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, foundry_url, with);
    for (unsigned const status : {520U, 525U, 529U, 530U}) {
        CAPTURE(status);
        service.queue(answer::json(status, "{}"));
        service.queue(answer::json(200, completion_text("fine")));
        co_await expect_text(client, "fine");
    }
}

} // namespace

TEST_CASE("error bodies: as an event, with a byte order mark, in UTF-16 or with NaN they keep code and words")
{
    play(&bodies_of_errors);
}

TEST_CASE("error bodies: a wrong path is told as such and not as a wrong model, and 501 is no reason to try again")
{
    play(&wrong_paths);
}

TEST_CASE("retry: waits in words and dates of any spelling of UTC are understood") { play(&waits_in_words); }

TEST_CASE("retry: what gateways answer for a server that is gone is tried again") { play(&gateways); }
