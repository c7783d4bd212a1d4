// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What there is besides chat: embeddings in every encoding, pictures, facts about models, and any other route.

#include "support/fixture.hpp"

#include <foundry/call.hpp>
#include <foundry/image_embedding.hpp>
#include <foundry/images.hpp>
#include <foundry/media.hpp>
#include <foundry/models.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace foundry_test::operations_test {

using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;

namespace json = boost::json;

char const* const models_url = urls[0];
char const* const v1_url = urls[1];
char const* const dated_url = urls[2];
char const* const local_url = urls[3];
char const* const embedding_model = "text-embedding-3-small";

std::string last_target(emulator const& service) { return service.journal().back().target; }
json::value last_body(emulator const& service) { return json::parse(service.journal().back().body); }
bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// A client of a dated endpoint whose api-version has everything.
foundry::client<> preview_client(asio::any_io_executor executor, emulator const& service)
{
    foundry::endpoint where = at(service, dated_url);
    where.set_api_version("2025-04-01-preview");
    foundry::any_credential key = foundry::api_key{service.api_key()};
    return foundry::client<>(std::move(executor), std::move(where), std::move(key), trusting(service));
}

TEST_CASE("embeddings: texts and token ids work on every form, and base64 is requested on Azure OpenAI's only")
{
    emulator azure;
    for (std::string_view const form : urls) {
        CAPTURE(form);
        run([](emulator& service, std::string_view url) -> asio::awaitable<void> {
            foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url);

            foundry::embeddings const one = co_await client.embed({embedding_model, "a mile"});
            CHECK(one.size() == 1);
            CHECK(one[0].size() == 256);
            bool const azure_openai = url == v1_url || url == dated_url;
            json::value const body = last_body(service);
            CHECK(body.as_object().contains("encoding_format") == azure_openai);

            foundry::embedding_request several{embedding_model};
            several.add("a mile").add("a foot").add("a song");
            several.dimensions = 64;
            foundry::embeddings const three = co_await client.embed(several);
            CHECK(three.size() == 3);
            CHECK(three[2].size() == 64);
            CHECK(std::abs(foundry::cosine_similarity(three[0], three[0]) - 1) < 1e-6);

            std::vector<std::int64_t> tokens{1, 22, 333};
            foundry::embeddings const by_tokens = co_await client.embed({embedding_model, tokens});
            CHECK(by_tokens.size() == 1);
            CHECK(last_body(service).at("input") == json::parse("[[1,22,333]]"));

            std::vector<std::vector<std::int64_t>> lists{tokens, {4}};
            foundry::embeddings const by_lists = co_await client.embed({embedding_model, lists});
            CHECK(by_lists.size() == 2);
            json::value const sent = last_body(service).at("input");
            CHECK(json::serialize(sent) == "[[1,22,333],[4]]");
        }(azure, form));
    }
}

TEST_CASE("embeddings: numbers and base64 are decoded, whichever was requested")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url);
        service.queue(answer::json(200, R"({"object":"list","data":[{"index":0,"embedding":[0.5,-1]}],"model":"m"})"));
        foundry::embeddings const numbers = co_await client.embed({embedding_model, "x"});
        CHECK(numbers[0].size() == 2);
        CHECK(numbers[0][1] == -1.0F);

        foundry::client<> local = client_of(co_await asio::this_coro::executor, service, local_url);
        service.queue(
            answer::json(200, R"({"object":"list","data":[{"index":0,"embedding":"AAAAPwAAgL8="}],"model":"m"})"));
        foundry::embeddings const text = co_await local.embed({embedding_model, "x"});
        CHECK(text[0].size() == 2);
        CHECK(text[0][0] == 0.5F);
        CHECK(text[0][1] == -1.0F);
    }(azure));
}

TEST_CASE("embeddings: each encoding is decoded into its own type of vector")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service);
        foundry::embedding_request request{embedding_model, "How many feet are in a mile?"};
        request.dimensions = 16;
        foundry::embeddings const floats = co_await client.embed(request);
        auto const refused = [](auto const& look) {
            try {
                look();
            } catch (foundry::error const& e) {
                return e.code() == errc::invalid_argument;
            }
            return false;
        };

        request.encoding_format = foundry::embedding_encoding::base64;
        foundry::embeddings const coded = co_await client.embed(request);
        CHECK(std::equal(coded[0].begin(), coded[0].end(), floats[0].begin(), floats[0].end()));
        CHECK(refused([&] { static_cast<void>(coded.int8(0)); }));

        request.encoding_format = foundry::embedding_encoding::int8;
        foundry::embeddings const small = co_await client.embed(request);
        REQUIRE(small.int8(0).size() == 16);
        for (std::size_t i = 0; i != 16; ++i)
            CHECK(small.int8(0)[i] == std::lround(floats[0][i] * 127));
        CHECK(refused([&] { static_cast<void>(small[0]); }));
        CHECK(refused([&] { static_cast<void>(small.uint8(0)); }));
        CHECK(refused([&] { static_cast<void>(small.bits(0)); }));

        request.encoding_format = foundry::embedding_encoding::uint8;
        foundry::embeddings const unsigned_ones = co_await client.embed(request);
        REQUIRE(unsigned_ones.uint8(0).size() == 16);
        CHECK(unsigned_ones.uint8(0)[3] == std::lround((floats[0][3] + 1) * 127));
        CHECK(refused([&] { static_cast<void>(unsigned_ones.int8(0)); }));

        for (auto const encoding : {foundry::embedding_encoding::binary, foundry::embedding_encoding::ubinary}) {
            request.encoding_format = encoding;
            foundry::embeddings const packed = co_await client.embed(request);
            REQUIRE(packed.bits(0).size() == 2);
            for (std::size_t i = 0; i != 16; ++i) {
                bool const bit = (std::to_integer<unsigned>(packed.bits(0)[i / 8]) >> (7 - i % 8) & 1U) != 0;
                CHECK(bit == (floats[0][i] > 0));
            }
            CHECK(refused([&] { static_cast<void>(packed[0]); }));
        }

        service.queue(answer::json(200, R"({"data":[{"index":0,"embedding":[0.5]}]})"));
        request.encoding_format = foundry::embedding_encoding::int8;
        foundry::error const other = co_await failure_of(client.embed(request));
        CHECK(other.code() == errc::unexpected_reply);
    }(azure));
}

TEST_CASE("embeddings: a request cannot mix texts and token ids")
{
    foundry::embedding_request request{"m", "text"};
    CHECK_THROWS_AS(request.add(std::vector<std::int64_t>{1}), foundry::error);
    CHECK(request.size() == 1);
}

TEST_CASE(
    "image embeddings: work on a Foundry Models endpoint, and are rejected before sending on Azure OpenAI's forms")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, service);
        std::string const bytes = "\x89PNG\r\n\x1a\nrest";
        foundry::image const picture = foundry::image::from_bytes(std::as_bytes(std::span{bytes}));
        foundry::image_embedding_request request{embedding_model};
        request.add(picture.url()).add(picture.url(), "a cat");
        foundry::embeddings const vectors = co_await client.embed(request);
        CHECK(vectors.size() == 2);
        CHECK(last_target(service).starts_with("/models/images/embeddings?"));
        CHECK(last_body(service).at_pointer("/input/1/text") == "a cat");

        std::size_t const sent = service.journal().size();
        for (char const* const url : {v1_url, dated_url}) {
            foundry::client<> other = client_of(executor, service, url);
            foundry::error const refused = co_await failure_of(other.embed(request));
            CHECK(refused.code() == errc::invalid_argument);
            CHECK(contains(refused.what(), "https://contoso.services.ai.azure.com/models"));
        }
        CHECK(service.journal().size() == sent);
    }(azure));
}

TEST_CASE("model info: it is requested once and then cached by all copies of the client")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service);
        foundry::client<> const copy = client;
        foundry::model_info const chat = co_await foundry::models(client).info("Mistral-Large-2411");
        CHECK(chat.model_provider_name == "Mistral");
        CHECK(chat.model_type == "chat-completion");
        CHECK(chat.kind() == foundry::model_kind::chat_completion);
        foundry::model_info const again = co_await foundry::models(copy).info("Mistral-Large-2411");
        CHECK(again.model_name == chat.model_name);
        CHECK(service.journal().size() == 1);
        foundry::model_info const other = co_await foundry::models(copy).info(embedding_model);
        CHECK(other.kind() == foundry::model_kind::embeddings);
        CHECK(service.journal().size() == 2);
        CHECK(service.journal().back().body.empty());
        CHECK(!service.journal().back().header("content-type"));

        foundry::error const unknown = co_await failure_of(foundry::models(client).info("nobody"));
        CHECK(unknown.code() == errc::model_not_found);
    }(azure));
}

TEST_CASE("model info: Azure OpenAI's forms have none, and the error names the endpoint that has")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (char const* const url : {v1_url, dated_url}) {
            foundry::client<> client = client_of(executor, service, url);
            foundry::error const refused = co_await failure_of(foundry::models(client).info("gpt-4o"));
            CHECK(refused.code() == errc::invalid_argument);
            CHECK(contains(refused.what(), "https://contoso.services.ai.azure.com/models"));
        }
        CHECK(service.journal().empty());
    }(azure));
}

TEST_CASE("model info: kinds of models are understood in every spelling")
{
    foundry::model_info info;
    for (char const* const name : {"chat-completion", "chat_completions", "Chat-Completions", "chat_completion"}) {
        info.model_type = name;
        CHECK(info.kind() == foundry::model_kind::chat_completion);
    }
    info.model_type = "embedding";
    CHECK(info.kind() == foundry::model_kind::embeddings);
    info.model_type = "image-embeddings";
    CHECK(info.kind() == foundry::model_kind::image_embeddings);
    info.model_type = "telepathy";
    CHECK(info.kind());
    CHECK(!info.kind().known());
}

TEST_CASE("image generation: works on every form")
{
    emulator azure;
    for (std::string_view const form : urls) {
        CAPTURE(form);
        run([](emulator& service, std::string_view url) -> asio::awaitable<void> {
            foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url);
            foundry::image_request request{"gpt-image-1", "a lighthouse"};
            request.n = url == dated_url ? 1 : 2; // the last dated version draws one at a time
            request.size = "1024x1024";
            foundry::generated_images const pictures = co_await foundry::images(client).generate(request);
            REQUIRE(static_cast<std::int64_t>(pictures.data.size()) == *request.n);
            CHECK(pictures.data.back().bytes().starts_with("\x89PNG"));
            CHECK(pictures.created != 0);

            request.prompt.clear();
            foundry::error const refused = co_await failure_of(foundry::images(client).generate(request));
            CHECK(refused.code() == errc::invalid_argument);
        }(azure, form));
    }
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service);
        foundry::image_request request{"gpt-image-1", "a lighthouse"};
        foundry::error const incomplete = co_await failure_of(foundry::images(client).generate(request));
        CHECK(incomplete.code() == errc::unprocessable);
        request.n = 1;
        request.size = foundry::image_size(512, 256);
        foundry::generated_images const one = co_await foundry::images(client).generate(request);
        CHECK(one.data.size() == 1);
        CHECK(last_body(service).at_pointer("/size/height") == 256);
        CHECK(!service.journal().back().header("extra-parameters"));
        request.style = "vivid";
        foundry::generated_images const styled = co_await foundry::images(client).generate(request);
        CHECK(service.journal().back().header("extra-parameters") == "pass-through");
    }(azure));
}

// ---- Any other route

struct stored_file : foundry::answer
{
    stored_file() = default;

    std::string id;
    std::string filename;
    std::string purpose;
    std::int64_t bytes = 0;
    std::string status;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(stored_file, (), (id, filename, purpose, bytes, status, extra))

struct vote
{
    vote() = default;

    std::string colour;
    std::int64_t weight = 1;
};
BOOST_DESCRIBE_STRUCT(vote, (), (colour, weight))

struct tally : foundry::answer
{
    tally() = default;

    std::int64_t red = 0;
    std::int64_t blue = 0;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(tally, (), (red, blue, extra))

asio::awaitable<void> keep_a_file(foundry::client<> client)
{
    std::string const content("one\r\n--two\0three", 16);
    foundry::multipart form;
    form.add("purpose", "batch").add_file("file", "my \"questions\".jsonl", "application/jsonl", content);
    foundry::multipart same = form;
    stored_file const file = co_await client.call<stored_file>(foundry::route{"POST", "files"}, std::move(same));
    CHECK(file.filename == "my \"questions\".jsonl");
    CHECK(file.bytes == 16);
    CHECK((file.info().status() == 200 || file.info().status() == 201)); // Azure creates
    CHECK(contains(file.raw(), file.id));

    boost::json::value const all =
        co_await client.call<boost::json::value>(foundry::route{"GET", "files"}.query("purpose", "batch"));
    CHECK(all.at("data").as_array().size() == 1);
    boost::json::value const none =
        co_await client.call<boost::json::value>(foundry::route{"GET", "files"}.query("purpose", "fine-tune & more"));
    CHECK(none.at("data").as_array().empty());

    foundry::binary_content const back = co_await client.call<foundry::binary_content>(
        foundry::route{"GET", "files"}.segment(file.id).segment("content"));
    CHECK(back.bytes == content);
    CHECK(back.content_type() == "application/octet-stream");

    boost::json::value const gone =
        co_await client.call<boost::json::value>(foundry::route{"DELETE", "files"}.segment(file.id));
    CHECK(gone.at("deleted") == true);
    foundry::error const missing =
        co_await failure_of(client.call<stored_file>(foundry::route{"GET", "files"}.segment(file.id)));
    CHECK(missing.code() == errc::route_not_found);
    CHECK(missing.status() == 404);
}

asio::awaitable<void> respond(foundry::client<> client)
{
    boost::json::object request{{"model", "gpt-4o-mini"}, {"input", "How many feet are in a mile?"}};
    boost::json::value const whole =
        co_await client.call<boost::json::value>(foundry::route{"POST", "responses"}, request);
    CHECK(contains(boost::json::serialize(whole.at("output")), "5,280"));
    boost::json::value const again = co_await client.call<boost::json::value>(
        foundry::route{"GET", "responses"}.segment(whole.at("id").as_string()));
    CHECK(again.at("id") == whole.at("id"));

    request["stream"] = true;
    foundry::event_stream events =
        co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, request);
    std::string text;
    std::string last;
    while (auto event = co_await events.next()) {
        last = event->event;
        if (last == "response.output_text.delta")
            text += boost::json::parse(event->data).at("delta").as_string();
    }
    CHECK(contains(text, "5,280"));
    CHECK(last == "response.completed");
    CHECK(events.info().status() == 200);
    CHECK(!co_await events.next());
}

asio::awaitable<void> talk_in_a_thread(foundry::client<> client)
{
    boost::json::object const nothing;
    boost::json::value const thread =
        co_await client.call<boost::json::value>(foundry::route{"POST", "threads"}, nothing);
    std::string const id{thread.at("id").as_string()};
    boost::json::object const message{{"role", "user"}, {"content", "How many feet are in a mile?"}};
    co_await client.call<boost::json::value>(foundry::route{"POST", "threads"}.segment(id).segment("messages"),
                                             message);

    boost::json::object const run_request{{"assistant_id", "asst_1"}, {"stream", true}};
    foundry::event_stream events = co_await client.call<foundry::event_stream>(
        foundry::route{"POST", "threads"}.segment(id).segment("runs"), run_request);
    std::vector<std::string> seen;
    std::string text;
    while (foundry::raw_event const* const event = co_await events.read()) {
        seen.push_back(event->event);
        if (event->event == "thread.message.delta")
            text += boost::json::parse(event->data).at_pointer("/delta/content/0/text/value").as_string();
    }
    CHECK(contains(text, "5,280"));
    CHECK(seen.front() == "thread.run.created");
    CHECK(seen.back() == "thread.run.completed");
}

TEST_CASE("route: files are uploaded, listed, read and deleted")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        co_await keep_a_file(client_of(executor, service, v1_url));
        co_await keep_a_file(client_of(executor, service, local_url));
        co_await keep_a_file(preview_client(executor, service));
        CHECK(last_target(service).starts_with("/openai/files/file-"));
    }(azure));
}

TEST_CASE("route: the Responses API works, whole and as raw events")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        co_await respond(client_of(executor, service, v1_url));
        co_await respond(client_of(executor, service, local_url));
        co_await respond(preview_client(executor, service));
    }(azure));
    CHECK(azure.connections() == 3);
}

TEST_CASE("route: threads of the Assistants API work on the dated form")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        co_await talk_in_a_thread(preview_client(co_await asio::this_coro::executor, service));
    }(azure));
    CHECK(azure.connections() == 1);
}

TEST_CASE("route: speech comes as bytes, and the body's deployment is in the path if the form requires it")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        boost::json::object const request{
            {"model", "tts-1"}, {"input", "Hello."}, {"voice", "alloy"}, {"response_format", "wav"}};
        for (char const* const url : {v1_url, dated_url, local_url}) {
            foundry::client<> client = client_of(executor, service, url);
            foundry::binary_content const sound =
                co_await client.call<foundry::binary_content>(foundry::route{"POST", "audio/speech"}, request);
            CHECK(sound.bytes.starts_with("RIFF"));
            CHECK(sound.bytes.size() == 9644);
            CHECK(sound.content_type() == "audio/wav");
            if (url == dated_url)
                CHECK(last_target(service).starts_with("/openai/deployments/tts-1/audio/speech?"));
        }
    }(azure));
}

TEST_CASE("route: an operation without a type of its own takes a described type")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url);
        service.queue(answer::json(200, R"({"red":3,"blue":2,"green":1})"));
        vote mine;
        mine.colour = "red";
        tally const counted = co_await client.call<tally>(foundry::route{"POST", "votes"}, mine);
        CHECK(counted.red == 3);
        CHECK(counted.blue == 2);
        CHECK(counted.extra.at("green") == 1);
        CHECK(last_target(service) == "/openai/v1/votes");
        CHECK(service.journal().back().body == R"({"colour":"red","weight":1})");
    }(azure));
}

TEST_CASE("route: the options of a call apply")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url);
        foundry::call_options with;
        with.client_request_id = "my-id";
        with.headers.emplace_back("aoai-evals", "preview");
        service.queue(answer::json(200, "{}"));
        co_await client.call<boost::json::value>(foundry::route{"GET", "evals"}, with);
        CHECK(service.journal().back().header("x-ms-client-request-id") == "my-id");
        CHECK(service.journal().back().header("aoai-evals") == "preview");
    }(azure));
}

TEST_CASE(
    "route: one that the form lacks is rejected before sending, with the endpoint to use, unless the check is skipped")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, service, models_url);
        boost::json::object const body{{"model", "gpt-4o"}};
        for (char const* const path : {"batches", "files", "realtime", "responses", "assistants", "files/file-1"}) {
            CAPTURE(path);
            foundry::error const refused =
                co_await failure_of(client.call<boost::json::value>(foundry::route{"POST", path}, body));
            CHECK(refused.code() == errc::invalid_argument);
            CHECK(contains(refused.what(), "Foundry Models API"));
            CHECK(contains(refused.what(), "https://contoso.services.ai.azure.com/openai/v1"));
        }
        for (char const* const url : {v1_url, dated_url}) {
            foundry::client<> other = client_of(executor, service, url);
            foundry::error const refused =
                co_await failure_of(other.call<boost::json::value>(foundry::route{"GET", "info"}));
            CHECK(refused.code() == errc::invalid_argument);
            CHECK(contains(refused.what(), "https://contoso.services.ai.azure.com/models"));
        }
        CHECK(service.journal().empty());

        foundry::error const answered = co_await failure_of(
            client.call<boost::json::value>(foundry::route{"POST", "responses"}.skip_route_check(), body));
        CHECK(answered.code() == errc::route_not_found);
        CHECK(service.journal().size() == 1);
        boost::json::value const filed = co_await client.call<boost::json::value>(foundry::route{"GET", "info"});
        CHECK(filed.at("model_name").is_string());
    }(azure));
}

TEST_CASE("route: an event stream without the end of its API is truncated")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url);
        boost::json::object const body{{"model", "gpt-4o"}, {"input", "Hello."}, {"stream", true}};
        auto const read = [&client, &body]() -> asio::awaitable<std::string> {
            foundry::event_stream events =
                co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, body);
            std::string seen;
            while (auto event = co_await events.next())
                seen += event->event + ' ';
            co_return seen;
        };
        std::string const delta =
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\"}\n\n";

        service.queue(answer::events(delta + "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n"));
        CHECK(co_await read() == "response.output_text.delta response.completed ");
        service.queue(answer::events(delta + "event: response.incomplete\ndata: {}\n\ndata: [DONE]\n\n"));
        CHECK(co_await read() == "response.output_text.delta response.incomplete ");
        service.queue(answer::events("data: {\"type\":\"response.completed\"}\n\n"));
        CHECK(co_await read() == "message ");
        service.queue(answer::events(delta + "data: [DONE]\n\n"));
        CHECK(co_await read() == "response.output_text.delta ");
        service.queue(
            answer::events("event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n" + delta + "data: [DONE]\n\n"));
        CHECK(co_await read() == "keepalive response.output_text.delta ");
        std::string const picture = "event: image_generation.completed\ndata: {}\n\n";
        service.queue(answer::events(picture + picture));
        CHECK(co_await read() == "image_generation.completed image_generation.completed ");

        service.queue(answer::events(delta));
        foundry::error const cut = co_await failure_of(read());
        CHECK(cut.code() == errc::stream_truncated);

        service.queue(answer::events(
            delta + "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"Sorry.\"}\n\n"));
        foundry::error const flat = co_await failure_of(read());
        CHECK(flat.code() == errc::service_error);
        CHECK(flat.message() == "Sorry.");
        service.queue(
            answer::events("event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":"
                           "{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow down.\"}}}\n\n"));
        foundry::error const failed = co_await failure_of(read());
        CHECK(failed.code() == errc::rate_limited);
        CHECK(failed.message() == "Slow down.");
        service.queue(answer::json(200, R"({"error":{"code":"x","message":"Not today."}})"));
        foundry::error const whole = co_await failure_of(read());
        CHECK(whole.message() == "Not today.");
    }(azure));
}

TEST_CASE("in-band errors: a 200 that is only an error is one; an object with an error in it is not")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url);
        foundry::route const batch("GET", "batches/batch_1");
        service.queue(answer::json(200, R"({"id":"batch_1","object":"batch","error":{"message":"line 3"}})"));
        boost::json::value const object = co_await client.call<boost::json::value>(batch);
        CHECK(object.at_pointer("/error/message") == "line 3");
        service.queue(answer::json(200, R"({"error":{"message":"Overloaded.","code":"x"}})"));
        foundry::error const bare = co_await failure_of(client.call<boost::json::value>(batch));
        CHECK(bare.message() == "Overloaded.");
        service.queue(answer::json(200, R"({"error":{"message":"Overloaded.","code":"x"}})"));
        foundry::error const bytes = co_await failure_of(client.call<foundry::binary_content>(batch));
        CHECK(bytes.message() == "Overloaded.");
        service.queue(answer::json(200, "<html>"));
        foundry::error const page = co_await failure_of(client.call<boost::json::value>(batch));
        CHECK(page.code() == errc::unexpected_reply);
        service.queue(answer::json(204, ""));
        boost::json::value const nothing = co_await client.call<boost::json::value>(batch);
        CHECK(nothing.is_null());
    }(azure));
}

} // namespace foundry_test::operations_test
