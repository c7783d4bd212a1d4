// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A client of several endpoints: when a call moves on, what it sends there, and which endpoint takes the next one.

#include "support/plain_calls.hpp"

#include <foundry/call.hpp>
#include <foundry/endpoints.hpp>
#include <foundry/files.hpp>
#include <foundry/images.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

namespace foundry_test::several_endpoints_test {

namespace json = boost::json;
using foundry::errc;
using foundry::testing::recorded_request;

foundry::endpoint at(emulator const& service, std::string const& name)
{
    foundry::endpoint where("https://" + name + ".openai.azure.com/openai/v1");
    where.connect_to("127.0.0.1", service.tls_port());
    return where;
}

/// Two resources, each with a deployment of its own.
struct two_resources
{
    two_resources() : first(only("gpt-4o-ptu")), second(only("gpt-4o"))
    {
        all.add(at(first, "first"), foundry::api_key{first.api_key()}, "gpt-4o-ptu");
        all.add(at(second, "second"), foundry::api_key{second.api_key()}, "gpt-4o");
        how.tls.ca_certificates = first.ca_certificate() + second.ca_certificate();
        how.failover.cooling = 50ms;
        how.timeouts.total = long_enough;
    }

    static foundry::testing::emulator_options only(std::string const& deployment)
    {
        foundry::testing::emulator_options options = unchecked();
        options.chat_deployments = std::vector<std::string>(1, deployment);
        options.plain = false;
        return options;
    }

    foundry::client<> client(asio::any_io_executor executor) const
    {
        return foundry::client<>(std::move(executor), all, how);
    }

    emulator first;
    emulator second;
    foundry::endpoints all;
    foundry::options how;
};

std::string model_in(recorded_request const& request)
{
    return std::string(json::parse(request.body).at("model").as_string());
}

template <class Body>
void with_both(Body body)
{
    run([](Body test) -> asio::awaitable<void> {
        two_resources both;
        co_await test(both, co_await asio::this_coro::executor);
    }(std::move(body)));
}

TEST_CASE("several endpoints: the first one takes the calls, under the name that its deployment has there")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        CHECK(client.endpoint().host() == "first.openai.azure.com");
        foundry::chat_completion const reply = co_await client.complete("gpt-4o", "How many feet are in a mile?");
        CHECK(reply.text().find("5,280") != std::string::npos);
        REQUIRE(both.first.journal().size() == 1);
        CHECK(model_in(both.first.journal()[0]) == "gpt-4o-ptu");
        CHECK(both.second.journal().empty());
    });
}

// When a call moves on: the table of the page

enum class outcome
{
    moves,
    throws
};

struct row
{
    std::string name;
    answer first;
    outcome then;
};

std::string error_body(std::string const& code) { return R"({"error":{"code":")" + code + R"(","message":"no"}})"; }

std::vector<row> statuses()
{
    std::vector<row> rows;
    rows.push_back({"401", answer::json(401, error_body("401")), outcome::moves});
    rows.push_back({"403", answer::json(403, error_body("Forbidden")), outcome::moves});
    rows.push_back({"404 of a deployment", answer::json(404, error_body("DeploymentNotFound")), outcome::moves});
    rows.push_back({"404 of a route", answer::json(404, error_body("404")), outcome::moves});
    rows.push_back({"400", answer::json(400, error_body("bad")), outcome::throws});
    rows.push_back({"400 of the content filter", answer::json(400, error_body("content_filter")), outcome::throws});
    rows.push_back({"413", answer::json(413, error_body("big")), outcome::throws});
    rows.push_back({"422", answer::json(422, error_body("odd")), outcome::throws});
    for (unsigned const status : {408U, 409U, 429U, 500U, 501U, 502U, 503U, 504U, 529U})
        rows.push_back({std::to_string(status), answer::json(status, error_body("busy")), outcome::moves});
    rows.push_back({"quota", answer::json(429, error_body("insufficient_quota")), outcome::moves});
    rows.push_back({"error in a 200", answer::json(200, error_body("429")), outcome::moves});
    rows.push_back({"a page instead of JSON", answer::json(200, "<html>"), outcome::throws});
    rows.push_back({"closed without an answer", answer::raw(""), outcome::moves});
    rows.push_back({"no first byte", answer::chat("late").hang().delay(10min), outcome::moves});
    rows.push_back(
        {"silence after the head",
         answer::raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{").hang(),
         outcome::moves});
    return rows;
}

asio::awaitable<void> expect(row const& one)
{
    CAPTURE(one.name);
    two_resources both;
    both.how.failover.first_byte = 100ms;
    both.how.timeouts.silence = 100ms;
    both.how.timeouts.stall = 100ms;
    foundry::client<> const client = both.client(co_await asio::this_coro::executor);
    both.first.queue(one.first);
    if (one.name == "closed without an answer") // a new connection, for a kept one is replaced
        both.first.queue(one.first);
    std::optional<foundry::error> failed;
    try {
        foundry::chat_completion const reply = co_await client.complete(question());
        CHECK(reply.text().find("5,280") != std::string::npos);
    } catch (foundry::error const& e) {
        failed = e;
    }
    CHECK(failed.has_value() == (one.then == outcome::throws));
    CHECK(both.second.journal().size() == (one.then == outcome::throws ? 0 : 1));
    if (!failed)
        CHECK(model_in(both.second.journal()[0]) == "gpt-4o");
    else
        CHECK(failed->attempts().at(0).endpoint == "https://first.openai.azure.com/openai/v1");
}

TEST_CASE("several endpoints: a call moves on after what another endpoint may answer, and only then")
{
    for (row const& one : statuses())
        run(expect(one));
}

TEST_CASE("several endpoints: a call moves on if the first one takes no connection, or is not who it should be")
{
    run([]() -> asio::awaitable<void> {
        emulator const second(two_resources::only("gpt-4o"));
        emulator const stranger(two_resources::only("gpt-4o")); // of another authority
        foundry::options how;
        how.tls.ca_certificates = second.ca_certificate();
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        asio::ip::tcp::acceptor closed(executor, {asio::ip::address_v4::loopback(), 0});
        std::uint16_t const port = closed.local_endpoint().port();
        closed.close();
        foundry::endpoint nobody("https://first.openai.azure.com/openai/v1");
        nobody.connect_to("127.0.0.1", port);
        for (foundry::endpoint const& first : std::vector<foundry::endpoint>{nobody, at(stranger, "first")}) {
            foundry::endpoints all;
            all.add(first, foundry::api_key{"key"}, "a");
            all.add(at(second, "second"), foundry::api_key{second.api_key()}, "gpt-4o");
            foundry::client const client(executor, all, how);
            foundry::chat_completion const reply = co_await client.complete(question());
            CHECK(reply.text().find("5,280") != std::string::npos);
        }
        CHECK(stranger.journal().empty());
        CHECK(second.journal().size() == 2);
    }());
}

TEST_CASE("several endpoints: chats, streams, embeddings and images move with the name of their deployment")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        auto const busy = answer::json(503, error_body("busy"));
        for (std::string const& model : std::vector<std::string>{"mine", ""}) {
            std::vector<foundry::client<>> clients; // whose endpoints are all well
            for (int i = 0; i != 4; ++i)
                clients.push_back(both.client(executor));
            foundry::chat_request chat;
            if (!model.empty())
                chat.model = model;
            chat.user("Hi");
            both.first.queue(busy);
            both.second.queue(answer::chat("one"));
            co_await clients[0].complete(chat);
            both.first.queue(busy);
            both.second.queue(answer::pieces(std::vector<std::string>(2, "two")));
            foundry::chat_stream chunks = co_await clients[1].stream(chat);
            foundry::chat_completion const joined = co_await chunks.collect();
            CHECK(joined.text() == "twotwo");
            foundry::embedding_request text{"mine", std::vector<std::string>(1, "a")};
            both.first.queue(busy);
            both.second.queue(answer::json(200, R"({"data":[{"index":0,"embedding":[1,2]}]})"));
            co_await clients[2].embed(text);
            foundry::image_request picture{"mine", "A lighthouse"};
            both.first.queue(busy);
            both.second.queue(answer::json(200, R"({"created":1,"data":[{"b64_json":"AA=="}]})"));
            foundry::images const images{clients[3]};
            co_await images.generate(picture);
        }
        std::vector<recorded_request> const at_first = both.first.journal();
        std::vector<recorded_request> const at_second = both.second.journal();
        REQUIRE(at_first.size() == 8);
        REQUIRE(at_second.size() == 8);
        for (std::size_t i = 0; i != at_first.size(); ++i) {
            CAPTURE(i);
            CHECK(model_in(at_first[i]) == "gpt-4o-ptu");
            CHECK(model_in(at_second[i]) == "gpt-4o");
            json::object ours = json::parse(at_first[i].body).as_object();
            json::object theirs = json::parse(at_second[i].body).as_object();
            ours.erase("model");
            theirs.erase("model");
            CHECK(ours == theirs);
            CHECK(at_second[i].header("content-length") == std::to_string(at_second[i].body.size()));
            CHECK(at_first[i].header("host") == "first.openai.azure.com");
            CHECK(at_second[i].header("host") == "second.openai.azure.com");
        }
    });
}

TEST_CASE("several endpoints: on the dated form the path names the deployment of each")
{
    run([]() -> asio::awaitable<void> {
        emulator const service(two_resources::only("b"));
        foundry::options how = with_retries(service);
        foundry::endpoint where("https://contoso.openai.azure.com");
        where.connect_to("127.0.0.1", service.tls_port());
        foundry::endpoint fixed("https://contoso.openai.azure.com/openai/deployments/b");
        fixed.connect_to("127.0.0.1", service.tls_port());
        foundry::endpoints all;
        all.add(where, foundry::api_key{service.api_key()}, "a");
        all.add(fixed, foundry::api_key{service.api_key()}); // the same resource, another deployment
        foundry::client const client(co_await asio::this_coro::executor, all, how);
        foundry::chat_completion const reply = co_await client.complete("any", "How many feet are in a mile?");
        CHECK(!reply.text().empty());
        REQUIRE(service.journal().size() == 2);
        CHECK(service.journal()[0].target.find("/deployments/a/") != std::string::npos);
        CHECK(service.journal()[1].target.find("/deployments/b/") != std::string::npos);
    }());
}

TEST_CASE("several endpoints: a model goes to those that have a deployment for it, and none is an error")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::deployments first;
        first.add("small", "gpt-4o-ptu");
        foundry::deployments second;
        second.add("small", "gpt-4o-ptu").add("large", "gpt-4o");
        foundry::endpoints all;
        all.add(at(both.first, "first"), foundry::api_key{both.first.api_key()}, first);
        all.add(at(both.second, "second"), foundry::api_key{both.second.api_key()}, second);
        foundry::client<> const client(executor, all, both.how);
        co_await client.complete("large", "Hi");
        CHECK(both.first.journal().empty());
        co_await client.complete("small", "Hi");
        CHECK(both.first.journal().size() == 1);
        both.second.queue(answer::json(503, error_body("busy")));
        both.second.queue(answer::json(503, error_body("busy")));
        foundry::call_options once;
        once.retry.max_retries = 1;
        foundry::chat_request large{"large"};
        large.user("Hi");
        foundry::error const e = co_await failure_of(client.complete(large, once));
        CHECK(e.attempts().size() == 2);
        CHECK(both.first.journal().size() == 1);
        foundry::error const none = co_await failure_of(client.complete("huge", "Hi"));
        CHECK(none.code() == errc::invalid_argument);
        CHECK(std::string(none.what()).find("huge") != std::string::npos);
    });
}

// Cooling

TEST_CASE("several endpoints: one that failed takes no calls until its time is over")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(429, error_body("429")).header("Retry-After", "1"));
        for (int i = 0; i != 5; ++i)
            co_await client.complete(question());
        CHECK(both.first.journal().size() == 1);
        CHECK(both.second.journal().size() == 5);
        asio::steady_timer pause(executor, 1100ms);
        co_await pause.async_wait(asio::use_awaitable);
        co_await client.complete(question());
        CHECK(both.first.journal().size() == 2);
        CHECK(both.second.journal().size() == 5);
    });
}

TEST_CASE("several endpoints: if all cool, the call waits for the first that is ready")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        both.how.failover.cooling = 20ms;
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")));
        both.second.queue(answer::json(503, error_body("busy")));
        foundry::chat_completion const reply = co_await client.complete(question());
        CHECK(!reply.text().empty());
        CHECK(both.first.journal().size() + both.second.journal().size() == 3);
    });
}

TEST_CASE("several endpoints: if all cool for longer than the call can wait, the error tells the shortest wait")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(429, error_body("429")).header("Retry-After", "90"));
        both.second.queue(answer::json(429, error_body("429")).header("Retry-After", "60"));
        foundry::call_options hurried;
        hurried.timeouts.total = 5s;
        foundry::error const first = co_await failure_of(client.complete(question(), hurried));
        CHECK(first.code() == errc::rate_limited);
        CHECK(first.attempts().size() == 2);
        CHECK(first.attempts().at(0).endpoint != first.attempts().at(1).endpoint);
        REQUIRE(first.retry_after());
        CHECK(*first.retry_after() <= 60s);
        CHECK(*first.retry_after() > 50s);
        foundry::error const next = co_await failure_of(client.complete(question(), hurried)); // asks nobody
        CHECK(next.code() == errc::rate_limited);                                              // the cause
        CHECK(next.attempts().empty());
        CHECK(*next.retry_after() <= 60s);
        CHECK(both.first.journal().size() + both.second.journal().size() == 2);
    });
}

TEST_CASE("several endpoints: the number of requests of a call stays that of the retry options")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        both.how.failover.cooling = 1ms;
        both.how.retry.max_retries = 3;
        foundry::client<> const client = both.client(executor);
        for (int i = 0; i != 5; ++i) {
            both.first.queue(answer::json(500, error_body("x")));
            both.second.queue(answer::json(502, error_body("y")));
        }
        foundry::error const e = co_await failure_of(client.complete(question()));
        CHECK(e.attempts().size() == 4);
        CHECK(both.first.journal().size() + both.second.journal().size() == 4);
        foundry::call_options once;
        once.retry.max_retries = 0;
        foundry::error const single = co_await failure_of(client.complete(question(), once));
        CHECK(single.attempts().size() == 1);
    });
}

/// Notes where the attempts of calls went.
class noting_observer final : public foundry::observer
{
public:
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::attempt)
            hosts.push_back(e.server_address + " " + e.model);
        if (e.what == foundry::call_event::kind::wait)
            waits.push_back(e.wait);
        if (e.what == foundry::call_event::kind::end) {
            last = e.endpoint;
            code = e.code;
        }
    }

    std::vector<std::string> hosts;
    std::vector<std::chrono::milliseconds> waits;
    std::string last;
    boost::system::error_code code;
};

TEST_CASE("several endpoints: an observer sees where each attempt goes")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        auto const seen = std::make_shared<noting_observer>();
        both.how.observer = seen;
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")));
        co_await client.complete(question());
        REQUIRE(seen->hosts.size() == 2);
        CHECK(seen->hosts[0] == "first.openai.azure.com gpt-4o-ptu");
        CHECK(seen->hosts[1] == "second.openai.azure.com gpt-4o");
        CHECK(seen->last == "https://second.openai.azure.com/openai/v1");
        CHECK(!seen->code);
        CHECK(seen->waits == std::vector<std::chrono::milliseconds>(1, 0ms));
    });
}

TEST_CASE(
    "several endpoints: an observer and on_retry are told the wait if all cool, and the cause if that is too long")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        auto const seen = std::make_shared<noting_observer>();
        std::vector<std::chrono::milliseconds> waits;
        both.how.observer = seen;
        both.how.retry.on_retry = [&](foundry::attempt const&, std::chrono::milliseconds wait) {
            waits.push_back(wait);
        };
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")));
        both.second.queue(answer::json(503, error_body("busy")));
        co_await client.complete(question());
        REQUIRE(waits.size() == 2);
        CHECK(waits[0] == 0ms);
        CHECK(waits[1] > 0ms);
        CHECK(waits[1] <= 50ms);
        CHECK(seen->waits == waits);

        both.first.queue(answer::json(429, error_body("429")).header("Retry-After", "60"));
        both.second.queue(answer::json(429, error_body("429")).header("Retry-After", "60"));
        for (int i = 0; i != 2; ++i) { // the second one asks no endpoint
            foundry::error const e = co_await failure_of(client.complete(question()));
            CHECK(e.code() == errc::rate_limited);
            CHECK(seen->code == e.code());
            CHECK(std::string(e.what()).find("openai.azure.com/openai/v1, does in") != std::string::npos);
        }
    });
}

/// Never repeats anything.
struct no_repetition final : foundry::retry_policy
{
    std::optional<std::chrono::milliseconds> decide(foundry::attempt const&, unsigned, double) const override
    {
        return std::nullopt;
    }
};

TEST_CASE("several endpoints: a retry policy of the program's decides whether a call moves")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")));
        foundry::call_options with;
        with.retry.policy = std::make_shared<no_repetition>();
        foundry::error const e = co_await failure_of(client.complete(question(), with));
        CHECK(e.status() == 503);
        CHECK(both.second.journal().empty());
    });
}

TEST_CASE("several endpoints: what is not repeated at one endpoint is not repeated at one of a list")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::endpoints one;
        one.add(at(both.first, "first"), foundry::api_key{"wrong"}, "gpt-4o-ptu");
        foundry::client<> const client(executor, one, both.how);
        foundry::error const e = co_await failure_of(client.complete(question()));
        CHECK(e.code() == errc::unauthorized);
        CHECK(both.first.journal().size() == 1);

        foundry::client<> const list = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")).header("x-should-retry", "false"));
        both.second.queue(answer::json(503, error_body("busy")));
        co_await list.complete(question()); // the second again, not the first
        CHECK(both.first.journal().size() == 2);
        CHECK(both.second.journal().size() == 2);
    });
}

TEST_CASE("several endpoints: the time for the first byte holds only if the call can move")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        both.how.failover.first_byte = 50ms;
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::chat("late").delay(300ms));
        foundry::call_options once;
        once.retry.max_retries = 0;
        foundry::chat_completion const reply = co_await client.complete(question(), once);
        CHECK(reply.text() == "late");
    });
}

TEST_CASE("several endpoints: one that hangs until the total time is over takes no calls after that")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        both.how.failover.cooling = 5s;
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::chat("late").hang().delay(10min));
        foundry::call_options hurried;
        hurried.timeouts.total = 100ms;
        foundry::error const e = co_await failure_of(client.complete(question(), hurried));
        CHECK(e.code() == errc::total_timeout);
        co_await client.complete(question());
        CHECK(both.second.journal().size() == 1);
    });
}

TEST_CASE("several endpoints: the part of one endpoint has the names of its deployments, and is closed with all")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        foundry::client<> const second = client.at(1);
        foundry::chat_completion const reply = co_await second.complete("chat", "How many feet are in a mile?");
        CHECK(!reply.text().empty());
        CHECK(model_in(both.second.journal().at(0)) == "gpt-4o");
        CHECK(second.connections().open == 1);
        CHECK(client.connections().open == 1);
        second.close();
        CHECK((co_await failure_of(client.complete(question()))).code() == errc::client_closed);
    });
}

TEST_CASE("several endpoints: names of models with quotes and other letters are replaced whole")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        std::string const model = "a \"model\" \\ \xC3\xA4";
        foundry::deployments names;
        names.add(model, "b \"deployment\" with a longer name, \xE2\x82\xAC");
        foundry::endpoints all;
        all.add(at(both.first, "first"), foundry::api_key{both.first.api_key()});
        all.add(at(both.second, "second"), foundry::api_key{both.second.api_key()}, names);
        foundry::client<> const client(executor, all, both.how);
        both.first.queue(answer::json(503, error_body("busy")));
        both.second.queue(answer::chat("one"));
        foundry::chat_request request{model};
        request.user("Hi");
        co_await client.complete(request);
        CHECK(model_in(both.first.journal().at(0)) == model);
        CHECK(model_in(both.second.journal().at(0)) == "b \"deployment\" with a longer name, \xE2\x82\xAC");
    });
}

TEST_CASE("several endpoints: a stream moves until its head has arrived, and not after it")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::raw(begun_stream()));
        foundry::chat_stream chunks = co_await client.stream(question());
        foundry::error const e = co_await failure_of(chunks.collect());
        CHECK(e.code() == errc::stream_truncated);
        CHECK(e.attempts().at(0).endpoint == "https://first.openai.azure.com/openai/v1");
        CHECK(both.second.journal().empty());
    });
}

// What stays

TEST_CASE("several endpoints: what keeps state stays at the first endpoint, or at the one that is named")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        both.how.retry.max_retries = 0;
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")));
        foundry::file_upload const what(foundry::memory_source("{}"), "a.jsonl", "batch");
        foundry::error const e = co_await failure_of(foundry::files{client}.upload(what));
        CHECK(e.status() == 503);
        CHECK(both.second.journal().empty());
        foundry::file const kept = co_await foundry::files{client.at(1)}.upload(what);
        CHECK(!kept.id.empty());
        CHECK(both.second.journal().size() == 1);
        both.first.queue(answer::json(503, error_body("busy")));
        foundry::call_options const with;
        json::object body;
        body["model"] = "gpt-4o-ptu";
        foundry::error const raw =
            co_await failure_of(client.call<json::value>(foundry::route{"POST", "chat/completions"}, body, with));
        CHECK(raw.status() == 503);
        both.second.queue(answer::json(503, error_body("busy")));
        foundry::client<> const second = client.at(1);
        CHECK((co_await failure_of(second.complete("gpt-4o", "Hi"))).status() == 503); // alone
        CHECK_THROWS_AS(client.at(2), foundry::error);
        CHECK_THROWS_AS(second.at(1), foundry::error);
    });
}

TEST_CASE("several endpoints: a client is closed, drained and counted with all of them")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        both.first.queue(answer::json(503, error_body("busy")));
        co_await client.complete(question());
        CHECK(client.connections().idle == 2);
        client.close_idle();
        CHECK(client.connections().open == 0);
        co_await client.drain(1s);
        CHECK((co_await failure_of(client.complete(question()))).code() == errc::client_closed);
        CHECK((co_await failure_of(client.at(1).complete(question()))).code() == errc::client_closed);
    });
}

TEST_CASE("several endpoints: another credential goes to each of them")
{
    with_both([](two_resources& both, asio::any_io_executor executor) -> asio::awaitable<void> {
        foundry::client<> const client = both.client(executor);
        foundry::client<foundry::api_key> const other = client.with_credential(foundry::api_key{"wrong"});
        foundry::error const e = co_await failure_of(other.complete(question()));
        CHECK(e.code() == errc::unauthorized);
        CHECK(e.attempts().size() == 2); // one at each
        CHECK(both.second.journal().at(0).header("api-key") == "wrong");
        foundry::chat_completion const reply = co_await client.complete(question()); // the endpoints are well
        CHECK(!reply.text().empty());
        CHECK(both.second.journal().back().header("api-key") == "wrong");
    });
}

TEST_CASE("several endpoints: lists that cannot work are refused")
{
    asio::io_context context;
    CHECK_THROWS_AS(foundry::client(context, foundry::endpoints()), foundry::error);
    foundry::endpoints all;
    all.add("https://a.openai.azure.com/openai/v1", foundry::api_key{"k"}, "x");
    CHECK_THROWS_AS(all.add("https://a.openai.azure.com/openai/v1", foundry::api_key{"k"}, "x"), foundry::error);
    CHECK_THROWS_AS(all.add("https://b.services.ai.azure.com/models", foundry::api_key{"k"}), foundry::error);
    CHECK_THROWS_AS(all.add("https://b.openai.azure.com", foundry::api_key{"k"}), foundry::error);
    all.add("https://a.openai.azure.com/openai/v1", foundry::api_key{"k"}, "y");
    CHECK(all.size() == 2);
    foundry::endpoints dated;
    dated.add("https://a.openai.azure.com/openai/deployments/x", foundry::api_key{"k"});
    CHECK_THROWS_AS(dated.add("https://a.openai.azure.com/openai/deployments/y", foundry::api_key{"k"}, "z"),
                    foundry::error);
    CHECK_THROWS_AS(dated.add("https://a.openai.azure.com/openai/deployments/x", foundry::api_key{"k"}, "x"),
                    foundry::error);
}

TEST_CASE("several endpoints: a call may be given up while it waits for one")
{
    run([]() -> asio::awaitable<void> {
        two_resources both;
        foundry::client<> const client = both.client(co_await asio::this_coro::executor);
        both.first.queue(answer::json(429, error_body("429")).header("Retry-After", "60"));
        both.second.queue(answer::json(429, error_body("429")).header("Retry-After", "60"));
        foundry::call_options patient;
        patient.timeouts.total = 0ms;
        std::optional<foundry::error> failed;
        asio::co_spawn(
            co_await asio::this_coro::executor,
            [](foundry::client<> its, foundry::call_options with) -> asio::awaitable<void> {
                co_await its.complete(question(), with);
            }(client, patient),
            [&](std::exception_ptr e) {
                try {
                    if (e)
                        std::rethrow_exception(e);
                } catch (foundry::error const& thrown) {
                    failed = thrown;
                }
            });
        while (both.second.journal().empty())
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        client.close();
        auto const until = std::chrono::steady_clock::now() + long_enough;
        while (!failed && std::chrono::steady_clock::now() < until)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        REQUIRE(failed);
        CHECK(failed->code() == errc::client_closed);
    }());
}

} // namespace foundry_test::several_endpoints_test
