// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Every way to write a call that the documentation shows. g++ 12 miscompiles some expressions around co_await; the address
// sanitizer shows it here before a user meets it.

#include "support/fixture.hpp"

#include <foundry/call.hpp>
#include <foundry/image_embedding.hpp>
#include <foundry/images.hpp>
#include <foundry/media.hpp>
#include <foundry/models.hpp>
#include <foundry/token_credential.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <type_traits>
#include <utility>
#include <vector>

namespace foundry_test::call_forms_test {

template <class T>
constexpr bool passes_through_coroutines = !std::is_aggregate_v<T> && std::is_move_constructible_v<T>;

static_assert(passes_through_coroutines<foundry::chat_request>);
static_assert(passes_through_coroutines<foundry::chat_message>);
static_assert(passes_through_coroutines<foundry::content_part>);
static_assert(passes_through_coroutines<foundry::tool_definition>);
static_assert(passes_through_coroutines<foundry::response_format>);
static_assert(passes_through_coroutines<foundry::embedding_request>);
static_assert(passes_through_coroutines<foundry::image_embedding_input>);
static_assert(passes_through_coroutines<foundry::image_embedding_request>);
static_assert(passes_through_coroutines<foundry::image_request>);
static_assert(passes_through_coroutines<foundry::image_size>);
static_assert(passes_through_coroutines<foundry::image_prompt>);
static_assert(passes_through_coroutines<foundry::image>);
static_assert(passes_through_coroutines<foundry::audio>);
static_assert(passes_through_coroutines<foundry::route>);
static_assert(passes_through_coroutines<foundry::multipart>);
static_assert(passes_through_coroutines<foundry::call_options>);
static_assert(passes_through_coroutines<foundry::options>);
static_assert(passes_through_coroutines<foundry::timeouts>);
static_assert(passes_through_coroutines<foundry::endpoint>);
static_assert(passes_through_coroutines<foundry::api_key>);
static_assert(passes_through_coroutines<foundry::token_request>);

template <class T>
constexpr bool is_a_result = passes_through_coroutines<T>&& std::is_default_constructible_v<T>;

static_assert(is_a_result<foundry::chat_completion>);
static_assert(is_a_result<foundry::chat_chunk>);
static_assert(is_a_result<foundry::chat_stream>);
static_assert(is_a_result<foundry::embeddings>);
static_assert(is_a_result<foundry::generated_images>);
static_assert(is_a_result<foundry::model_info>);
static_assert(is_a_result<foundry::binary_content>);
static_assert(is_a_result<foundry::event_stream>);
static_assert(is_a_result<foundry::raw_event>);
static_assert(is_a_result<foundry::access_token>);

static_assert(foundry::credential<foundry::api_key>);
static_assert(foundry::credential<foundry::bearer_token>);
static_assert(foundry::credential<foundry::no_credential>);
static_assert(foundry::credential<foundry::any_credential>);
static_assert(!foundry::credential<std::string>);

struct wallet
{
    wallet() = default;
    asio::awaitable<foundry::access_token> get_token(foundry::token_request) { co_return make(); }
    static foundry::access_token make()
    {
        return {"emulator-token", std::chrono::system_clock::now() + std::chrono::hours(1)};
    }
};
static_assert(foundry::credential<wallet>);

char const* const model = "gpt-4o-mini";
char const* const embedding_model = "text-embedding-3-small";

asio::awaitable<void> completions(foundry::client<> client)
{
    foundry::chat_request request{model};
    request.system("You are terse.").user("How many feet are in a mile?");
    CHECK((co_await client.complete(request)).text().find("5,280") != std::string::npos);

    // temporaries, built in place
    CHECK(!(co_await client.complete(foundry::chat_request(model).user("Hello."))).text().empty());
    CHECK(!(co_await client.complete(foundry::chat_request{model}.system("x").user("Hello."))).text().empty());
    CHECK(!(co_await client.complete(model, "Hello.")).text().empty());
    CHECK(!(co_await client.complete(std::move(request))).text().empty());

    foundry::chat_completion const reply = co_await client.complete(foundry::chat_request(model).user("Hello."));
    CHECK(reply.finish_reason() == foundry::finish_reason::stop);

    // per-call options, named and in place
    foundry::call_options patient;
    patient.timeouts.total = std::chrono::minutes(5);
    request = foundry::chat_request{model};
    request.user("Hello.");
    CHECK(!(co_await client.complete(request, patient)).text().empty());
    CHECK(!(co_await client.complete(request, foundry::call_options())).text().empty());
    CHECK(!(co_await client.complete(foundry::chat_request(model).user("Hello."), foundry::call_options()))
               .text()
               .empty());

    // an awaitable kept for later
    auto later = client.complete(foundry::chat_request(model).user("Hello."));
    CHECK(!(co_await std::move(later)).text().empty());
}

asio::awaitable<void> parts_and_tools(foundry::client<> client)
{
    std::vector<foundry::content_part> parts;
    parts.push_back(foundry::content_part::from_text("What is in the picture?"));
    parts.push_back(
        foundry::content_part::from_image_url("data:image/png;base64,iVBORw0KGgo=", foundry::image_detail::low));
    CHECK(!(co_await client.complete(foundry::chat_request(model).user(parts))).text().empty());

    foundry::chat_request request{model};
    request.user("What is the weather in Seattle?");
    boost::json::object schema{{"type", "object"}, {"properties", {{"city", {{"type", "string"}}}}}};
    request.tools.emplace_back("get_weather", "The weather in a city", schema);
    request.tool_choice = foundry::tool_mode::automatic;
    foundry::chat_completion const asked = co_await client.complete(request);
    REQUIRE(asked.tool_calls().size() == 1);
    CHECK(asked.tool_calls()[0].function.name == "get_weather");

    request.add(asked.message()).tool(asked.tool_calls()[0].id, "Rain, 12 degrees");
    request.tool_choice = {};
    CHECK((co_await client.complete(request)).text().find("12") != std::string::npos);
}

asio::awaitable<void> streams(foundry::client<> client)
{
    foundry::chat_request request{model};
    request.user("How many feet are in a mile?");

    foundry::chat_stream chunks = co_await client.stream(request);
    std::string text;
    foundry::chat_accumulator all;
    while (auto chunk = co_await chunks.next()) {
        text += chunk->text();
        all.add(std::move(*chunk));
    }
    CHECK(text.find("5,280") != std::string::npos);
    CHECK(all.completion().text() == text);
    request.add(all.message());
    CHECK(request.messages.back().role == foundry::chat_role::assistant);

    auto again = co_await client.stream(foundry::chat_request(model).user("How many feet are in a mile?"));
    std::string same;
    while (foundry::chat_chunk const* const chunk = co_await again.read())
        same += chunk->text();
    CHECK(same == text);

    auto third = co_await client.stream(model, "How many feet are in a mile?");
    CHECK((co_await third.collect()).text() == text);
    CHECK(!co_await third.next());

    foundry::chat_stream none;
    CHECK(!co_await none.next());
}

asio::awaitable<void> vectors(foundry::client<> client)
{
    std::vector<std::string> lines{"a mile", "a foot", "a song"};
    foundry::embeddings three = co_await client.embed({embedding_model, lines});
    CHECK(three.size() == 3);
    CHECK(three[0].size() == 256);

    CHECK((co_await client.embed(foundry::embedding_request(embedding_model, "a mile"))).size() == 1);
    CHECK((co_await client.embed({embedding_model, "a mile"})).size() == 1);
    CHECK((co_await client.embed(foundry::embedding_request(embedding_model).add("a").add("b"))).size() == 2);
    CHECK(
        (co_await client.embed(foundry::embedding_request(embedding_model).add("a"), foundry::call_options())).size() ==
        1);
}

asio::awaitable<void> pictures(foundry::client<> client)
{
    foundry::image_request request{"gpt-image-1", "a lighthouse"};
    request.n = 1;
    request.size = "1024x1024";
    CHECK((co_await foundry::images(client).generate(request)).data.size() == 1);
    CHECK((co_await foundry::images(client).generate(request, foundry::call_options())).data.size() == 1);
    foundry::generated_images const drawn = co_await foundry::images(client).generate(request);
    CHECK(!drawn.data[0].bytes().empty());
}

struct stored_file : foundry::answer
{
    stored_file() = default;

    std::string id;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(stored_file, (), (id, extra))

/// Without a constructor, as a user writes it.
struct plain_file : foundry::answer
{
    std::string id;
    std::string filename;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(plain_file, (), (id, filename, extra))

struct bare_file
{
    std::string id;
    std::string filename;
};
BOOST_DESCRIBE_STRUCT(bare_file, (), (id, filename))

asio::awaitable<void> any_route(foundry::client<> client)
{
    if (client.endpoint().form() != foundry::api_form::openai_v1)
        co_return; // the others lack files, or responses
    foundry::multipart form;
    form.add("purpose", "batch").add_file("file", "a.jsonl", "application/jsonl", "{}\n");
    auto const file = co_await client.call<stored_file>(foundry::route{"POST", "files"}, form);
    auto const same = co_await client.call<stored_file>(foundry::route("GET", "files").segment(file.id));
    CHECK(same.id == file.id);
    plain_file const plain = co_await client.call<plain_file>(foundry::route("GET", "files").segment(file.id));
    CHECK(plain.id == file.id);
    CHECK((co_await client.call<plain_file>(foundry::route("GET", "files").segment(file.id))).filename == "a.jsonl");
    bare_file const bare = co_await client.call<bare_file>(foundry::route("GET", "files").segment(file.id));
    CHECK(bare.filename == "a.jsonl");
    CHECK((co_await client.call<bare_file>(foundry::route("GET", "files").segment(file.id))).id == file.id);
    bare_file changed;
    changed = co_await client.call<bare_file>(foundry::route("GET", "files").segment(file.id));
    CHECK(changed.id == file.id);
    auto const content = co_await client.call<foundry::binary_content>(
        foundry::route{"GET", "files"}.segment(file.id).segment("content"), foundry::call_options());
    CHECK(content.bytes == "{}\n");
    CHECK((co_await client.call<stored_file>(foundry::route{"DELETE", "files"}.segment(file.id))).id == file.id);

    boost::json::object request{{"model", model}, {"input", "Hello."}, {"stream", true}};
    auto events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, request);
    int count = 0;
    while (auto event = co_await events.next())
        ++count;
    CHECK(count > 5);
}

asio::awaitable<void> results(foundry::client<> client)
{
    auto good = co_await foundry::as_result(client.complete(model, "Hello."));
    REQUIRE(good.has_value());
    CHECK(!good->text().empty());

    auto bad = co_await foundry::as_result(client.complete("nobody", "Hello."));
    REQUIRE(bad.has_error());
    CHECK(bad.error().code() == foundry::errc::model_not_found);
    CHECK_THROWS_AS(bad.value(), foundry::error);

    foundry::error const e = co_await failure_of(client.complete(foundry::chat_request{model}));
    CHECK(e.code() == foundry::errc::invalid_argument);
}

asio::awaitable<void> race(foundry::client<> client)
{
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::minutes(1)};
    auto const won = co_await (client.complete(model, "Hello.") || timer.async_wait(asio::use_awaitable));
    CHECK(won.index() == 0);

    auto const both = co_await (client.complete(model, "Hello.") && client.embed({embedding_model, "a mile"}));
    CHECK(!std::get<0>(both).text().empty());
}

foundry::async_generator<std::string> sentences(foundry::chat_stream chunks)
{
    std::string sentence;
    while (auto chunk = co_await chunks.next()) {
        sentence += chunk->text();
        if (sentence.ends_with('.'))
            co_yield std::exchange(sentence, {});
    }
}

asio::awaitable<void> adapted(foundry::client<> client)
{
    auto text = sentences(co_await client.stream(model, "How many feet are in a mile?"));
    int count = 0;
    while (auto sentence = co_await text.next())
        ++count;
    CHECK(count > 1);
}

asio::awaitable<void> with(foundry::testing::emulator& service, char const* url,
                           asio::awaitable<void> (*body)(foundry::client<>))
{
    auto const executor = co_await asio::this_coro::executor;
    co_await body(client_of(executor, service, url));
}

TEST_CASE("call forms: every documented form of a call works on every form of the API")
{
    foundry::testing::emulator service;
    for (char const* const url : urls) {
        CAPTURE(url);
        for (auto* const body :
             {&completions, &parts_and_tools, &streams, &vectors, &pictures, &any_route, &results, &race, &adapted})
            run(with(service, url, body));
    }
}

TEST_CASE("lifetime: a request and a client may be gone before the coroutine starts")
{
    foundry::testing::emulator service;
    asio::io_context context;
    auto completion = asio::co_spawn(
        context, client_of(context.get_executor(), service).complete(foundry::chat_request(model).user("Hello.")),
        asio::use_future);
    auto short_form =
        asio::co_spawn(context, client_of(context.get_executor(), service).complete(model, "Hello."), asio::use_future);
    auto stream = asio::co_spawn(
        context, client_of(context.get_executor(), service).stream(foundry::chat_request(model).user("Hello.")),
        asio::use_future);
    auto vectors_of = asio::co_spawn(
        context, client_of(context.get_executor(), service).embed({embedding_model, "a mile"}), asio::use_future);
    auto info = asio::co_spawn(context, foundry::models(client_of(context.get_executor(), service)).info(model),
                               asio::use_future);
    auto pixel = asio::co_spawn(
        context,
        client_of(context.get_executor(), service)
            .embed(foundry::image_embedding_request(embedding_model).add("data:image/png;base64,iVBORw0KGgo=")),
        asio::use_future);
    auto drawn = asio::co_spawn(context,
                                foundry::images(client_of(context.get_executor(), service, urls[1]))
                                    .generate(foundry::image_request("gpt-image-1", "a lighthouse")),
                                asio::use_future);
    auto listed =
        asio::co_spawn(context,
                       client_of(context.get_executor(), service, urls[1])
                           .call<boost::json::value>(foundry::route{"GET", "files"}.query("purpose", "batch")),
                       asio::use_future);
    auto events = asio::co_spawn(
        context,
        client_of(context.get_executor(), service, urls[1])
            .call<foundry::event_stream>(foundry::route{"POST", "responses"},
                                         boost::json::object{{"model", model}, {"input", "Hello."}, {"stream", true}}),
        asio::use_future);
    context.run();
    CHECK(info.get().model_type == "chat-completion");
    CHECK(pixel.get().size() == 1);
    CHECK(drawn.get().data.size() == 1);
    CHECK(listed.get().at("object") == "list");
    CHECK(events.get().info().status() == 200);
    CHECK(!completion.get().text().empty());
    CHECK(!short_form.get().text().empty());
    CHECK(stream.get().info().status() == 200);
    CHECK(vectors_of.get().size() == 1);
}

TEST_CASE("client: its type follows the credential, and any client converts to client<>")
{
    foundry::testing::emulator service;
    asio::io_context context;
    foundry::endpoint const where = at(service, urls[0]);
    foundry::options const trust = trusting(service);

    foundry::client keyed{context, where, foundry::api_key{service.api_key()}, trust};
    static_assert(std::is_same_v<decltype(keyed), foundry::client<foundry::api_key>>);
    foundry::client with_token{context.get_executor(), where, foundry::bearer_token{service.bearer_token()}, trust};
    static_assert(std::is_same_v<decltype(with_token), foundry::client<foundry::bearer_token>>);
    foundry::client with_wallet{context, where, wallet{}, trust};
    static_assert(std::is_same_v<decltype(with_wallet), foundry::client<wallet>>);

    for (foundry::client<> any :
         {foundry::client<>{keyed}, foundry::client<>{with_token}, foundry::client<>{with_wallet}}) {
        auto reply = asio::co_spawn(context, any.complete(model, "Hello."), asio::use_future);
        context.restart();
        context.run();
        CHECK(!reply.get().text().empty());
    }
}

asio::awaitable<void> ask_with_text(std::string url, std::string key, foundry::options with)
{
    foundry::client client{co_await asio::this_coro::executor, url, key, with};
    CHECK(!(co_await client.complete(model, "Hello.")).text().empty());
}

asio::awaitable<void> ask_with_literals(foundry::options with)
{
    foundry::client client{co_await asio::this_coro::executor, "http://localhost:1/v1", "a-key", with};
    CHECK(client.endpoint().port() == 1);
}

TEST_CASE("call forms: a client takes its URL and its key as text")
{
    foundry::testing::emulator service;
    std::string const url = "http://localhost:" + std::to_string(service.plain_port()) + "/v1";
    std::string const key{service.api_key()};
    run(ask_with_text(url, key, trusting(service)));
    run(ask_with_literals(trusting(service)));

    asio::io_context context;
    foundry::client literal{context, "http://localhost/v1", "a-key"};
    foundry::client on_executor{context.get_executor(), "http://localhost/v1", "a-key"};
    foundry::client with_endpoint{context, foundry::endpoint{url}, key, foundry::options()};
    foundry::client with_key{context, url, foundry::api_key{key}};
    foundry::client<> any{context, url.c_str(), std::string_view(key)};
    static_assert(std::is_same_v<decltype(literal), foundry::client<foundry::api_key>>);
    static_assert(std::is_same_v<decltype(on_executor), foundry::client<foundry::api_key>>);
    static_assert(std::is_same_v<decltype(with_endpoint), foundry::client<foundry::api_key>>);
    static_assert(std::is_same_v<decltype(with_key), foundry::client<foundry::api_key>>);
    auto reply = asio::co_spawn(context, any.complete(model, "Hello."), asio::use_future);
    context.run();
    CHECK(!reply.get().text().empty());
    CHECK_THROWS_AS((foundry::client{context, "no URL", "a-key"}), foundry::error);
}

TEST_CASE("call forms: an open enumeration takes its names as text")
{
    foundry::chat_request request{model};
    request.tool_choice = "auto";
    CHECK(std::get<1>(request.tool_choice) == foundry::tool_mode::automatic);
    request.tool_choice = {};
    CHECK(request.tool_choice.index() == 0);
    request.tool_choice = foundry::tool_mode::none;
    CHECK(std::get<1>(request.tool_choice) == "none");

    request.reasoning_effort = "low";
    CHECK(request.reasoning_effort == foundry::reasoning_effort::low);
    std::string const own = "extreme";
    request.reasoning_effort = own;
    CHECK(!request.reasoning_effort.known());
    CHECK(request.reasoning_effort.name() == "extreme");
    request.reasoning_effort = std::string_view("high");
    CHECK(request.reasoning_effort == foundry::reasoning_effort::high);
    request.reasoning_effort = {};
    CHECK(!request.reasoning_effort);
    CHECK(request.to_json().find("reasoning_effort") == std::string::npos);
}

TEST_CASE("free functions: they need no client")
{
    foundry::testing::emulator service;
    asio::io_context context;
    foundry::endpoint const local = at(service, "http://localhost:8080/v1");
    auto reply = asio::co_spawn(
        context, foundry::complete(local, foundry::no_credential(), foundry::chat_request(model).user("Hello.")),
        asio::use_future);
    auto vectors_of = asio::co_spawn(
        context, foundry::embed(local, foundry::api_key{"any"}, foundry::embedding_request(embedding_model, "a mile")),
        asio::use_future);
    context.run();
    CHECK(!reply.get().text().empty());
    CHECK(vectors_of.get().size() == 1);
}

} // namespace foundry_test::call_forms_test
