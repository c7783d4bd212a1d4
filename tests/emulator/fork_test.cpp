// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A program that forks: what the parent's client has open is not the child's to use.

#include "support/fixture.hpp"

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

namespace foundry_test::fork_test {

struct pipe_of_text
{
    pipe_of_text() { REQUIRE(::pipe(ends.data()) == 0); }
    pipe_of_text(pipe_of_text const&) = delete;
    pipe_of_text& operator=(pipe_of_text const&) = delete;
    ~pipe_of_text()
    {
        close_end(0);
        close_end(1);
    }

    void close_end(std::size_t which)
    {
        if (ends[which] != -1)
            ::close(std::exchange(ends[which], -1));
    }

    void write(std::string const& text) const { CHECK(::write(ends[1], text.data(), text.size()) != -1); }

    /// Up to a line end, or the end of what is written.
    std::string read_line() const
    {
        std::string line;
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';)
            line += c;
        return line;
    }

    std::array<int, 2> ends{-1, -1};
};

/// An emulator in a process of its own, for a process with threads should not fork. Its lines: the port, and in the end how many
/// connections it has seen and the ids of the requests.
struct emulator_process
{
    emulator_process()
    {
        id = ::fork();
        if (id == 0) {
            said.close_end(0);
            asked.close_end(1);
            {
                foundry::testing::emulator const service(unchecked());
                said.write(std::to_string(service.plain_port()) + '\n');
                asked.read_line();
                std::string ids;
                for (auto const& request : service.journal())
                    ids += " " + std::string(request.header("x-ms-client-request-id").value_or(""));
                said.write(std::to_string(service.connections()) + ids + '\n');
            }
            ::_exit(0);
        }
        said.close_end(1);
        asked.close_end(0);
    }
    ~emulator_process()
    {
        asked.close_end(1);
        ::waitpid(id, nullptr, 0);
    }

    pipe_of_text said;
    pipe_of_text asked;
    pid_t id;
};

std::string ask(asio::io_context& context, foundry::client<> const& client)
{
    std::string text;
    asio::co_spawn(
        context, client.complete("gpt-4o-mini", "Hello."),
        [&](std::exception_ptr e, foundry::chat_completion reply) { text = e ? "failed" : std::string(reply.text()); });
    context.restart();
    context.run();
    return text;
}

TEST_CASE("fork: parent and child use connections and request ids of their own")
{
    emulator_process service;
    foundry::endpoint where{urls[3]};
    where.connect_to("127.0.0.1", static_cast<std::uint16_t>(std::stoi(service.said.read_line())));
    asio::io_context context{1};
    foundry::client<> const client(context, where, foundry::no_credential{});
    CHECK(!ask(context, client).empty());

    pipe_of_text answer;
    context.notify_fork(asio::io_context::fork_prepare);
    pid_t const child = ::fork();
    if (child == 0) {
        context.notify_fork(asio::io_context::fork_child);
        answer.write(ask(context, client) + '\n');
        ::_exit(0);
    }
    context.notify_fork(asio::io_context::fork_parent);
    answer.close_end(1);
    std::string const of_child = answer.read_line();
    ::waitpid(child, nullptr, 0);
    std::string const of_parent = ask(context, client);
    CHECK(!of_child.empty());
    CHECK(of_child != "failed");
    CHECK(of_parent == of_child);

    service.asked.write("\n");
    std::istringstream counted(service.said.read_line());
    int connections = 0;
    counted >> connections;
    CHECK(connections == 2);
    std::set<std::string> ids;
    for (std::string id; counted >> id;)
        ids.insert(id);
    CHECK(ids.size() == 3);
}

} // namespace foundry_test::fork_test
