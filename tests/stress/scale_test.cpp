// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// One client with thousands of open streams or realtime sessions, and with a thousand new connections in a second. The server is another
// process, so that memory, processor time and descriptors are the client's own: FOUNDRY_SCALE_SERVER has its plain port, its TLS port and
// the file of its certificate.

#include "benchmark/measure.hpp"
#include "benchmark/paced_calls.hpp"
#include "benchmark/paced_streams.hpp"

#include <foundry.hpp>
#include <foundry/realtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;

namespace {

bool is_long() { return std::getenv("FOUNDRY_LONG") != nullptr; }

struct server_address
{
    server_address()
    {
        char const* const text = std::getenv("FOUNDRY_SCALE_SERVER");
        if (text == nullptr)
            throw std::runtime_error("FOUNDRY_SCALE_SERVER is not set; run scale.sh");
        std::istringstream(text) >> plain_port >> tls_port >> certificate_file;
    }

    unsigned short plain_port = 0;
    unsigned short tls_port = 0;
    std::string certificate_file;
};

foundry::client<> client_of(asio::io_context& context, server_address const& server, std::string const& answer,
                            bool tls, std::size_t max_connections)
{
    unsigned short const port = tls ? server.tls_port : server.plain_port;
    foundry::endpoint service((tls ? "https://localhost:" : "http://localhost:") + std::to_string(port) + "/" + answer +
                              "/v1");
    service.connect_to("127.0.0.1", port);
    foundry::options settings;
    settings.tls.ca_file = server.certificate_file;
    settings.pool.max_connections = max_connections;
    settings.retry.max_retries = 0; // a failure is to be seen
    return foundry::client<>(context.get_executor(), std::move(service),
                             foundry::any_credential(foundry::api_key("key")), std::move(settings));
}

std::size_t descriptors()
{
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

double thread_time()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// How long each stream waits between two of its chunks, counted in chunks that other streams receive: a count does not depend on what
/// else the machine does.
class waiting_times
{
public:
    explicit waiting_times(std::size_t streams) : last_(streams), chunks_of_(streams) {}

    void note(std::size_t stream)
    {
        ++now_;
        if (chunks_of_[stream]++ != 0)
            waits_.push_back(now_ - last_[stream]);
        last_[stream] = now_;
    }

    std::vector<std::size_t> const& chunks_of() const noexcept { return chunks_of_; }
    std::size_t longest() const { return *std::max_element(waits_.begin(), waits_.end()); }
    std::size_t median()
    {
        auto const middle = waits_.begin() + static_cast<std::ptrdiff_t>(waits_.size() / 2);
        std::nth_element(waits_.begin(), middle, waits_.end());
        return *middle;
    }

private:
    std::size_t now_ = 0;
    std::vector<std::size_t> last_;
    std::vector<std::size_t> chunks_of_;
    std::vector<std::size_t> waits_;
};

/// The streams of one client, from the first to the last descriptor.
void hold_streams(server_address const& server, std::size_t count)
{
    CAPTURE(count);
    std::size_t const rounds = std::max<std::size_t>(5, 4000 / count);
    std::size_t const before = descriptors();
    std::size_t at_peak = 0;
    double kib_each = 0;
    double cpu_each = 0;
    double longest_turn = 0;
    waiting_times waits(count);
    {
        asio::io_context context(1);
        foundry::client<> client = client_of(context, server, "paced", false, count);
        benchmark::paced_streams streams(context, client, server.plain_port, count, std::min<std::size_t>(count, 4));
        long const resident = benchmark::resident_kib();
        streams.open();
        kib_each = static_cast<double>(benchmark::resident_kib() - resident) / static_cast<double>(count);
        at_peak = descriptors();

        long const begun = benchmark::processor_time();
        streams.run(rounds);
        cpu_each = static_cast<double>(benchmark::processor_time() - begun) / static_cast<double>(streams.received());
        CHECK(streams.received() == rounds * count);

        streams.on_chunk = [&](std::size_t stream) { waits.note(stream); };
        streams.run(rounds, [&] {
            double const begun_at = thread_time();
            streams.turn();
            longest_turn = std::max(longest_turn, thread_time() - begun_at);
        });
        CHECK(std::count(waits.chunks_of().begin(), waits.chunks_of().end(), rounds) ==
              static_cast<std::ptrdiff_t>(count));
        streams.finish();
        CHECK(streams.opened() == count);
        CHECK(streams.ended() == count);
    }
    std::size_t const after = descriptors();
    CHECK(at_peak >= before + count);
    CHECK(after == before);
    std::size_t const median = waits.median();
    CHECK(waits.longest() <= 10 * median);
    std::cout << "report: scale: " << count << " open streams, " << 2 * rounds << " chunks each: " << kib_each
              << " KiB a stream, " << cpu_each << " us of processor time a chunk, longest turn " << longest_turn
              << " us; a stream waits for " << median << " chunks of all streams, " << waits.longest()
              << " at most; descriptors " << before << ", " << at_peak << ", " << after << std::endl;
}

FOUNDRY_CORO asio::awaitable<void> ask(foundry::client<>& client, std::size_t& answered)
{
    foundry::chat_request request("mistral-large");
    request.user("How many feet are in a mile?");
    foundry::chat_completion const reply = co_await client.complete(request);
    answered += reply.text().size() == 89 ? 1U : 0U;
}

/// Calls at a rate, each on a connection of its own.
void make_cold_calls(server_address const& server, bool tls)
{
    constexpr std::size_t rate = 1000;
    std::size_t const calls = rate * (is_long() ? 5 : 1);
    std::size_t const before = descriptors();
    std::size_t answered = 0;
    std::size_t failed = 0;
    double cpu_each = 0;
    {
        asio::io_context context(1);
        foundry::client<> client = client_of(context, server, "closing", tls, 256);
        long const begun = benchmark::processor_time();
        benchmark::run_paced(context, calls, rate, [&](std::size_t) {
            asio::co_spawn(context, ask(client, answered),
                           [&failed](std::exception_ptr thrown) { failed += thrown ? 1U : 0U; });
        });
        cpu_each = static_cast<double>(benchmark::processor_time() - begun) / static_cast<double>(calls);
    }
    CHECK(answered == calls);
    CHECK(failed == 0);
    CHECK(descriptors() == before);
    std::cout << "report: scale: " << calls << " calls, " << rate << " a second, each on a new "
              << (tls ? "TLS" : "plain") << " connection: " << answered << " answered, " << cpu_each
              << " us of processor time a call" << std::endl;
}

FOUNDRY_CORO asio::awaitable<void> open_session(foundry::client<>& client,
                                                std::vector<foundry::realtime_session>& sessions)
{
    foundry::realtime const realtime(client);
    sessions.push_back(co_await realtime.connect("gpt-realtime"));
}

/// Sessions that are opened one after the other.
struct held_sessions
{
    held_sessions(server_address const& server, std::size_t count, bool tls)
        : client(client_of(context, server, "realtime", tls, count + 1))
    {
        sessions.reserve(count + 1);
        long before = 0;
        while (sessions.size() != count + 1) {
            std::size_t const opened = sessions.size();
            asio::co_spawn(context, open_session(client, sessions), foundry::rethrow);
            while (sessions.size() == opened)
                context.run_one();
            if (opened == 0)
                before = benchmark::resident_kib();
        }
        kib_each = static_cast<double>(benchmark::resident_kib() - before) / static_cast<double>(count);
    }

    asio::io_context context{1};
    foundry::client<> client;
    std::vector<foundry::realtime_session> sessions;
    double kib_each = 0; // after the first
};

} // namespace

TEST_SUITE_BEGIN("scale");

TEST_CASE("scale: an open realtime session takes bounded memory, however many there are")
{
    server_address const server;
    benchmark::raise_descriptor_limit();
    std::list<held_sessions> all; // of which none takes memory that another one has freed
    for (bool const tls : {false, true}) {
        for (std::size_t const count : std::initializer_list<std::size_t>{200, 1000}) {
            all.emplace_back(server, count, tls);
            CHECK(all.back().client.connections().open == count + 1);
            CHECK(all.back().kib_each < (tls ? 60 : 30));
            std::cout << "report: scale: " << count << " open realtime sessions, " << (tls ? "TLS" : "plain") << ": "
                      << all.back().kib_each << " KiB each" << std::endl;
        }
    }
}

TEST_CASE("scale: thousands of open streams of one client receive every chunk, none waits long, and all descriptors "
          "are freed")
{
    server_address const server;
    std::size_t wanted = is_long() ? 10'000 : 1000;
    std::size_t const limit = benchmark::raise_descriptor_limit();
    if (wanted + 100 > limit) {
        wanted = (limit - 100) / 4 * 4;
        std::cout << "report: scale: only " << wanted << " streams, as the limit of descriptors is " << limit
                  << std::endl;
    }
    for (std::size_t const count : std::initializer_list<std::size_t>{1, 100, 1000, 10'000}) {
        if (count <= wanted)
            hold_streams(server, count);
        else if (count < wanted * 10)
            hold_streams(server, wanted);
    }
}

TEST_CASE("scale: a thousand new connections in a second all carry a call")
{
    server_address const server;
    benchmark::raise_descriptor_limit();
    for (bool const tls : {false, true})
        make_cold_calls(server, tls);
}

TEST_SUITE_END();
