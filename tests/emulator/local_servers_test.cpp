// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What llama.cpp, vLLM, Ollama and Foundry Local do differently, and how a stream may end there and may not on Azure.

#include "support/fixture.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::local_servers_test {

namespace asio = boost::asio;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::emulator_options;
using foundry::testing::local_server;
using foundry_test::client_of;
using foundry_test::failure_of;
using foundry_test::run;

constexpr char const* local_url = foundry_test::urls[3];

struct tally
{
    unsigned run = 0;
    unsigned passed = 0;
};
tally counted;

/// One thing that has to hold with one server.
void check(std::string const& what, bool holds)
{
    CAPTURE(what);
    CHECK(holds);
    ++counted.run;
    counted.passed += holds;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// ---- The servers

struct server
{
    char const* name;
    local_server behaviour;
    bool tells_finish_reason; ///< In a stream.
    bool tells_usage;         ///< In a stream, unasked.
    bool tells_usage_if_asked;
};

/// One that leaves out what it can.
local_server terse()
{
    local_server made;
    made.role = local_server::role_place::nowhere;
    made.usage = local_server::usage_place::own_event;
    made.call_ids = false;
    made.whole_calls = true;
    made.blank_after_data = false;
    made.done_event = false;
    return made;
}

std::vector<server> servers()
{
    return {
        {"OpenAI", local_server(), true, false, true},
        {"llama.cpp", local_server::llama_cpp(), true, true, true},
        {"vLLM", local_server::vllm(), true, false, true},
        {"Ollama", local_server::ollama(), true, false, true},
        {"Foundry Local", local_server::foundry_local(), false, false, false},
        {"a terse one", terse(), true, true, true},
    };
}

emulator_options like(server const& one)
{
    emulator_options with;
    with.local = one.behaviour;
    return with;
}

foundry::chat_request question(std::string model)
{
    foundry::chat_request request{std::move(model)};
    request.user("How many feet are in a mile?");
    return request;
}

foundry::chat_request tool_question()
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.user("What is the weather in Paris and in Rome?");
    boost::json::value const schema =
        boost::json::parse(R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})");
    request.tools.emplace_back("get_weather", "The weather of a city", schema);
    return request;
}

asio::awaitable<foundry::chat_completion> collected(foundry::client<>& client, foundry::chat_request const& request)
{
    foundry::chat_stream chunks = co_await client.stream(request);
    co_return co_await chunks.collect();
}

asio::awaitable<void> chat(emulator& service, server const& one, std::string model)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, local_url);
    foundry::chat_request request = question(model);
    foundry::chat_completion const whole = co_await client.complete(request);
    foundry::chat_completion const streamed = co_await collected(client, request);
    request.stream_options.emplace().include_usage = true;
    foundry::chat_completion const with_usage = co_await collected(client, request);
    REQUIRE(streamed.choices.size() == 1);
    foundry::chat_message const& message = streamed.choices[0].message;
    foundry::chat_message const& expected = whole.choices.at(0).message;

    check("text", !whole.text().empty() && streamed.text() == whole.text());
    check("role", message.role == foundry::chat_role::assistant && expected.role == foundry::chat_role::assistant);
    check("finish reason of the whole", whole.finish_reason() == foundry::finish_reason::stop);
    check("finish reason", one.tells_finish_reason ? streamed.finish_reason() == foundry::finish_reason::stop
                                                   : !streamed.finish_reason());
    check("usage", one.tells_usage ? streamed.usage && streamed.usage == whole.usage : !streamed.usage);
    check("usage if asked",
          one.tells_usage_if_asked ? with_usage.usage && with_usage.usage == whole.usage : !with_usage.usage);
    check("timings", streamed.extra.contains("timings") == one.behaviour.timings &&
                         whole.extra.contains("timings") == one.behaviour.timings);
    check("reasoning", message.reasoning_content == expected.reasoning_content &&
                           expected.reasoning_content.has_value() == (model == "DeepSeek-R1"));
    check("reasoning under one name", !message.extra.contains("reasoning") && !expected.extra.contains("reasoning"));
    check("id and model", streamed.id.starts_with("chatcmpl-") && streamed.model == model);
}

asio::awaitable<void> call_tools(emulator& service, server const& one)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, local_url);
    foundry::chat_request const request = tool_question();
    foundry::chat_completion const whole = co_await client.complete(request);
    foundry::chat_completion const streamed = co_await collected(client, request);
    auto const& calls = streamed.tool_calls();
    REQUIRE(calls.size() == 2);
    REQUIRE(whole.tool_calls().size() == 2);
    for (std::size_t i = 0; i != 2; ++i) {
        foundry::tool_call const& expected = whole.tool_calls()[i];
        check("function", calls[i].function.name == "get_weather" && expected.function.name == "get_weather");
        check("arguments", calls[i].function.arguments == expected.function.arguments &&
                               contains(expected.function.arguments, i == 0 ? "Paris" : "Rome"));
        check("type", calls[i].type == "function");
        check("id", calls[i].id.empty() != one.behaviour.call_ids && expected.id.empty() != one.behaviour.call_ids);
    }
}

asio::awaitable<void> ask_for_nobody(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, local_url);
    foundry::chat_request const request = question("nobody");
    foundry::embedding_request const texts{"nobody", "a mile"};
    foundry::error const whole = co_await failure_of(client.complete(request));
    foundry::error const streamed = co_await failure_of(client.stream(request));
    foundry::error const embedded = co_await failure_of(client.embed(texts));
    for (foundry::error const* const failed : {&whole, &streamed, &embedded}) {
        CAPTURE(failed->body());
        check("an error", failed->code() == errc::model_not_found && contains(failed->message(), "`nobody`"));
    }
}

TEST_CASE("local server: a stream and a whole answer give the same, in each server's spelling")
{
    for (server const& one : servers()) {
        CAPTURE(std::string(one.name));
        emulator service(like(one));
        run(chat(service, one, "gpt-4o-mini"));
        run(chat(service, one, "DeepSeek-R1")); // which reasons
        CHECK(service.connections() == 2);      // one for each client: every stream was read to its end
    }
}

TEST_CASE("local server: tool calls are kept apart, with ids and without")
{
    for (server const& one : servers()) {
        CAPTURE(std::string(one.name));
        emulator service(like(one));
        run(call_tools(service, one));
    }
}

TEST_CASE("local server: an error is understood in each server's shape")
{
    for (server const& one : servers()) {
        CAPTURE(std::string(one.name));
        emulator service(like(one));
        run(ask_for_nobody(service));
    }
}

// ---- How a stream may end

std::string event(std::string const& delta)
{
    return R"(data: {"id":"x","choices":[{"index":0,"delta":)" + delta + "}]}\n\n";
}

std::string text_event(std::string const& text) { return event("{\"content\":\"" + text + "\"}"); }

std::string const last_event =
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
std::string const usage_event =
    "data: "
    "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n";
std::string const done_event = "data: [DONE]\n\n";
std::string const chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
std::string const unsized_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

std::string http_chunk(std::string const& bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t n = bytes.size(); n != 0; n /= 16)
        size.insert(size.begin(), digits[n % 16]);
    return size + "\r\n" + bytes + "\r\n";
}

std::string without_end(std::string events, std::size_t bytes) { return events.substr(0, events.size() - bytes); }

/// What a stream of events becomes.
struct outcome
{
    outcome(std::string t) : text(std::move(t)) {}
    outcome(std::string t, errc c) : text(std::move(t)), code(c) {}

    std::string text;         ///< Delivered.
    std::optional<errc> code; ///< Of the error behind it; none for a normal end.
};

struct stream_case
{
    std::string name;
    answer next;
    outcome expected;
    std::string message = {}; ///< Of the error; may be empty.
};

std::vector<stream_case> endings()
{
    outcome const good{"ab"};
    outcome const cut{"ab", errc::stream_truncated};
    std::string const ab = text_event("a") + text_event("b");
    return {
        {"an end marker", answer::events(ab + last_event + done_event), good},
        {"an end marker and no finish reason", answer::events(ab + done_event), good},
        {"a finish reason and no end marker", answer::events(ab + last_event), good},
        {"a usage event at the end", answer::events(ab + last_event + usage_event), good},
        {"text beside the finish reason at the end",
         answer::events(text_event("a") +
                        R"(data: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"length"}]})" + "\n\n"),
         good},
        {"a finish reason, and the body ends with its connection", answer::raw(unsized_head + ab + last_event), cut},
        {"neither", answer::events(ab), cut},
        {"neither, and the body ends with its connection", answer::raw(unsized_head + ab), cut},
        {"a cut behind the finish reason", answer::raw(chunked_head + http_chunk(ab + last_event)), cut},
        {"a cut within the event behind it", answer::raw(chunked_head + http_chunk(ab + last_event + "data: {")), cut},
        {"a cut behind the end marker", answer::raw(chunked_head + http_chunk(ab + last_event + done_event)), good},

        {"no empty line behind the end marker", answer::events(without_end(ab + last_event + done_event, 1)), good},
        {"no line end behind the end marker", answer::events(without_end(ab + last_event + done_event, 2)), good},
        {"no empty line behind the last event", answer::events(without_end(ab + last_event, 1)), good},
        {"no line end behind the last event", answer::events(without_end(ab + last_event, 2)), good},
        {"text in the last event, without an empty line",
         answer::events(text_event("a") +
                        R"(data: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]})"),
         good},

        {"no blank behind the colon",
         answer::events("data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\ndata:[DONE]\n\n"), good},
        {"CRLF",
         answer::events(
             "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n"),
         good},
        {"comments", answer::events(": ping\n\n" + ab + ": ping\n\n" + last_event + done_event), good},
        {"the end marker as text",
         answer::events(text_event("data: [DONE]") + last_event + done_event),
         {"data: [DONE]"}},
        {"the end marker as text of several deltas",
         answer::events(text_event("data:") + text_event(" [DONE]") + text_event("\\n\\n") + last_event + done_event),
         {"data: [DONE]\n\n"}},
        {"the end marker as text with line ends",
         answer::events(text_event("\\n\\ndata: [DONE]\\n\\n!") + last_event + done_event),
         {"\n\ndata: [DONE]\n\n!"}},
        {"the end marker as text and no other",
         answer::events(text_event("[DONE]")),
         {"[DONE]", errc::stream_truncated}},
    };
}

std::vector<stream_case> errors()
{
    std::string const a = text_event("a");
    auto const add = [&a](std::vector<stream_case>& to, std::string name, std::string text, errc code) {
        outcome const expected{"a", code};
        answer next = answer::events(a + text + "\n\n" + done_event);
        to.push_back({std::move(name), std::move(next), expected, "It broke."});
    };
    std::vector<stream_case> all;
    add(all, "vLLM's",
        R"(data: {"object":"error","message":"It broke.","type":"InternalServerError","param":null,"code":500})",
        errc::service_error);
    add(all, "vLLM's of a bad request",
        R"(data: {"object":"error","message":"It broke.","type":"BadRequestError","param":null,"code":400})",
        errc::bad_request);
    add(all, "a newer vLLM's",
        R"(data: {"error":{"object":"error","message":"It broke.","type":"BadRequestError","param":null,"code":400}})",
        errc::bad_request);
    add(all, "Ollama's", R"(data: {"error":"It broke."})", errc::service_error);
    add(all, "Ollama's in OpenAI's shape",
        R"(data: {"error":{"message":"It broke.","type":"api_error","param":null,"code":null}})", errc::service_error);
    add(all, "llama.cpp's", R"(data: {"error":{"code":503,"message":"It broke.","type":"unavailable_error"}})",
        errc::service_error);
    add(all, "an older llama.cpp's", R"(error: {"code":500,"message":"It broke.","type":"server_error"})",
        errc::service_error);
    return all;
}

struct streamed
{
    std::string text;
    std::optional<foundry::error> failed;
};

asio::awaitable<streamed> read_stream(foundry::client<>& client, foundry::chat_request const& request)
{
    streamed seen;
    try {
        foundry::chat_stream chunks = co_await client.stream(request);
        foundry::chat_chunk const* chunk = co_await chunks.read();
        while (chunk != nullptr) {
            seen.text += chunk->text();
            chunk = co_await chunks.read();
        }
    } catch (foundry::error const& e) {
        seen.failed = e;
    }
    co_return seen;
}

asio::awaitable<void> play(emulator& service, foundry::endpoint where, std::vector<stream_case> const& all)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::any_credential const key = foundry::api_key{service.api_key()};
    foundry::client<> client(executor, where, key, foundry_test::trusting(service));
    foundry::chat_request const request = question("gpt-4o-mini");
    for (stream_case const& one : all) {
        outcome const& expected = one.expected;
        for (std::size_t const size : {std::size_t{100000}, std::size_t{1}}) {
            answer next = one.next;
            next.chunking({size});
            service.queue(std::move(next));
            streamed const seen = co_await read_stream(client, request);
            std::string const said = seen.failed ? seen.failed->what() : "a normal end";
            CAPTURE(said);
            bool const as_expected =
                expected.code ? seen.failed && seen.failed->code() == *expected.code : !seen.failed;
            check(one.name, seen.text == expected.text && as_expected &&
                                (one.message.empty() || (seen.failed && seen.failed->message() == one.message)));
        }
        foundry::chat_completion const next = co_await client.complete(request);
        CHECK(!next.text().empty());
    }
}

/// Every form, the last the only local one.
std::vector<foundry::endpoint> endpoints(emulator const& service)
{
    std::vector<foundry::endpoint> all;
    for (char const* const url :
         {"https://contoso.services.ai.azure.com/models", "https://contoso.openai.azure.com/openai/v1",
          "https://contoso.services.ai.azure.com/api/projects/p/openai/v1", "https://contoso.openai.azure.com",
          "https://llama.eastus.models.ai.azure.com", "https://models.github.ai/inference"})
        all.push_back(foundry_test::at(service, url));
    all.push_back(foundry_test::at(service, "http://localhost:8080/models")); // a gateway before Azure
    all.back().set_form(foundry::api_form::models);
    all.push_back(foundry_test::at(service, local_url));
    return all;
}

TEST_CASE("local server: the end marker may be missing after a finish reason if the body ends cleanly; a cut is never "
          "a normal end")
{
    emulator service;
    std::vector<stream_case> const all = endings();
    for (foundry::endpoint const& where : endpoints(service)) {
        CAPTURE(where.url());
        run(play(service, where, all));
    }
}

TEST_CASE("local server: an error among the events is one in each server's shape, after the text before it")
{
    emulator service;
    std::vector<stream_case> const all = errors();
    for (foundry::endpoint const& where : endpoints(service)) {
        CAPTURE(where.url());
        run(play(service, where, all));
    }
}

// ---- Errors as answers, and what only looks like something else

struct refusal
{
    char const* name;
    unsigned status;
    char const* body;
    errc code;
    char const* service_code;
};

refusal const refusals[] = {
    {"vLLM's", 400, R"({"object":"error","message":"It broke.","type":"BadRequestError","param":null,"code":400})",
     errc::bad_request, "400"},
    {"a newer vLLM's", 400, R"({"error":{"message":"It broke.","type":"BadRequestError","param":null,"code":400}})",
     errc::bad_request, "400"},
    {"Ollama's", 500, R"({"error":"It broke."})", errc::service_error, ""},
    {"llama.cpp's while it loads", 503, R"({"error":{"code":503,"message":"It broke.","type":"unavailable_error"}})",
     errc::service_error, "503"},
    {"llama.cpp's of a long prompt", 400,
     R"({"error":{"code":400,"message":"It broke.","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}})",
     errc::too_large, "400"},
};

asio::awaitable<void> refuse(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, local_url);
    foundry::chat_request const request = question("gpt-4o-mini");
    foundry::embedding_request const texts{"text-embedding-3-small", "a mile"};
    for (refusal const& one : refusals) {
        answer const next = answer::json(one.status, one.body);
        for (int i = 0; i != 3; ++i)
            service.queue(next);
        foundry::error const whole = co_await failure_of(client.complete(request));
        foundry::error const streamed = co_await failure_of(client.stream(request));
        foundry::error const embedded = co_await failure_of(client.embed(texts));
        for (foundry::error const* const failed : {&whole, &streamed, &embedded}) {
            CAPTURE(std::string(failed->what()));
            check(one.name, failed->code() == one.code && failed->message() == "It broke." &&
                                failed->service_code() == one.service_code && failed->status() == one.status);
        }
    }
}

asio::awaitable<void> mix_calls(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, local_url);
    foundry::chat_request const request = tool_question();
    auto const piece = [](std::string const& calls) { return event("{\"tool_calls\":[" + calls + "]}"); };
    answer next = answer::events(
        piece(R"({"index":0,"id":"","type":"function","function":{"name":"f","arguments":""}})") +
        piece(R"({"index":1,"id":"","type":"function","function":{"name":"f","arguments":"{\"b\""}})") +
        piece(
            R"({"index":0,"id":"","function":{"arguments":"{\"a\""}},{"index":1,"id":"","function":{"arguments":":2}"}})") +
        piece(R"({"index":0,"id":"","function":{"name":"","arguments":":1}"}})") + done_event);
    service.queue(std::move(next));
    foundry::chat_completion const all = co_await collected(client, request);
    REQUIRE(all.tool_calls().size() == 2);
    check("first call", all.tool_calls()[0].function.arguments == R"({"a":1})" && all.tool_calls()[0].id.empty());
    check("second call", all.tool_calls()[1].function.arguments == R"({"b":2})" && all.tool_calls()[1].id.empty());
}

asio::awaitable<void> reason(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, local_url);
    foundry::chat_request const request = question("gpt-4o-mini");
    answer next = answer::events(event(R"({"reasoning":"a"})") + event(R"({"reasoning_content":"b","reasoning":"b"})") +
                                 event(R"({"reasoning_content":"c","reasoning":null})") +
                                 event(R"({"reasoning_content":null,"reasoning":"d"})") + last_event + done_event);
    service.queue(std::move(next));
    foundry::chat_completion const streamed = co_await collected(client, request);
    check("both names in turn", streamed.choices.at(0).message.reasoning_content == "abcd");

    answer both = answer::json(200, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"x",)"
                                    R"("reasoning_content":"long","reasoning":"short"}}]})");
    service.queue(std::move(both));
    foundry::chat_completion const whole = co_await client.complete(request);
    foundry::chat_message const& message = whole.choices.at(0).message;
    check("two texts", message.reasoning_content == "long" && message.extra.at("reasoning") == "short");

    answer object = answer::json(200, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"x",)"
                                      R"("reasoning":{"tokens":3}}}]})");
    service.queue(std::move(object));
    foundry::chat_completion const other = co_await client.complete(request);
    foundry::chat_message const& kept = other.choices.at(0).message;
    check("not a text", !kept.reasoning_content && kept.extra.at("reasoning").at("tokens") == 3);
}

TEST_CASE("local server: an error as an answer has its code and its message")
{
    emulator service;
    run(refuse(service));
}

TEST_CASE("local server: tool calls without ids whose pieces mix are kept apart by their index")
{
    emulator service;
    run(mix_calls(service));
}

TEST_CASE("local server: reasoning is read under either name, once, and only if it is text")
{
    emulator service;
    run(reason(service));
}

TEST_CASE("local server: every known deviation was checked")
{
    CHECK(counted.passed == counted.run);
    std::cout << "report: quirks: " << counted.run << " run, " << counted.passed << " passed\n";
}

} // namespace foundry_test::local_servers_test
