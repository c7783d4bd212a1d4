// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A thousand readers of examples/apps/server.cpp at once, over plain sockets: the server is a process of its own, so that what it holds
// can be counted.

#include "support/fixture.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

using namespace foundry_test;
using namespace std::chrono_literals;
using asio::ip::tcp;
using foundry::testing::answer;
using foundry::testing::emulator;

namespace {

constexpr std::size_t readers = 1000;
constexpr std::size_t slow_ones = 10;
constexpr double tolerance = 1.1; // of the server's memory
/// Answered in 15 or 16 words, slowly enough for all to be under way when the last begins.
constexpr double words_per_second = 1.5;
constexpr std::array questions = {
    "Why does a ship float? Be brief.",  "What is an embedding? Be brief.", "How is the weather? Be brief.",
    "Is C++ a good language? Be brief.", "What is TLS for? Be brief.",
};

template <class Condition>
bool comes_true(Condition condition)
{
    auto const until = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(5ms);
    return condition();
}

/// The server as a process, its output in a file.
class process
{
public:
    process(emulator const& service, std::string log) : log_(std::move(log))
    {
        std::string const url = "http://127.0.0.1:" + std::to_string(service.plain_port()) + "/v1";
        ::setenv("AZURE_AI_ENDPOINT", url.c_str(), 1);
        ::setenv("AZURE_AI_API_KEY", service.api_key().c_str(), 1);
        ::setenv("AZURE_AI_MODEL", "gpt-4o-mini", 1);
        // The address sanitizer would keep freed memory for a while, up to 256 MB of it.
        ::setenv("ASAN_OPTIONS", "quarantine_size_mb=0:thread_local_quarantine_size_kb=0", 1);
        std::filesystem::remove(log_);
        int const log_file = ::open(log_.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(log_file, STDOUT_FILENO);
            for (int i = 3; i != 256; ++i) // the emulator's sockets among them
                ::close(i);
            ::execl(FOUNDRY_SERVER, FOUNDRY_SERVER, "0", static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ::close(log_file);
        REQUIRE(comes_true([this] { return count("http://") == 1; }));
        std::string const text = output();
        port_ = static_cast<std::uint16_t>(std::stoul(text.substr(text.find("127.0.0.1:") + 10)));
    }
    process(process const&) = delete;
    process& operator=(process const&) = delete;
    ~process()
    {
        if (pid_ > 0)
            end();
    }

    std::uint16_t port() const { return port_; }

    std::string output() const
    {
        std::ifstream file(log_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::size_t count(std::string_view words) const
    {
        std::string const text = output();
        std::size_t found = 0;
        for (std::size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1))
            ++found;
        return found;
    }

    double resident_mib() const
    {
        std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
        std::size_t pages = 0;
        std::size_t resident = 0;
        statm >> pages >> resident;
        return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
    }

    std::size_t descriptors() const
    {
        std::filesystem::directory_iterator const all("/proc/" + std::to_string(pid_) + "/fd");
        return static_cast<std::size_t>(std::distance(all, {}));
    }

    /// Ends it as a service manager does. Returns its exit status.
    int end()
    {
        int status = 0;
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    std::string log_;
    pid_t pid_ = 0;
    std::uint16_t port_ = 0;
};

/// How far the readers are.
struct crowd
{
    explicit crowd(asio::io_context& context)
        : fast_begun(context, never),
          all_begun(context, never),
          fast_done(context, never)
    {}

    static constexpr auto never = std::chrono::steady_clock::time_point::max();

    std::size_t begun = 0;
    std::size_t whole = 0;
    std::size_t wrong = 0;
    asio::steady_timer fast_begun; // cancelled when they have
    asio::steady_timer all_begun;
    asio::steady_timer fast_done;
};

std::string post(std::string_view question)
{
    boost::json::object message;
    message["role"] = "user";
    message["content"] = question;
    boost::json::object body;
    body["messages"] = boost::json::array{message};
    std::string const text = boost::json::serialize(body);
    return "POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\n\r\n" + text;
}

FOUNDRY_CORO asio::awaitable<std::string> read_line(tcp::socket& from, std::string& buffer)
{
    std::size_t const size =
        co_await asio::async_read_until(from, asio::dynamic_buffer(buffer), '\n', asio::use_awaitable);
    std::string line = buffer.substr(0, size);
    buffer.erase(0, size);
    line.erase(line.find_last_not_of("\r\n") + 1);
    co_return line;
}

FOUNDRY_CORO asio::awaitable<void> until(asio::steady_timer& timer)
{
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

/// Reads an answer to its `end` event. A slow reader stops behind the first piece until all others are done.
FOUNDRY_CORO asio::awaitable<std::string> read_answer(std::uint16_t port, std::string question, bool slow, crowd& all)
{
    tcp::socket socket(co_await asio::this_coro::executor);
    socket.open(tcp::v4());
    if (slow)
        socket.set_option(asio::socket_base::receive_buffer_size(16 * 1024));
    tcp::endpoint const there(asio::ip::address_v4::loopback(), port);
    co_await socket.async_connect(there, asio::use_awaitable);
    std::string const request = post(question);
    co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);

    std::string buffer;
    std::string text;
    std::string name;
    bool first = true;
    while (name != "end") {
        std::string const line = co_await read_line(socket, buffer);
        if (line.starts_with("event: "))
            name = line.substr(7);
        if (!line.starts_with("data: ") || name != "piece")
            continue;
        text += boost::json::parse(line.substr(6)).at("text").as_string();
        if (!std::exchange(first, false))
            continue;
        if (++all.begun == readers - slow_ones)
            all.fast_begun.cancel();
        if (all.begun == readers)
            all.all_begun.cancel();
        if (slow)
            co_await until(all.fast_done);
    }
    co_return text;
}

FOUNDRY_CORO asio::awaitable<void> check_answer(std::uint16_t port, std::string question, std::string expected,
                                                crowd& all)
{
    std::string const text = co_await read_answer(port, std::move(question), false, all);
    ++(text == expected ? all.whole : all.wrong);
    if (all.whole + all.wrong == readers - slow_ones)
        all.fast_done.cancel();
}

void rethrow(std::exception_ptr e)
{
    if (e)
        std::rethrow_exception(e);
}

/// What the service says without a server in between.
std::string said_by(emulator const& service, std::string_view question)
{
    std::string text;
    run([](emulator const& to, std::string_view words, std::string& into) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, to, urls[3]);
        foundry::chat_request request{"gpt-4o-mini"};
        request.system("You are a helpful assistant.").user(std::string(words));
        foundry::chat_completion const reply = co_await client.complete(request);
        into = reply.text();
    }(service, question, text));
    return text;
}

constexpr std::size_t large_piece = 16 * 1024;
constexpr std::size_t large_pieces = 64;

/// More than the sockets on the way to a reader hold, all of one letter.
answer large_answer(char letter)
{
    std::string const piece =
        R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(large_piece, letter) + "\"}}]}\n\n";
    std::string body;
    for (std::size_t i = 0; i != large_pieces; ++i)
        body += piece;
    return answer::events(body + R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})" +
                          "\n\ndata: [DONE]\n\n");
}

/// Which of the large answers it gets, its first letter tells.
FOUNDRY_CORO asio::awaitable<void> check_large_answer(std::uint16_t port, crowd& all)
{
    std::string const text = co_await read_answer(port, "Tell me a lot", true, all);
    ++(text == std::string(large_piece * large_pieces, text.at(0)) ? all.whole : all.wrong);
}

void allow_descriptors(rlim_t count)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < count) {
        std::cout << "Skipped: this needs " << count << " descriptors, and the limit is " << limit.rlim_max
                  << std::endl;
        std::exit(77);
    }
    limit.rlim_cur = std::max(limit.rlim_cur, count);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// What the server holds, in MiB, and how long a round took, in seconds.
struct figures
{
    double connected = 0; ///< When all readers but the slow ones have their first piece.
    double waiting = 0;   ///< When all are done but the slow ones.
    double begun_after = 0;
    double done_after = 0;
};

figures one_round(emulator& service, process const& server, std::array<std::string, questions.size()> const& expected)
{
    asio::io_context context;
    crowd all(context);
    figures f;
    auto const start = std::chrono::steady_clock::now();
    auto const since_start = [start] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    for (std::size_t i = 0; i != readers - slow_ones; ++i) {
        std::size_t const q = i % questions.size();
        asio::co_spawn(context, check_answer(server.port(), questions[q], expected[q], all), rethrow);
    }
    all.fast_begun.async_wait([&](boost::system::error_code) {
        f.connected = server.resident_mib();
        for (std::size_t i = 0; i != slow_ones; ++i) {
            service.queue(large_answer(static_cast<char>('a' + i)));
            asio::co_spawn(context, check_large_answer(server.port(), all), rethrow);
        }
    });
    all.all_begun.async_wait([&](boost::system::error_code) {
        CHECK(all.whole + all.wrong == 0);
        CHECK(service.open_connections() == readers);
        f.begun_after = since_start();
    });
    all.fast_done.async_wait([&](boost::system::error_code) { f.waiting = server.resident_mib(); });
    context.run();
    f.done_after = since_start();
    CHECK(all.whole == readers);
    CHECK(all.wrong == 0);
    return f;
}

} // namespace

TEST_CASE("server load: a thousand readers at once, ten of them slow, get whole answers, and memory and descriptors "
          "stay constant")
{
    allow_descriptors(4096);
    std::size_t const rounds = std::getenv("FOUNDRY_LONG") != nullptr ? 10 : 1;
    foundry::testing::emulator_options pace;
    pace.tls = false;
    pace.words_per_second = words_per_second;
    emulator service(pace);
    std::array<std::string, questions.size()> expected;
    for (std::size_t i = 0; i != questions.size(); ++i)
        expected[i] = said_by(service, questions[i]);
    CHECK(service.wait_for_open_at_most(0, 10s));

    process server(service, "server_load.log");
    std::size_t const descriptors = server.descriptors();
    double early = 0;
    for (std::size_t round = 1; round <= rounds; ++round) {
        figures const f = one_round(service, server, expected);
        service.clear_journal();
        if (round == 1)
            early = f.connected;
        CHECK(comes_true([&] { return server.count(" pieces, whole") == readers * round; }));
        // The pool keeps the connections of the calls, and nothing else is left.
        CHECK(comes_true([&] { return server.descriptors() == descriptors + service.open_connections(); }));
        CHECK(service.open_connections() <= readers);
        double const late = server.resident_mib();
        CHECK(f.connected < early * tolerance);
        CHECK(f.waiting < early * tolerance);
        CHECK(late < early * tolerance);
        std::cout << "report: server: " << readers << " readers, all begun after " << f.begun_after << " s, done after "
                  << f.done_after << " s; RSS " << f.connected << " MiB when all are connected, " << f.waiting
                  << " when only the slow ones are left, " << late << " at the end; descriptors " << descriptors
                  << " -> " << server.descriptors() << ", " << service.open_connections()
                  << " of them of kept connections\n";
    }
    CHECK(server.end() == 0);
    CHECK(service.wait_for_open_at_most(0, 10s));
}
