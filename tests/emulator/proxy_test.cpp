// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Calls through an HTTP proxy: tunnels, credentials, proxies that refuse or answer nonsense.

#include "support/certificates.hpp"
#include "support/clear_error.hpp"
#include "support/entra_fixture.hpp"
#include "support/proxied_calls.hpp"
#include "support/report.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace foundry_test::proxy_test {

using foundry::errc;

issued proxy_certificate(issued const& authority)
{
    wish w;
    w.common_name = "localhost";
    w.alternative_names = "DNS:localhost,IP:127.0.0.1";
    return issue(w, &authority);
}

issued private_authority()
{
    wish w;
    w.common_name = "A company's authority";
    w.alternative_names = "";
    w.is_ca = true;
    return issue(w, nullptr);
}

asio::awaitable<foundry::error> refused(foundry::client<> client)
{
    foundry::chat_request const request = question();
    foundry::error failed = co_await failure_of(client.complete(request));
    expect_clear(failed);
    co_return failed;
}

TEST_CASE("proxy: all operations go through one tunnel, whose request has no key")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (char const* const url : {foundry_url, v1_url, dated_url}) {
            CAPTURE(std::string(url));
            connect_proxy proxy(executor, s.tls_port());
            co_await all_operations(behind(executor, url, through(s, proxy)));
            REQUIRE(proxy.journal().size() == 1);
            proxy_request const& asked = proxy.journal().front();
            std::string const host = foundry::endpoint{url}.host() + ":443";
            CHECK(asked.method == "CONNECT");
            CHECK(asked.target == host);
            CHECK(asked.header("Host") == host);
            CHECK(!contains(asked.head, "emulator-key"));
            CHECK(!asked.header("Proxy-Authorization"));
            CHECK(!asked.early);
        }
    }(service));
}

TEST_CASE("proxy: TLS to the proxy carries the TLS of the service")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        issued const authority = private_authority();
        issued const own = proxy_certificate(authority);
        connect_proxy proxy(executor, s.tls_port(), own);
        proxy.require("user", "pass");
        foundry::options with = through(s, proxy, "user:pass");
        temporary_file const trusted(to_pem(authority.certificate.get()));
        with.tls.additional_ca_file = trusted.path.string();
        foundry::client<> client = behind(executor, foundry_url, with);
        co_await all_operations(client);
        co_await all_operations(client);
        CHECK(proxy.connections() == 1);
        CHECK(proxy.tunnels() == 1);

        // A large answer and a large request fill the buffers of both layers.
        std::string const large(300'000, 'x');
        s.queue(answer::json(200, completion_text(large)));
        foundry::chat_request const request = question(large);
        foundry::chat_completion const reply = co_await client.complete(request);
        CHECK(reply.text() == large);
    }(service));
}

TEST_CASE("proxy: a proxy whose certificate is not trusted is named, and gets no credentials")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        issued const authority = private_authority();
        issued const own = proxy_certificate(authority);
        connect_proxy proxy(executor, s.tls_port(), own);
        foundry::error const failed = co_await refused(behind(executor, foundry_url, through(s, proxy, "user:pass")));
        CHECK(failed.code() == errc::tls_failed);
        CHECK(contains(failed.what(), "additional_ca_file"));
        CHECK(contains(failed.what(), "the proxy 127.0.0.1:" + std::to_string(proxy.port())));
        CHECK(proxy.journal().empty());
    }(service));
}

TEST_CASE("proxy: one that speaks TLS cannot take the place of the service by resuming its own session")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        issued const authority = private_authority();
        issued const own = proxy_certificate(authority);
        connect_proxy proxy(executor, s.tls_port(), own);
        temporary_file const trusted(to_pem(authority.certificate.get()));
        foundry::options with = with_retries(s);
        with.proxy = proxy.url();
        with.tls.additional_ca_file = trusted.path.string();
        proxy.plan(proxy_behaviour::answer("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n").keep_open());
        proxy.lead_to(proxy.port());
        foundry::error const failed = co_await refused(behind(executor, foundry_url, with));
        CHECK(failed.code() == errc::tls_failed);
        CHECK(contains(failed.what(), "certificate was refused"));
        for (proxy_request const& asked : proxy.journal())
            CHECK(asked.method == "CONNECT");
    }(service));
}

TEST_CASE("proxy: one of the environment that speaks TLS is spoken to in TLS, for a plain http endpoint, too")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        issued const authority = private_authority();
        issued const own = proxy_certificate(authority);
        connect_proxy proxy(executor, s.plain_port(), own);
        proxy.require("user", "pass");
        temporary_file const trusted(to_pem(authority.certificate.get()));
        environment variables;
        variables.set("http_proxy", proxy.url("user:pass")).set("no_proxy", "").set("NO_PROXY", "");
        foundry::options with = limited(s);
        with.tls.additional_ca_file = trusted.path.string();
        foundry::any_credential who = foundry::no_credential();
        foundry::client<> client(executor, foundry::endpoint("http://gpu-box:8000/v1", foundry::allow_plain_http()),
                                 who, with);
        co_await all_operations(client);
        CHECK(proxy.connections() == 1);
        CHECK(proxy.journal().size() == 3);
    }(service));
}

TEST_CASE("proxy: its 407 to a request in absolute form is the proxy's, not the service's")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.plain_port());
        proxy.require("user", "pass");
        foundry::any_credential who = foundry::no_credential();
        foundry::client<> client(executor, foundry::endpoint("http://gpu-box:8000/v1", foundry::allow_plain_http()),
                                 who, through(s, proxy));
        foundry::error const failed = co_await refused(client);
        CHECK(failed.code() == errc::proxy_failed);
        CHECK(contains(failed.what(), "set_credentials"));
    }(service));
}

TEST_CASE(
    "proxy: credentials come from the URL or are set; without the right ones the error tells what the proxy offers")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        proxy.require("user", "p@ss");
        co_await all_operations(behind(executor, foundry_url, through(s, proxy, "user:p%40ss")));
        foundry::options with = through(s, proxy);
        with.proxy.set_credentials("user", "p@ss");
        co_await all_operations(behind(executor, foundry_url, with));

        foundry::error const none = co_await refused(behind(executor, foundry_url, through(s, proxy)));
        CHECK(none.code() == errc::proxy_failed);
        CHECK(contains(none.what(), "407"));
        CHECK(contains(none.what(), "Basic"));
        CHECK(contains(none.what(), "set_credentials"));
        CHECK(none.attempts().size() == 1);
        foundry::options wrong = with_retries(s);
        wrong.proxy = proxy.url("user:secret-word");
        foundry::error const bad = co_await refused(behind(executor, foundry_url, wrong));
        CHECK(bad.code() == errc::proxy_failed);
        CHECK(bad.attempts().size() == 1);
        CHECK(contains(bad.what(), "correct the user name and password"));
        CHECK(!contains(bad.what(), "secret-word"));
        CHECK(!contains(bad.what(), "c2VjcmV0LXdvcmQ"));
    }(service));
}

TEST_CASE("proxy: a 407 that offers other schemes than Basic names them")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        proxy.plan(proxy_behaviour::answer("HTTP/1.1 407 Authenticate\r\nProxy-Authenticate: Negotiate\r\n"
                                           "Proxy-Authenticate: NTLM realm=\"x\"\r\nContent-Length: 0\r\n\r\n"));
        foundry::error const failed = co_await refused(behind(executor, foundry_url, through(s, proxy)));
        CHECK(failed.code() == errc::proxy_failed);
        CHECK(contains(failed.what(), "Negotiate, NTLM"));
        CHECK(contains(failed.what(), "only Basic is supported"));
    }(service));
}

TEST_CASE("proxy: requests to a plain http endpoint go to the proxy itself, in absolute form")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.plain_port());
        proxy.require("user", "pass");
        foundry::any_credential who = foundry::no_credential();
        foundry::client<> client(executor, foundry::endpoint("http://gpu-box:8000/v1", foundry::allow_plain_http()),
                                 who, through(s, proxy, "user:pass"));
        co_await all_operations(client);
        CHECK(proxy.connections() == 1);
        REQUIRE(proxy.journal().size() == 3);
        CHECK(proxy.journal().front().method == "POST");
        CHECK(proxy.journal().front().target == "http://gpu-box:8000/v1/chat/completions");
        CHECK(proxy.journal().front().header("Host") == "gpu-box:8000");
        CHECK(proxy.journal().front().header("Proxy-Authorization") == "Basic dXNlcjpwYXNz");
        CHECK(s.journal().back().target == "/v1/embeddings");
    }(service));
}

TEST_CASE("proxy: loopback and connect_to need no proxy")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        foundry::client<> led = client_of(executor, s, foundry_url, through(s, proxy));
        co_await all_operations(led);
        std::string const local = "http://127.0.0.1:" + std::to_string(s.plain_port()) + "/v1";
        co_await all_operations(behind(executor, local, through(s, proxy)));
        CHECK(proxy.connections() == 0);
    }(service));
}

TEST_CASE("proxy: the environment names it, and an option turns it off")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        environment variables;
        variables.set("https_proxy", proxy.url()).set("no_proxy", "").set("NO_PROXY", "contoso.openai.azure.com");
        co_await all_operations(behind(executor, foundry_url, limited(s)));
        CHECK(proxy.connections() == 1);
        foundry::options direct = limited(s);
        direct.proxy = foundry::proxy::none();
        direct.timeouts.connect = 1ms;
        co_await refused(behind(executor, "https://contoso.invalid/v1", direct));
        foundry::options hasty = limited(s);
        hasty.timeouts.connect = 1ms;
        co_await refused(behind(executor, "https://contoso.openai.azure.com/openai/v1", hasty));
        CHECK(proxy.connections() == 1);
    }(service));
}

TEST_CASE("proxy: one that answers nonsense is a clear error, and the client stays usable")
{
    emulator service;
    struct oddity
    {
        proxy_behaviour what;
        char const* word;
    };
    std::vector<oddity> const all{
        {proxy_behaviour::answer("HTTP/1.1 200 OK\r\n\r\n"), "proxy"}, // and closes
        {proxy_behaviour::answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").keep_open(), "before the server"},
        {proxy_behaviour::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
         "before the server"},
        {proxy_behaviour::answer("<html><body>Welcome</body></html>"), "no answer of HTTP"},
        {proxy_behaviour::answer("HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x')).keep_open(),
         "no answer of HTTP"},
        {proxy_behaviour::answer("HTTP/1.1 302 Found\r\nLocation: http://login/\r\nContent-Length: 0\r\n\r\n"), "302"},
        {proxy_behaviour::answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!"), "403"},
        {proxy_behaviour::answer("HTTP/1.1 502 Bad Gateway\r\n\r\nno such host"), "502"},
        {proxy_behaviour::answer("HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n"), "Basic"},
        {proxy_behaviour::answer("\x15\x03\x03\x00\x02\x02\x28"), "no answer of HTTP"}, // an alert of TLS
        {proxy_behaviour::close_at_once(), " the connection"},
    };
    run([](emulator& s, std::vector<oddity> const& oddities) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        foundry::client<> client = behind(executor, foundry_url, through(s, proxy));
        for (oddity const& each : oddities) {
            proxy.plan(each.what);
            foundry::error const failed = co_await refused(client);
            CAPTURE(std::string(failed.what()));
            bool const is_known = failed.code() == errc::proxy_failed || failed.code() == errc::connection_lost;
            CHECK(is_known);
            CHECK(contains(failed.what(), each.word));
            CHECK(contains(failed.what(), "proxy"));
            co_await all_operations(client);
            client.close_idle();
        }
    }(service, all));
    report("odd proxies", all.size());
}

TEST_CASE("proxy: the answer to CONNECT may come in pieces, and may break off at each byte")
{
    emulator service;
    std::size_t cases = 0;
    run([](emulator& s, std::size_t& count) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        foundry::client<> client = behind(executor, foundry_url, through(s, proxy));
        std::string const reply = "HTTP/1.1 200 Connection established\r\nProxy-Agent: tests\r\n\r\n";
        for (std::size_t at = 0; at != reply.size(); ++at, ++count) {
            proxy.plan(proxy_behaviour::answer(reply.substr(0, at)));
            foundry::error const failed = co_await refused(client);
            CHECK(failed.code() == errc::proxy_failed);
            CHECK(contains(failed.what(), "closed the connection instead of opening a tunnel"));
        }
        for (std::size_t const first : {1u, 12u, 20u}) {
            proxy.plan(proxy_behaviour::slow(first));
            co_await all_operations(client);
            client.close_idle();
        }
    }(service, cases));
    report("CONNECT cut", cases);
}

TEST_CASE("proxy: a passing failure is tried again")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        foundry::options with = with_retries(s);
        with.proxy = proxy.url();
        foundry::client<> client = behind(executor, foundry_url, with);
        proxy.plan(proxy_behaviour::answer("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n"));
        proxy.plan(proxy_behaviour::close_at_once());
        co_await all_operations(client);
        CHECK(proxy.connections() == 3);
    }(service));
}

TEST_CASE("proxy: one that is silent is told by timeouts.connect, one that is not there by its address")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::string name;
        {
            connect_proxy proxy(executor, s.tls_port());
            name = "127.0.0.1:" + std::to_string(proxy.port());
            foundry::options with = through(s, proxy);
            with.proxy = "http://" + name;
            with.timeouts.connect = 50ms;
            proxy.plan(proxy_behaviour::silent());
            foundry::error const failed = co_await refused(behind(executor, foundry_url, with));
            CHECK(failed.code() == errc::connect_timeout);
            CHECK(contains(failed.what(), name));
            CHECK(contains(failed.what(), "options.proxy"));
        }
        foundry::options with = limited(s);
        with.proxy = "http://" + name;
        foundry::error const failed = co_await refused(behind(executor, foundry_url, with));
        CHECK(failed.code() == errc::connect_failed);
        CHECK(contains(failed.what(), name));
    }(service));
}

TEST_CASE("proxy: a cancelled call leaves it at once")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        proxy.plan(proxy_behaviour::silent());
        foundry::client<> client = behind(executor, foundry_url, through(s, proxy));
        asio::cancellation_signal cancel;
        bool is_over = false;
        std::exception_ptr failed;
        asio::co_spawn(executor, client.complete(question()),
                       asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, foundry::chat_completion) {
                           failed = e;
                           is_over = true;
                       }));
        while (proxy.journal().empty())
            co_await asio::post(executor, asio::use_awaitable);
        cancel.emit(asio::cancellation_type::terminal);
        while (!is_over)
            co_await asio::post(executor, asio::use_awaitable);
        CHECK(is_cancellation(failed));
        co_await all_operations(client);
    }(service));
}

} // namespace foundry_test::proxy_test
