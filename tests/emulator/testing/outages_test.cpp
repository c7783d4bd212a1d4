// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Outages of the whole emulator: what requests and connections get until it recovers.

#include "support/plain_calls.hpp"
#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace foundry_test::outages_test {

using foundry::testing::outage;

std::string const compatible = "/v1/chat/completions";
std::string const request = "POST " + v1 + " HTTP/1.1\r\nHost: localhost\r\n" + raw_client::key + raw_client::type +
                            "Content-Length: 2\r\n\r\n{}";

TEST_CASE("emulator: in an outage with a status every request gets it, in the shape of its form, until the recovery")
{
    emulator service;
    raw_client client(service);
    service.fail_with(outage::status(503, 7s));
    for (auto const& target : {models, v1, dated, std::string("/openai/v1/files")}) {
        CAPTURE(target);
        auto const failed = client.call("POST", target, "", "not even JSON");
        CHECK(failed.status == 503);
        CHECK(failed.header("retry-after") == "7");
        CHECK(failed.header("apim-request-id").size() == 36);
        auto const error = failed.parsed().at("error").as_object();
        CHECK(error.at("code") == "503");
        CHECK(error.contains("details") == (target == models));
        CHECK(failed.has("The service is temporarily unable to process your request."));
    }
    auto const plain = client.post(compatible, ask("a")).parsed().at("error");
    CHECK(plain.at("type") == "server_error");
    CHECK(plain.at("code").is_null());
    CHECK(service.requests() == 5);
    service.recover();
    CHECK(client.post(v1, ask("a")).status == 200);
    CHECK(service.connections() == 1);
}

TEST_CASE("emulator: a second outage replaces the first, and a recovery without one does nothing")
{
    emulator service;
    raw_client client(service);
    service.recover();
    service.fail_with(outage::reset());
    service.fail_with(outage::status(429));
    auto const busy = client.post(v1, ask("a"));
    CHECK(busy.status == 429);
    CHECK(busy.header("retry-after").empty());
    CHECK(busy.has("currently experiencing high demand"));
    service.fail_with(outage::status(500));
    CHECK(client.post(v1, ask("a")).has("The server had an error while processing your request."));
    service.recover();
    service.recover();
    CHECK(client.post(v1, ask("a")).status == 200);
}

TEST_CASE("emulator: only the status of an error can be one of an outage")
{
    for (unsigned const status : {0U, 200U, 399U, 600U})
        CHECK_THROWS_AS(outage::status(status), std::invalid_argument);
    CHECK_NOTHROW(outage::status(400));
    CHECK_NOTHROW(outage::status(599));
}

TEST_CASE("emulator: a request in an outage takes no queued answer, and no rule holds for it")
{
    emulator service;
    raw_client client(service);
    service.queue(answer::chat("queued"));
    service.fail_with(outage::status(500));
    CHECK(client.post(v1, ask("a")).status == 500);
    CHECK(service.queued() == 1);
    service.reply_when([](auto const&) { return true; }, answer::chat("ruled"));
    CHECK(client.post(v1, ask("a")).status == 500);
    service.recover();
    CHECK(content_of(client.post(v1, ask("a"))) == "ruled");
}

TEST_CASE("emulator: requests for tokens fail in an outage, too")
{
    emulator service;
    raw_client client(service, "login.microsoftonline.com");
    service.fail_with(outage::status(503));
    CHECK(client.call("POST", "/contoso-tenant/oauth2/v2.0/token", "", "").status == 503);
}

TEST_CASE("emulator: a request that hangs is read, and its connection is closed at the recovery")
{
    emulator service;
    for (bool const tls : {false, true}) {
        CAPTURE(tls);
        service.clear_journal();
        service.fail_with(outage::hang());
        std::vector<std::unique_ptr<raw_client>> clients;
        for (int i = 0; i != 3; ++i) {
            clients.push_back(std::make_unique<raw_client>(service, "localhost", tls));
            clients.back()->send(request);
        }
        REQUIRE(service.wait_for_requests(3, long_enough));
        CHECK(!service.wait_for_open_at_most(2, 50ms));
        service.recover();
        CHECK(service.wait_for_open_at_most(0, long_enough));
        for (auto const& client : clients)
            CHECK(client->read_to_end().empty());
        raw_client next(service, "localhost", tls);
        CHECK(next.post(v1, ask("a")).status == 200);
    }
}

TEST_CASE("emulator: an outage that hangs ends for a client that has left, and with the emulator")
{
    auto service = std::make_unique<emulator>();
    service->fail_with(outage::hang());
    raw_client left(*service);
    left.send(request);
    REQUIRE(service->wait_for_requests(1, long_enough));
    left.close();
    CHECK(service->wait_for_open_at_most(0, long_enough));
    raw_client kept(*service);
    kept.send(request);
    REQUIRE(service->wait_for_requests(2, long_enough));
    service.reset();
    CHECK(kept.read_to_end().empty());
}

TEST_CASE("emulator: a request that is reset is read, and its connection ends without a clean close")
{
    emulator service;
    for (bool const tls : {false, true}) {
        CAPTURE(tls);
        raw_client client(service, "localhost", tls);
        service.fail_with(outage::reset());
        client.send(request);
        CHECK(client.read_to_end().empty());
        CHECK(!client.ended_well);
        CHECK(service.wait_for_open_at_most(0, long_enough));
        service.recover();
        raw_client next(service, "localhost", tls);
        CHECK(next.post(v1, ask("a")).status == 200);
    }
    CHECK(service.requests() == 4);
}

TEST_CASE("emulator: if it refuses, new connections are closed at once, and open ones at their next request")
{
    emulator service;
    raw_client open(service);
    CHECK(open.post(v1, ask("a")).status == 200);
    service.fail_with(outage::refuse());
    raw_client refused(service);
    CHECK(refused.read_to_end().empty());
    CHECK_THROWS(raw_client(service, "localhost", true));
    CHECK(service.connections() == 3);
    CHECK(service.wait_for_open_at_most(1, long_enough));
    open.send(request);
    CHECK(open.read_to_end().empty());
    CHECK(service.requests() == 2);
    service.recover();
    raw_client next(service, "localhost", true);
    CHECK(next.post(v1, ask("a")).status == 200);
}

/// The error of a client without retries.
asio::awaitable<void> check_code(outage failure, foundry::errc code)
{
    emulator service;
    service.fail_with(failure);
    foundry::options how = trusting(service);
    how.timeouts.first_byte = 200ms;
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url, how);
    foundry::error const failed = co_await failure_of(client.complete(question()));
    CHECK(failed.code() == code);
}

TEST_CASE("emulator: a client sees each outage as what it is")
{
    using foundry::errc;
    run(check_code(outage::status(429), errc::rate_limited));
    run(check_code(outage::status(500), errc::service_error));
    run(check_code(outage::hang(), errc::first_byte_timeout));
    run(check_code(outage::reset(), errc::connection_lost));
    run(check_code(outage::refuse(), errc::connection_lost));
}

} // namespace foundry_test::outages_test
