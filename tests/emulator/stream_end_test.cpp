// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Where a stream ends, and where it only breaks off: on every form, however its body says where it ends, with TLS and without.

#include "support/plain_calls.hpp"
#include "support/report.hpp"

#include <foundry/call.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace foundry_test::stream_end_test {

namespace asio = boost::asio;
namespace json = boost::json;
using foundry::errc;

enum class framing
{
    chunked,
    length,
    close
};

constexpr std::string_view framing_names[] = {"last chunk", "Content-Length", "close"};

answer framed(framing how, std::string const& body)
{
    std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: r-1\r\n";
    char size[20];
    std::snprintf(size, sizeof size, "%zx", body.size());
    switch (how) {
    case framing::chunked:
        return answer::raw(head + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n")
            .keep_open();
    case framing::length:
        return answer::raw(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body).keep_open();
    case framing::close:
        break;
    }
    return answer::raw(head + "Connection: close\r\n\r\n" + body);
}

struct form
{
    char const* name;
    foundry::api_form value;
    char const* secure;
    char const* plain;
};

form const forms[] = {
    {"models", foundry::api_form::models, urls[0], "http://localhost:8080/models"},
    {"v1", foundry::api_form::openai_v1, urls[1], "http://localhost:8080/openai/v1"},
    {"dated", foundry::api_form::dated, urls[2], "http://localhost:8080"},
    {"compatible", foundry::api_form::compatible, "https://localhost:8443/v1", urls[3]},
};

std::string finish(std::string const& reason, int index = 0)
{
    return "data: {\"id\":\"x\",\"choices\":[{\"index\":" + std::to_string(index) +
           ",\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}\n\n";
}

std::string const second = "data: {\"id\":\"x\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n\n";
std::string const usage =
    "data: "
    "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n";
std::string const done = "data: [DONE]\n\n";

struct ending
{
    char const* name;
    std::string body;
    bool ends_by_marker;
    bool is_finished; ///< Each choice has its finish reason.
};

std::vector<ending> endings()
{
    return {
        {"[DONE]", event("a") + finish("stop") + done, true, true},
        {"[DONE] without a finish reason", event("a") + done, true, false},
        {"finish reason", event("a") + finish("stop"), false, true},
        {"finish reason and usage", event("a") + finish("length") + usage, false, true},
        {"finish reason of the content filter", event("a") + finish("content_filter"), false, true},
        {"finish reason of the content filter and a late annotation",
         event("a") + finish("content_filter") +
             R"(data: {"id":"","choices":[{"index":0,"finish_reason":null,"content_filter_results":{}}]})" + "\n\n",
         false, true},
        {"an empty finish reason", event("a") + finish(""), false, false},
        {"finish reasons of two choices", event("a") + second + finish("stop") + finish("stop", 1), false, true},
        {"no finish reason", event("a"), false, false},
        {"no finish reason, with usage", event("a") + usage, false, false},
        {"finish reason of one choice of two", event("a") + second + finish("stop"), false, false},
    };
}

asio::awaitable<void> try_ending(emulator& service, form const& one, bool secure, ending const& end, framing how,
                                 std::size_t& checked)
{
    foundry::endpoint where{secure ? one.secure : one.plain};
    where.set_form(one.value);
    where.connect_to("127.0.0.1", secure ? service.tls_port() : service.plain_port());
    foundry::client client{co_await asio::this_coro::executor, where, foundry::api_key{service.api_key()},
                           limited(service)};
    bool const is_good = end.ends_by_marker || (end.is_finished && how != framing::close);
    CAPTURE(one.name);
    CAPTURE(secure);
    CAPTURE(end.name);
    CAPTURE(framing_names[static_cast<int>(how)]);

    answer next = framed(how, end.body);
    service.queue(next);
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_accumulator all;
    errc code{};
    try {
        while (auto chunk = co_await chunks.next())
            all.add(std::move(*chunk));
    } catch (foundry::error const& e) {
        code = static_cast<errc>(e.code().value());
        CHECK(e.status() == 200);
        CHECK(e.request_id() == "r-1");
        CHECK(e.attempts().size() == 1);
        bool const was_filtered = all.completion().finish_reason() == foundry::finish_reason::content_filter;
        CHECK((std::string_view(e.what()).find("change the prompt") != std::string_view::npos) == was_filtered);
    }
    CHECK(code == (is_good ? errc{} : errc::stream_truncated));
    CHECK(all.completion().text() == "a");

    // The same as events of a route.
    service.queue(next);
    foundry::event_stream events =
        co_await client.call<foundry::event_stream>(foundry::route{"POST", "chat/completions"}, request);
    code = errc{};
    try {
        while (co_await events.next())
            ++checked;
    } catch (foundry::error const& e) {
        code = static_cast<errc>(e.code().value());
    }
    CHECK(code == (is_good ? errc{} : errc::stream_truncated));
    ++checked;
}

asio::awaitable<void> try_endings(emulator& service, std::size_t& checked)
{
    for (form const& one : forms) {
        for (bool const secure : {true, false}) {
            std::vector<ending> const all = endings();
            for (ending const& end : all) {
                for (framing const how : {framing::chunked, framing::length, framing::close})
                    co_await try_ending(service, one, secure, end, how, checked);
            }
        }
    }
}

TEST_CASE("stream end: an end marker, or a clean end of the body after each finish reason, on every form; else it is "
          "truncated")
{
    emulator service(unchecked());
    std::size_t checked = 0;
    run(try_endings(service, checked));
    CHECK(checked >= 4 * 2 * 11 * 3);
}

asio::awaitable<void> cut_within_an_event(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::chat_request const request = question();
    for (framing const how : {framing::chunked, framing::length}) {
        service.queue(framed(how, event("a") + "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"del"));
        foundry::chat_stream cut = co_await client.stream(request);
        auto const first = co_await cut.next();
        CHECK(first->text() == "a");
        foundry::error const failed = co_await failure_of(cut.next());
        CHECK(failed.code() == errc::stream_truncated);

        service.queue(framed(how, "data: {\"a\":1}\n\ndata: {\"b\""));
        foundry::event_stream events =
            co_await client.call<foundry::event_stream>(foundry::route{"POST", "chat/completions"}, request);
        auto const before = co_await events.next();
        CHECK(before->data == "{\"a\":1}");
        foundry::error const broken = co_await failure_of(events.next());
        CHECK(broken.code() == errc::stream_truncated);

        // Without the empty line after it, an event counts if it is whole.
        service.queue(framed(how, event("a") + finish("stop").substr(0, finish("stop").size() - 2)));
        foundry::chat_stream whole = co_await client.stream(request);
        foundry::chat_completion const reply = co_await whole.collect();
        CHECK(reply.text() == "a");
        CHECK(reply.finish_reason() == foundry::finish_reason::stop);
    }
    co_await goes_on(service, client);
}

TEST_CASE("stream end: a body that ends within an event is truncated, and a whole last event needs no empty line")
{
    emulator service(unchecked());
    run(cut_within_an_event(service));
}

TEST_CASE(
    "stream end: what is wrong after the end marker harms nobody, with the head or after it, for chats and raw events")
{
    for (std::size_t const first_write : {std::size_t(1) << 20, stream_head.size()}) {
        CAPTURE(first_write);
        run([](std::size_t size) -> asio::awaitable<void> {
            emulator service(unchecked());
            foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url);
            std::string const wrong = stream_head + http_chunk(event("a") + done_event) + "no size\r\n";
            std::vector<std::size_t> sizes{size, std::size_t(1) << 20};
            service.queue(answer::raw(wrong).chunking(sizes));
            foundry::chat_stream chunks = co_await client.stream(question());
            std::optional<foundry::chat_chunk> const chunk = co_await chunks.next();
            REQUIRE(chunk);
            CHECK(chunk->text() == "a");
            CHECK(!co_await chunks.next());

            service.queue(answer::raw(wrong).chunking(sizes));
            json::object body;
            body["stream"] = true;
            foundry::event_stream events =
                co_await client.call<foundry::event_stream>(foundry::route{"POST", "chat/completions"}, body);
            CHECK((co_await events.next()).has_value());
            CHECK(!co_await events.next());
            co_await goes_on(service, client);
        }(first_write));
    }
}

} // namespace foundry_test::stream_end_test
