// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// How connections end: with the close_notify of TLS, unless another process may use them.

#include "support/tls_peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace foundry_test::tls_close_test {

asio::awaitable<void> answer_and_read_to_end(std::shared_ptr<tls_peer> server)
{
    std::unique_ptr<tls_stream> const stream = co_await accept(*server);
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await answer_one(*stream);
    co_await read_to_end(*server, *stream);
}

asio::awaitable<void> read_all_to_end(std::shared_ptr<tls_peer> server)
{
    std::unique_ptr<tls_stream> const stream = co_await accept(*server);
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await read_to_end(*server, *stream);
}

asio::awaitable<void> begin_stream_and_read_to_end(std::shared_ptr<tls_peer> server)
{
    std::unique_ptr<tls_stream> const stream = co_await accept(*server);
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await read_request(*stream);
    co_await write_text(*stream, begun_stream());
    co_await read_to_end(*server, *stream);
}

/// A server, on a context that outlives the client.
struct scene
{
    explicit scene(int version) { server->speak_only(version); }

    void serve(asio::awaitable<void> body) { asio::co_spawn(context, std::move(body), asio::detached); }

    void run()
    {
        context.restart();
        context.run();
    }

    asio::io_context context;
    std::shared_ptr<tls_peer> server = std::make_shared<tls_peer>(context.get_executor());
};

void ask(scene& s, foundry::client<>& client)
{
    bool is_answered = false;
    asio::co_spawn(s.context, expect_text(client, "fine"), [&](std::exception_ptr e) { is_answered = !e; });
    s.context.restart();
    while (!is_answered && s.context.run_one() != 0) {
    }
    CHECK(is_answered);
    CHECK(s.server->ended == 0);
}

asio::awaitable<void> read_first_and_drop(foundry::client<>& client)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_chunk const* const first = co_await chunks.read();
    REQUIRE(first != nullptr);
    CHECK(first->text() == "a");
}

TEST_CASE("TLS close: an idle connection that the program closes ends with close_notify")
{
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        scene s(version);
        s.serve(answer_and_read_to_end(s.server));
        foundry::client<> client = s.server->make_client(s.server->trusted());
        ask(s, client);
        client.close_idle();
        s.run();
        CHECK(s.server->ended == 1);
        CHECK(s.server->end == asio::error::eof);
    }
}

TEST_CASE("TLS close: the connection of a client that is destroyed ends with close_notify")
{
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        scene s(version);
        s.serve(answer_and_read_to_end(s.server));
        {
            foundry::client<> client = s.server->make_client(s.server->trusted());
            ask(s, client);
        }
        s.run();
        CHECK(s.server->ended == 1);
        CHECK(s.server->end == asio::error::eof);
    }
}

TEST_CASE("TLS close: a connection that has carried no request ends with close_notify")
{
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        scene s(version);
        s.serve(read_all_to_end(s.server));
        foundry::client<> client = s.server->make_client(s.server->trusted());
        asio::co_spawn(s.context, client.warm_up(), [&](std::exception_ptr e) {
            CHECK(!e);
            client.close_idle(); // with the session tickets of TLS 1.3 unread
        });
        s.run();
        CHECK(s.server->ended == 1);
#if defined(_WIN32) // tickets that are under way make it a reset, and Windows drops what arrived before that
        CHECK((s.server->end == asio::error::eof || version == TLS1_3_VERSION));
#else
        CHECK(s.server->end == asio::error::eof);
#endif
    }
}

TEST_CASE("TLS close: the connection of a stream that is dropped in its middle ends with close_notify")
{
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        scene s(version);
        s.serve(begin_stream_and_read_to_end(s.server));
        foundry::client<> client = s.server->make_client(s.server->trusted());
        asio::co_spawn(s.context, read_first_and_drop(client), [](std::exception_ptr e) { CHECK(!e); });
        s.run();
        CHECK(s.server->ended == 1);
        CHECK(s.server->end == asio::error::eof);
        CHECK(client.connections().open == 0);
    }
}

#if !defined(_WIN32) // which has no fork()

asio::awaitable<void> answer_two_and_read_to_end(std::shared_ptr<tls_peer> server)
{
    std::unique_ptr<tls_stream> const stream = co_await accept(*server);
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await answer_one(*stream);
    co_await answer_one(*stream);
    co_await read_to_end(*server, *stream);
}

/// What a child process does with the client that it has inherited.
void in_child(scene& s, std::function<void()> const& body)
{
    s.context.notify_fork(asio::io_context::fork_prepare);
    pid_t const child = ::fork();
    if (child == 0) {
        s.context.notify_fork(asio::io_context::fork_child);
        body();
        ::_exit(0);
    }
    s.context.notify_fork(asio::io_context::fork_parent);
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("TLS close: a forked child that closes the connections it has inherited does not end those of its parent")
{
    for (bool const destroys : {false, true}) {
        CAPTURE(destroys);
        scene s(TLS1_3_VERSION);
        s.serve(answer_two_and_read_to_end(s.server));
        std::optional<foundry::client<>> client = s.server->make_client(s.server->trusted());
        ask(s, *client);
        in_child(s, [&] {
            if (destroys)
                client.reset();
            else
                client->close_idle();
        });
        ask(s, *client); // reads on the same connection
        CHECK(s.server->accepted == 1);
        client.reset();
        s.run();
        CHECK(s.server->end == asio::error::eof);
    }
}

#endif

} // namespace foundry_test::tls_close_test
