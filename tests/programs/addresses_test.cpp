// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Hosts with several addresses, some of which refuse connections or do not answer.

#include "support/clear_error.hpp"
#include "support/descriptors.hpp"
#include "support/name_table.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

using namespace foundry_test;
using tcp = asio::ip::tcp;

namespace {

constexpr char const* host = "several.test";

/// A listener that does not answer further connections, because the queue of those that it has not accepted is full.
class silent_listener
{
public:
    silent_listener(asio::io_context& context, std::string const& address, std::uint16_t port) : acceptor_(context)
    {
        tcp::endpoint const at(asio::ip::make_address(address), port);
        acceptor_.open(at.protocol());
        acceptor_.bind(at);
        acceptor_.listen(0);
        for (bool is_full = false; !is_full;) {
            tcp::socket& next = unaccepted_.emplace_back(context, at.protocol());
            next.native_non_blocking(true);
            ::connect(next.native_handle(), at.data(), static_cast<socklen_t>(at.size())); // Asio's own would wait
            pollfd connected{next.native_handle(), POLLOUT, 0};
            is_full = ::poll(&connected, 1, 100) == 0;
        }
    }

private:
    tcp::acceptor acceptor_;
    std::vector<tcp::socket> unaccepted_;
};

/// A port at which no socket listens.
class unused_port
{
public:
    explicit unused_port(asio::io_context& context)
        : bound_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {}

    std::uint16_t number() const { return bound_.local_endpoint().port(); }

private:
    tcp::socket bound_;
};

struct attempt_counter final : foundry::observer
{
    void on_event(foundry::call_event const& e) noexcept override
    {
        count += e.what == foundry::call_event::kind::attempt ? 1 : 0;
    }

    std::size_t count = 0;
};

/// One call to the host.
struct scene
{
    foundry::client<> make_client(std::uint16_t port) const
    {
        foundry::endpoint to{local_url};
        to.connect_to(host, port);
        foundry::any_credential none = foundry::no_credential{};
        return foundry::client<>(context->get_executor(), std::move(to), std::move(none), with);
    }

    void start(foundry::client<> const& client)
    {
        begun = std::chrono::steady_clock::now();
        asio::co_spawn(*context, client.complete(question()),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [this](std::exception_ptr e, foundry::chat_completion) { end(e); }));
    }

    void run(std::uint16_t port)
    {
        foundry::client<> const client = make_client(port);
        start(client);
        context->run();
    }

    void end(std::exception_ptr e)
    {
        elapsed = std::chrono::steady_clock::now() - begun;
        thrown = e;
        try {
            if (e)
                std::rethrow_exception(e);
            is_answered = true;
        } catch (foundry::error const& f) {
            failed = f;
        } catch (boost::system::system_error const&) { // the cancellation
        }
    }

    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>();
    asio::cancellation_signal cancel;
    foundry::options with;
    std::chrono::steady_clock::time_point begun;
    std::chrono::steady_clock::duration elapsed{};
    bool is_answered = false;
    std::exception_ptr thrown;
    std::optional<foundry::error> failed;
};

} // namespace

TEST_CASE("addresses: if the first one does not answer, the second one does, in the same attempt and well before "
          "timeouts.connect")
{
    names().set(host, {"127.0.0.2", "127.0.0.1"});
    emulator const service(unchecked());
    scene call;
    silent_listener const silent(*call.context, "127.0.0.2", service.plain_port());
    auto const observer = std::make_shared<attempt_counter>();
    call.with.observer = observer;
    std::size_t const before = open_sockets().size();
    foundry::client<> const client = call.make_client(service.plain_port());
    call.start(client);
    call.context->run();
    CHECK(call.is_answered);
    CHECK(call.elapsed < call.with.timeouts.connect / 2);
    CHECK(observer->count == 1);
    // The connection and the service's end of it: the other one is closed.
    CHECK(open_sockets().size() == before + 2);
    CHECK(service.connections() == 1);
    std::cout << "report: addresses: a silent first address costs "
              << std::chrono::duration_cast<std::chrono::milliseconds>(call.elapsed).count() << " ms\n";
}

TEST_CASE("addresses: the one that has answered is tried first from then on")
{
    names().set(host, {"127.0.0.2", "127.0.0.1"});
    emulator const service(unchecked());
    scene call;
    silent_listener const silent(*call.context, "127.0.0.2", service.plain_port());
    foundry::client<> const client = call.make_client(service.plain_port());
    call.start(client);
    call.context->run();
    REQUIRE(call.is_answered);
    client.close_idle();
    std::size_t const before = open_sockets().size();
    call.is_answered = false;
    call.context->restart();
    call.start(client);
    std::size_t most = 0;
    while (!call.is_answered && call.context->run_one() != 0)
        most = std::max(most, open_sockets().size() - before);
    CHECK(call.is_answered);
    CHECK(most <= 2); // the connection and the service's end of it: no attempt at the silent address
}

TEST_CASE("addresses: after one that refuses, the next one is tried at once")
{
    // A wait of 250 ms after each would take ten seconds.
    std::vector<std::string> addresses;
    for (int i = 2; i != 42; ++i)
        addresses.push_back("127.0.0." + std::to_string(i));
    addresses.push_back("127.0.0.1");
    names().set(host, addresses);
    emulator const service(unchecked());
    scene call;
    call.run(service.plain_port());
    CHECK(call.is_answered);
    CHECK(call.elapsed < call.with.timeouts.connect / 2);
}

TEST_CASE("addresses: if all of them refuse, the error names each with its reason")
{
    names().set(host, {"127.0.0.2", "::1", "127.0.0.3"});
    scene call;
    call.with.retry.max_retries = 0;
    unused_port const port(*call.context);
    call.run(port.number());
    REQUIRE(call.failed);
    expect_error(*call.failed, errc::connect_failed, {host, "127.0.0.2: ", "127.0.0.3: ", "::1: ", "refused"});
    expect_error(*call.failed, errc::connect_failed, {"port " + std::to_string(port.number())});
    CHECK(std::string_view(call.failed->what()).find("other addresses") == std::string_view::npos);
}

TEST_CASE("addresses: of a hundred that refuse, the error names eight and counts the others")
{
    std::vector<std::string> addresses;
    for (int i = 1; i <= 100; ++i)
        addresses.push_back("127.0.1." + std::to_string(i));
    names().set(host, addresses);
    scene call;
    call.with.retry.max_retries = 0;
    std::size_t const before = open_sockets().size();
    unused_port const port(*call.context);
    call.run(port.number());
    REQUIRE(call.failed);
    expect_error(*call.failed, errc::connect_failed, {"127.0.1.8: ", "; and 92 other addresses"});
    CHECK(std::string_view(call.failed->what()).find("127.0.1.9") == std::string_view::npos);
    CHECK(call.elapsed < call.with.timeouts.connect / 2);
    CHECK(open_sockets().size() == before + 1); // that of the port
}

TEST_CASE("addresses: a hundred that refuse or do not answer end the call at timeouts.connect and leave no descriptor")
{
    scene call;
    call.with.retry.max_retries = 0;
    call.with.timeouts.connect = 2s;
    std::vector<std::string> addresses;
    for (int i = 1; i <= 100; ++i)
        addresses.push_back("127.0.1." + std::to_string(i));
    names().set(host, addresses);
    unused_port const port(*call.context);
    std::vector<std::unique_ptr<silent_listener>> silent;
    std::uint16_t const number = port.number();
    for (int i : {2, 5, 60})
        silent.push_back(std::make_unique<silent_listener>(*call.context, "127.0.1." + std::to_string(i), number));
    std::size_t const before = open_sockets().size();
    call.run(number);
    REQUIRE(call.failed);
    expect_error(*call.failed, errc::connect_timeout,
                 {"within 2 s", "127.0.1.1: ", "refused", "127.0.1.2: no answer", "; and 92 other addresses"});
    CHECK(std::string_view(call.failed->what()).find("127.0.1.9") == std::string_view::npos);
    CHECK(call.elapsed < long_enough);
    CHECK(open_sockets().size() == before);
}

TEST_CASE("addresses: if none of them answers, the error at timeouts.connect names those that were tried")
{
    names().set(host, {"127.0.0.2", "127.0.0.3"});
    scene call;
    call.with.retry.max_retries = 0;
    call.with.timeouts.connect = 600ms;
    unused_port const port(*call.context);
    silent_listener const first(*call.context, "127.0.0.2", port.number());
    silent_listener const second(*call.context, "127.0.0.3", port.number());
    std::size_t const before = open_sockets().size();
    call.run(port.number());
    REQUIRE(call.failed);
    expect_error(*call.failed, errc::connect_timeout, {host, "600 ms", "127.0.0.2: no answer", "127.0.0.3: no answer"});
    CHECK(call.elapsed < long_enough);
    CHECK(open_sockets().size() == before);
}

TEST_CASE("addresses: a call that is cancelled while two of them are tried ends at once and leaves no descriptor")
{
    names().set(host, {"127.0.0.2", "127.0.0.3", "127.0.0.4"});
    scene call;
    call.with.timeouts.connect = std::chrono::hours{1};
    unused_port const port(*call.context);
    silent_listener const first(*call.context, "127.0.0.2", port.number());
    silent_listener const second(*call.context, "127.0.0.3", port.number());
    silent_listener const third(*call.context, "127.0.0.4", port.number());
    std::size_t const before = open_sockets().size();
    foundry::client<> const client = call.make_client(port.number());
    call.start(client);
    while (open_sockets().size() < before + 2)
        call.context->run_one();
    call.cancel.emit(asio::cancellation_type::terminal);
    call.context->run();
    CHECK(is_cancellation(call.thrown));
    CHECK(open_sockets().size() == before);
    CHECK(client.connections().open == 0);
}
