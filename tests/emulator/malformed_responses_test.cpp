// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Responses and their events in odd shapes.

#include "support/background_stream.hpp"

#include <foundry/response_accumulator.hpp>

namespace foundry_test::malformed_responses_test {

using foundry::errc;

/// A test with an emulator and a client of it.
template <class Body>
void with_service(char const* url, Body body)
{
    run([](char const* where, Body test) -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, where, impatient(service));
        co_await test(service, client);
    }(url, std::move(body)));
}

std::string named(std::string const& data) { return "data: " + data + "\n\n"; }

std::string const completed =
    named(R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message",)"
          R"("role":"assistant","content":[{"type":"output_text","text":"ABC"}]}]}})");

std::string delta(std::string const& text, int number)
{
    return named(R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":")" + text +
                 R"(","sequence_number":)" + std::to_string(number) + "}");
}

foundry::response_request const& question_of_all()
{
    static foundry::response_request const request{"gpt-4o-mini", "Say the alphabet"};
    return request;
}

TEST_CASE("responses: the Foundry Models API has none; the error names the URL to use, and nothing is sent")
{
    with_service(foundry_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::error const refused = co_await failure_of(foundry::responses{client}.create(question_of_all()));
        CHECK(refused.code() == errc::invalid_argument);
        CHECK(std::string(refused.what()).find("contoso.services.ai.azure.com/openai/v1") != std::string::npos);
        CHECK((co_await failure_of(foundry::responses{client}.get("r"))).code() == errc::invalid_argument);
        CHECK(service.requests() == 0);
    });
}

TEST_CASE("responses: events out of order are all delivered, and the last one has the right text")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::events(delta("A", 0) + delta("C", 2) + delta("B", 1) + completed));
        delivered all;
        co_await read_response(client, question_of_all(), all);
        CHECK(all.text == "ACB");
        CHECK(all.last.text() == "ABC");
        CHECK(!all.failed);
    });
}

TEST_CASE("responses: doubled events are skipped, and a service that numbers nothing, or all alike, loses none")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::events(delta("A", 0) + delta("B", 1) + delta("B", 1) + delta("C", 2) + completed));
        delivered doubled;
        co_await read_response(client, question_of_all(), doubled);
        CHECK(doubled.text == "ABC");

        service.queue(answer::events(delta("A", 0) + delta("B", 0) + delta("C", 0) + completed));
        delivered alike;
        co_await read_response(client, question_of_all(), alike);
        CHECK(alike.text == "ABC");

        std::string const bare = named(R"({"type":"response.output_text.delta","delta":"A"})");
        service.queue(answer::events(bare + bare + completed));
        delivered unnumbered;
        co_await read_response(client, question_of_all(), unnumbered);
        CHECK(unnumbered.text == "AA");
        CHECK(unnumbered.last.text() == "ABC");
    });
}

TEST_CASE("responses: an event beyond the limit ends the stream, and the client goes on")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::events(delta("A", 0) + delta(std::string(20 << 20, 'x'), 1) + completed));
        delivered all;
        co_await read_response(client, question_of_all(), all);
        REQUIRE(all.failed);
        CHECK(all.failed->code() == errc::limit_exceeded);
        CHECK(all.text == "A");
        service.queue(answer::events(completed));
        delivered next;
        co_await read_response(client, question_of_all(), next);
        CHECK(next.last.text() == "ABC");
    });
}

TEST_CASE("responses: a background stream with an event beyond the limit is not asked for again")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        background_stream const recorded;
        service.queue(answer::events(recorded.from(0, 4) + delta(std::string(20 << 20, 'x'), 4)));
        delivered all;
        co_await read_response(client, background_request(), all);
        REQUIRE(all.failed);
        CHECK(all.failed->code() == errc::limit_exceeded);
        CHECK(service.requests() == 1);
    });
}

TEST_CASE("responses: an unknown previous id is a 400 that says so")
{
    with_service(v1_url, [](emulator&, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::response_request request = question_of_all();
        request.previous_response_id = "resp_unknown";
        foundry::error const refused = co_await failure_of(foundry::responses{client}.create(request));
        CHECK(refused.code() == errc::bad_request);
        CHECK(refused.service_code() == "previous_response_not_found");
    });
}

TEST_CASE("responses: an answer that is none is an error, and one without ids or with unknown items is read")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::responses const all{client};
        for (std::string const text : {"{}", "[]", "null", "<html>"}) {
            CAPTURE(text);
            service.queue(answer::json(200, text));
            CHECK((co_await failure_of(all.create(question_of_all()))).code() == errc::unexpected_reply);
        }
        service.queue(answer::json(200, R"({"id":"r","output":[{"type":"message","content":[{"type":"output_text",)"
                                        R"("text":"A"}]},{"type":"new_kind","deep":{"a":[1]}},{}]})"));
        foundry::response const odd = co_await all.create(question_of_all());
        CHECK(odd.text() == "A");
        REQUIRE(odd.output.size() == 3);
        CHECK(odd.output[0].id().empty());
        CHECK(odd.output[1].type().name() == "new_kind");
        CHECK(odd.output[1].raw() == R"({"type":"new_kind","deep":{"a":[1]}})");
    });
}

TEST_CASE("responses: every kind of item goes back to the service byte for byte")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::vector<std::string> kinds(std::begin(foundry::item_type_names), std::end(foundry::item_type_names));
        for (char const* const other :
             {"shell_call", "shell_call_output", "apply_patch_call", "apply_patch_call_output", "tool_search_call",
              "tool_search_output", "compaction", "program", "program_output", "additional_tools", "kind_of_tomorrow"})
            kinds.emplace_back(other);
        std::string output;
        std::vector<std::string> items;
        for (std::string const& kind : kinds) {
            items.push_back(
                "{ \"id\" :\"i\\u00e9\", \"type\":\"" + kind +
                "\",\"n\": 1.50e+01 , \"deep\":{\"a\":[ 1,{} ,null]},\"text\":\"\\ud83d\\ude00 \xc3\xa9\" }");
            output += (output.empty() ? "" : ",") + items.back();
        }
        service.queue(answer::json(200, R"({"id":"r","status":"completed","output":[)" + output + "]}"));
        foundry::responses const all{client};
        foundry::response const first = co_await all.create(question_of_all());
        REQUIRE(first.output.size() == kinds.size());
        foundry::response_request next = question_of_all();
        for (foundry::response_item const& item : first.output)
            next.add(item);
        service.queue(answer::json(200, R"({"id":"s","status":"completed","output":[]})"));
        static_cast<void>(co_await all.create(next));
        CHECK(service.journal().back().body.find(output) != std::string::npos);
        for (std::size_t i = 0; i != kinds.size(); ++i) {
            CAPTURE(kinds[i]);
            CHECK(first.output[i].type().name() == kinds[i]);
            CHECK(first.output[i].raw() == items[i]);
        }
    });
}

TEST_CASE("responses: the type of an item is found wherever it stands")
{
    for (std::size_t size = 0; size != 300; ++size) {
        json::object const object{{"id", std::string(size, 'x')}, {"type", "function_call_output"}, {"output", "x"}};
        foundry::response_item const item{json::value(object)};
        CHECK(item.type() == foundry::item_type::function_call_output);
        CHECK(item.id().size() == size);
    }
}

TEST_CASE("responses: events that are all given one number are delivered, and a last event with an old number, too")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::events(delta("A", 7) + delta("B", 7) + delta("C", 7) + completed));
        delivered alike;
        co_await read_response(client, question_of_all(), alike);
        CHECK(alike.text == "ABC");

        std::string old = completed;
        old.insert(old.find("\"response\":"), "\"sequence_number\":1,");
        service.queue(answer::events(delta("A", 0) + delta("B", 1) + delta("C", 2) + old));
        delivered last;
        co_await read_response(client, question_of_all(), last);
        CHECK(!last.failed);
        CHECK(last.last.text() == "ABC");
    });
}

TEST_CASE("responses: keep-alives of any kind are skipped")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::string const odd =
            "event: ping\ndata:\n\ndata: null\n\ndata: ping\n\nevent: ping\ndata: 1\n\ndata: []\n\n";
        service.queue(answer::events(delta("A", 0) + odd + delta("B", 1) + odd + completed));
        delivered all;
        co_await read_response(client, question_of_all(), all);
        CHECK_MESSAGE(!all.failed, (all.failed ? all.failed->what() : ""));
        CHECK(all.text == "AB");
    });
}

TEST_CASE("responses: a stream that says it failed, without a reason, is an error")
{
    with_service(local_url, [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::events(delta("A", 0) +
                                     named(R"({"type":"response.failed","response":{"id":"r","status":"failed"}})")));
        delivered all;
        co_await read_response(client, question_of_all(), all);
        REQUIRE(all.failed);
        CHECK(all.failed->code() == errc::service_error);
    });
}

} // namespace foundry_test::malformed_responses_test
