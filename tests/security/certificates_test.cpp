// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Servers that must not be believed, each refused for its own reason, and those that must.

#include "support/certificates.hpp"
#include "support/fixture.hpp"
#include "support/report.hpp"
#include "support/temporary_file.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <thread>

namespace foundry_test::certificates_test {

using foundry::errc;

/// Shows a certificate and answers each request with the same completion.
class tls_server
{
public:
    tls_server(asio::any_io_executor executor, issued const& own)
        : context_(asio::ssl::context::tls_server),
          acceptor_(std::move(executor), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {
        SSL_CTX_use_certificate(native(), own.certificate.get());
        SSL_CTX_use_PrivateKey(native(), own.key.get());
    }

    SSL_CTX* native() { return context_.native_handle(); }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    /// Serves one connection.
    static asio::awaitable<void> serve(std::shared_ptr<tls_server> self)
    {
        asio::ssl::stream<asio::ip::tcp::socket> stream(co_await self->acceptor_.async_accept(asio::use_awaitable),
                                                        self->context_);
        try {
            co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
            std::string request(16384, '\0');
            std::size_t const n = co_await stream.async_read_some(asio::buffer(request), asio::use_awaitable);
            self->asked = n != 0;
            std::string const body = R"({"choices":[{"index":0,"message":{"role":"assistant","content":"ok"}}]})";
            std::string const reply =
                "HTTP/1.1 " + std::string(self->stays_open ? "413 Payload Too Large" : "200 OK") +
                "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body;
            co_await asio::async_write(stream, asio::buffer(reply), asio::use_awaitable);
            if (self->stays_open)
                self->open_.emplace(std::move(stream));
        } catch (boost::system::system_error const&) { // the client has had enough
        }
    }

    bool asked = false;
    bool stays_open = false; // after it has refused a request, without reading any more of it

private:
    asio::ssl::context context_;
    asio::ip::tcp::acceptor acceptor_;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket>> open_;
};

struct scene
{
    issued ca = issue(authority(), nullptr);
    std::string url = "https://contoso.openai.azure.com/openai/v1";
    foundry::options options;
};

/// One call to a server; the error, if there is one. The key must not have been sent then.
asio::awaitable<std::optional<foundry::error>> call(scene const& s, std::shared_ptr<tls_server> server,
                                                    std::string prompt = "Hello.")
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::endpoint where{s.url};
    where.connect_to("127.0.0.1", server->port());
    foundry::options with = s.options;
    with.retry.max_retries = 0;
    if (with.tls.ca_certificates.empty() && with.tls.ca_file.empty() && !with.tls.context)
        with.tls.ca_certificates = to_pem(s.ca.certificate.get());
    foundry::any_credential key = foundry::api_key{"a-key"};
    foundry::client<> client(executor, std::move(where), std::move(key), std::move(with));
    asio::co_spawn(executor, tls_server::serve(server), asio::detached);
    std::optional<foundry::error> failed;
    try {
        foundry::chat_completion const reply = co_await client.complete("m", prompt);
        CHECK(reply.text() == "ok");
    } catch (foundry::error const& e) {
        failed = e;
    }
    if (failed)
        CHECK(server->asked == (failed->status() != 0));
    co_return failed;
}

asio::awaitable<void> expect_refusal(scene const& s, std::shared_ptr<tls_server> server, std::string_view reason)
{
    std::optional<foundry::error> const failed = co_await call(s, server);
    REQUIRE(failed);
    CHECK(failed->code() == errc::tls_failed);
    CAPTURE(std::string(failed->what()));
    CHECK(std::string_view(failed->what()).find(reason) != std::string_view::npos);
}

asio::awaitable<void> refuse(wish const& w, std::string_view reason, std::size_t& count)
{
    scene const s;
    issued const own = issue(w, &s.ca);
    auto const server = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    co_await expect_refusal(s, server, reason);
    ++count;
}

asio::awaitable<void> refuse_all(std::size_t& count)
{
    wish expired;
    expired.from_days = -20;
    expired.until_days = -10;
    co_await refuse(expired, "expired", count);

    wish other_host;
    other_host.alternative_names = "DNS:fabrikam.openai.azure.com";
    co_await refuse(other_host, "hostname mismatch", count);

    wish wildcard;
    wildcard.alternative_names = "DNS:*.azure.com";
    co_await refuse(wildcard, "hostname mismatch", count);

    wish partial;
    partial.alternative_names = "DNS:con*.openai.azure.com";
    co_await refuse(partial, "hostname mismatch", count);

    wish name_only;
    name_only.alternative_names.clear();
    co_await refuse(name_only, "hostname mismatch", count);
}

asio::awaitable<void> refuse_self_signed(std::size_t& count)
{
    scene const s;
    wish const plain;
    issued const own = issue(plain, nullptr);
    auto const server = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    co_await expect_refusal(s, server, "self-signed certificate");
    auto const again = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    co_await expect_refusal(s, again, "options.tls.additional_ca_file");
    ++count;
}

asio::awaitable<void> refuse_without_intermediate(std::size_t& count)
{
    scene const s;
    wish middle = authority();
    middle.common_name = "intermediate";
    issued const intermediate = issue(middle, &s.ca);
    wish const plain;
    issued const own = issue(plain, &intermediate);
    auto const incomplete = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    co_await expect_refusal(s, incomplete, "unable to get local issuer");
    ++count;

    auto const complete = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    SSL_CTX_add1_chain_cert(complete->native(), intermediate.certificate.get());
    auto const failed = co_await call(s, complete);
    CHECK(!failed);
}

asio::awaitable<void> refuse_old_version(std::size_t& count)
{
    scene const s;
    wish const plain;
    issued const own = issue(plain, &s.ca);
    auto const old = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    SSL_CTX_set_min_proto_version(old->native(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(old->native(), TLS1_1_VERSION);
    SSL_CTX_set_security_level(old->native(), 0);
    co_await expect_refusal(s, old, "protocol");
    ++count;
}

TEST_CASE("promise: TLS 1.2 or later, chain and host verified: eight kinds of servers are rejected before the key is "
          "sent, each for its own reason")
{
    std::size_t count = 0;
    run(refuse_all(count));
    run(refuse_self_signed(count));
    run(refuse_without_intermediate(count));
    run(refuse_old_version(count));
    CHECK(count == 8);
    foundry_test::report("bad certificates refused", count);
}

TEST_CASE("certificates: an IP address is accepted if the certificate names it as an address")
{
    run([]() -> asio::awaitable<void> {
        scene s;
        s.url = "https://127.0.0.1/v1";
        wish named;
        named.alternative_names = "IP:127.0.0.1";
        issued const own = issue(named, &s.ca);
        auto const good = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
        auto const failed = co_await call(s, good);
        CHECK(!failed);

        named.alternative_names = "DNS:127.0.0.1,IP:192.0.2.1";
        issued const wrong = issue(named, &s.ca);
        auto const bad = std::make_shared<tls_server>(co_await asio::this_coro::executor, wrong);
        co_await expect_refusal(s, bad, "IP address mismatch");
    }());
}

TEST_CASE("certificates: authorities come from a file or from a context of the program, which is verified all the same")
{
    run([]() -> asio::awaitable<void> {
        scene s;
        wish const plain;
        issued const own = issue(plain, &s.ca);
        temporary_file const file(to_pem(s.ca.certificate.get()));
        s.options.tls.ca_file = file.path.string();
        auto const by_file = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
        auto const from_file = co_await call(s, by_file);
        CHECK(!from_file);

        auto const context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
        context->set_verify_mode(asio::ssl::verify_peer);
        std::string const pem = to_pem(s.ca.certificate.get());
        context->add_certificate_authority(asio::buffer(pem));
        s.options.tls = foundry::tls_options();
        s.options.tls.context = std::shared_ptr<SSL_CTX>(context, context->native_handle());
        auto const by_context = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
        auto const from_context = co_await call(s, by_context);
        CHECK(!from_context);
        wish other;
        other.alternative_names = "DNS:fabrikam.openai.azure.com";
        issued const wrong = issue(other, &s.ca);
        auto const another = std::make_shared<tls_server>(co_await asio::this_coro::executor, wrong);
        co_await expect_refusal(s, another, "hostname mismatch");
    }());
}

asio::awaitable<void> trust_additionally()
{
    scene s;
    wish private_authority = authority();
    private_authority.common_name = "private authority";
    issued const other = issue(private_authority, nullptr);
    wish const plain;
    issued const of_first = issue(plain, &s.ca);
    issued const of_other = issue(plain, &other);
    temporary_file const file(to_pem(other.certificate.get()));
    s.options.tls.ca_certificates = to_pem(s.ca.certificate.get());
    auto const stranger = std::make_shared<tls_server>(co_await asio::this_coro::executor, of_other);
    co_await expect_refusal(s, stranger, "options.tls.additional_ca_file");
    s.options.tls.additional_ca_file = file.path.string();
    for (issued const* const own : {&of_first, &of_other}) {
        auto const server = std::make_shared<tls_server>(co_await asio::this_coro::executor, *own);
        auto const failed = co_await call(s, server);
        CHECK(!failed);
    }
}

/// What making a client with this file says.
std::string refusal_of_file(std::string const& path)
{
    asio::io_context context;
    foundry::options with;
    with.tls.ca_certificates = to_pem(issue(authority(), nullptr).certificate.get()); // also on a machine without any
    with.tls.additional_ca_file = path;
    try {
        foundry::client<foundry::api_key> const made(context, foundry::endpoint{"https://contoso.openai.azure.com"},
                                                     foundry::api_key{"a-key"}, with);
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        return e.what();
    }
    return "";
}

TEST_CASE("certificates: options.tls.additional_ca_file trusts a private authority in addition to the others")
{
    run(trust_additionally());
}

TEST_CASE(
    "certificates: an additional_ca_file that is missing or holds no certificate is named when the client is made")
{
    std::string const missing = refusal_of_file("/no/such/file.pem");
    CHECK(missing.find("options.tls.additional_ca_file") != std::string::npos);
    CHECK(missing.find("/no/such/file.pem") != std::string::npos);
    temporary_file const empty("nothing of use\n");
    std::string const without = refusal_of_file(empty.path.string());
    CHECK(without.find("options.tls.additional_ca_file") != std::string::npos);
    CHECK(without.find("certificate") != std::string::npos);
}

TEST_CASE("certificates: a server that asks for a client certificate gets it")
{
    run([]() -> asio::awaitable<void> {
        scene s;
        wish const plain;
        issued const own = issue(plain, &s.ca);
        wish client;
        client.common_name = "client";
        client.alternative_names.clear();
        issued const mine = issue(client, &s.ca);
        auto const ask = [&s](std::shared_ptr<tls_server> const& server) {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(server->native()), s.ca.certificate.get());
            SSL_CTX_set_verify(server->native(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        };
        auto const strict = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
        ask(strict);
        auto const without = co_await call(s, strict);
        CHECK(without);

        s.options.tls.client_certificate = to_pem(mine.certificate.get());
        s.options.tls.client_key = to_pem(mine.key.get());
        auto const content = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
        ask(content);
        auto const with = co_await call(s, content);
        CHECK(!with);
    }());
}

TEST_CASE("TLS session: a new connection resumes that of an earlier one, and an old one is not reused")
{
    foundry::testing::emulator azure;
    run([](foundry::testing::emulator& service) -> asio::awaitable<void> {
        foundry::options with = trusting(service);
        with.pool.max_age = std::chrono::milliseconds{1};
        foundry::any_credential key = foundry::api_key{service.api_key()};
        foundry::client<> client(co_await asio::this_coro::executor, at(service, urls[0]), std::move(key), with);
        for (int i = 0; i != 3; ++i) {
            foundry::chat_completion const reply = co_await client.complete("gpt-4o-mini", "Hello.");
            CHECK(!reply.text().empty());
            std::this_thread::sleep_for(std::chrono::milliseconds{2}); // older than its limit
        }
        auto const journal = service.journal();
        CHECK(!journal[0].resumed);
        CHECK(journal[1].resumed);
        CHECK(journal[2].resumed);
        CHECK(journal[2].connection == 3);
    }(azure));
}

asio::awaitable<void> answer_early()
{
    scene const s;
    wish const plain;
    issued const own = issue(plain, &s.ca);
    auto const server = std::make_shared<tls_server>(co_await asio::this_coro::executor, own);
    server->stays_open = true;
    std::string prompt(std::size_t{32} << 20, 'x');
    std::optional<foundry::error> const failed = co_await call(s, server, std::move(prompt));
    REQUIRE(failed);
    CHECK(failed->code() == errc::too_large);
}

TEST_CASE("early answer: a 413 before a large request is read is received over TLS, too") { run(answer_early()); }

} // namespace foundry_test::certificates_test
