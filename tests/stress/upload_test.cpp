// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// How much memory a large upload takes.

#include "support/fixture.hpp"
#include "support/process_memory.hpp"

#include <foundry/call.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <iostream>

using namespace foundry_test;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// Reads so many bytes of a request and answers.
asio::awaitable<void> take(asio::ip::tcp::acceptor& from, std::size_t size)
{
    asio::ip::tcp::socket client = co_await from.async_accept(asio::use_awaitable);
    std::string bytes(64 * 1024, '\0');
    for (std::size_t got = 0; got < size;)
        got += co_await client.async_read_some(asio::buffer(bytes), asio::use_awaitable);
    std::string const reply = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{}";
    co_await asio::async_write(client, asio::buffer(reply), asio::use_awaitable);
}

asio::awaitable<void> send(foundry::client<> client, foundry::multipart form, bool is_moved)
{
    foundry::route const files{"POST", "files"};
    if (is_moved)
        static_cast<void>(co_await client.call<boost::json::value>(files, std::move(form)));
    else
        static_cast<void>(co_await client.call<boost::json::value>(files, form));
}

/// What sending a form takes besides the form, in MiB at most.
std::size_t cost_of(std::size_t size, bool is_moved)
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    asio::co_spawn(context, take(acceptor, size), asio::detached);
    foundry::endpoint where{urls[3]};
    where.connect_to("127.0.0.1", acceptor.local_endpoint().port());
    foundry::client<> const client(context, where, foundry::no_credential{});
    foundry::multipart form;
    form.add_file("file", "f", "application/octet-stream", std::string(size, 'x'));
    std::size_t const before = begin_measuring();
    std::exception_ptr failure;
    asio::co_spawn(context, send(client, std::move(form), is_moved), [&](std::exception_ptr e) { failure = e; });
    context.run();
    CHECK(!failure);
    return (peak_memory() - before) / 1024;
}

} // namespace

TEST_SUITE_BEGIN("upload");

TEST_CASE("upload: a large form is in memory once if it is moved into its call, and twice if it is copied")
{
    std::size_t const moved = cost_of(128 * mib, true);
    std::size_t const copied = cost_of(128 * mib, false);
    CHECK(moved < 16);
    CHECK(copied < 128 + 16);
    std::cout << "report: upload: 128 MiB take " << moved << " MiB besides the form, " << copied
              << " MiB if it is not moved" << std::endl;
}

TEST_SUITE_END();
