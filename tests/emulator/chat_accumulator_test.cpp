// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Messages of services that do it differently, whole and as deltas: tool calls, parts, pieces and unknown members all arrive.

#include "support/queued_answers.hpp"

#include <foundry/call.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace foundry_test::chat_accumulator_test {

using namespace foundry_test::queued;
using foundry::errc;

// ---- Tool calls

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

TEST_CASE("chat accumulator: take() leaves nothing of the completion behind")
{
    auto const add = [](foundry::chat_accumulator& to, char const* text) {
        foundry::chat_chunk piece;
        REQUIRE(foundry::json::reader{}.read(piece, text));
        to.add(piece);
    };
    foundry::chat_accumulator all;
    add(all, R"({"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"x",)"
             R"("function":{"name":"f","arguments":"{"}}]}}],"usage":{"total_tokens":3}})");
    CHECK(all.take().tool_calls().size() == 1);
    CHECK(foundry::json::to_text(all.completion()) == foundry::json::to_text(foundry::chat_completion()));
    add(all,
        R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"y","function":{"name":"g","arguments":"{}"}}]}}]})");
    foundry::chat_completion const second = all.take();
    REQUIRE(second.tool_calls().size() == 1);
    CHECK(second.tool_calls().front().function.name == "g");
}

} // namespace foundry_test::chat_accumulator_test
