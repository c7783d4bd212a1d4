// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An hour of calls through a proxy, run by soak.sh: memory, descriptors and connections stay what they are, and errors come only from
// what is done to the proxy and to the service.
//
//     soak PROXY_URL PORT CA_FILE SECONDS
//
// SECONDS are those that the hour lasts; the life of tokens and connections is as much shorter. The program asks for each disturbance by
// a line of its output, `order: NAME ARGUMENT`, and reads a line when it is over.

#include "benchmark/measure.hpp"

#include <foundry.hpp>
#include <foundry/entra/client_secret_credential.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <unistd.h>

namespace asio = boost::asio;
using foundry::errc;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
using time_point = clock_type::time_point;

std::size_t descriptors()
{
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Bytes that the program has allocated and not freed; 0 if the C library does not tell.
std::size_t heap_in_use()
{
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 33)
    return ::mallinfo2().uordblks;
#endif
#endif
    return 0;
}

enum class operation
{
    complete,
    stream,
    embed
};
constexpr std::array<char const*, 3> operation_names{"complete", "stream", "embed"};

/// What is done in the course of the hour, and in which minute. The first twelfth has a restart, a key, an address and a burst, so that
/// what the process allocates once is there when it is measured first.
struct event
{
    enum class kind
    {
        restart, ///< The proxy ends, and starts again.
        rotate,  ///< The service takes another API key only.
        move,    ///< The service has another address; the old one works on.
        leave,   ///< The old address ends, when no connection may use it any more.
        burst,   ///< Many calls at once.
        pause,   ///< No calls, for longer than connections may be idle; then a burst.
        measure
    };
    int minute;
    kind what;
    char const* argument = "";
};
using kind = event::kind;
constexpr std::array<char const*, 7> kind_names{"restart", "rotate", "move", "leave", "burst", "pause", "measure"};

constexpr event hour[] = {
    {1, kind::restart, "TERM"},
    {2, kind::rotate, "key-1"},
    {3, kind::move, "127.0.0.3"},
    {4, kind::burst},
    {5, kind::measure},
    {8, kind::restart, "KILL"},
    {11, kind::rotate, "key-2"},
    {14, kind::leave, "127.0.0.2"},
    {16, kind::burst},
    {17, kind::pause},
    {23, kind::restart, "TERM"},
    {25, kind::move, "127.0.0.4"},
    {28, kind::measure},
    {29, kind::rotate, "key-3"},
    {33, kind::restart, "KILL"},
    {36, kind::leave, "127.0.0.3"},
    {38, kind::burst},
    {40, kind::pause},
    {46, kind::move, "127.0.0.5"},
    {47, kind::measure},
    {48, kind::rotate, "key-4"},
    {51, kind::restart, "TERM"},
    {57, kind::leave, "127.0.0.4"},
    {58, kind::rotate, "key-5"},
    {60, kind::measure},
};
constexpr int pause_minutes = 5; // a connection is cut after four
// Those of a burst before a pause are still young enough after it, and those to an old address are not when it is left.
constexpr int max_age_minutes = 8;

/// A time in which errors are expected, of calls that it overlaps.
struct disturbance
{
    kind what;
    time_point begin;
    time_point end = time_point::max();

    bool explains(errc code) const
    {
        if (what == kind::restart || what == kind::move) // squid does not listen while it reads its configuration again
            return code == errc::connect_failed || code == errc::proxy_failed || code == errc::connection_lost ||
                   code == errc::stream_truncated;
        return what == kind::rotate && code == errc::unauthorized;
    }
};

struct measurement
{
    int minute = 0;
    long resident_kib = 0;
    std::size_t heap = 0;
    std::size_t descriptors = 0;
    std::size_t pooled = 0; // connections before the idle ones are closed
};

class soak
{
public:
    soak(asio::io_context& context, std::string proxy, std::string const& port, std::string ca_file,
         std::chrono::seconds length)
        : context_(context),
          length_(length),
          by_token_(context, foundry::endpoint("https://contoso.services.ai.azure.com:" + port + "/models"),
                    application(port), settings(proxy, ca_file, 200)),
          // longer than the proxy allows: a connection that was cut is not used
          by_key_(context, foundry::endpoint("https://gateway.contoso.com:" + port + "/v1"),
                  foundry::any_credential(foundry::api_key("key-0")), settings(proxy, ca_file, 600)),
          orders_(context, ::dup(STDIN_FILENO)),
          at_rest_(descriptors())
    {
        disturbances_.reserve(std::size(hour)); // so that they do not count as memory that grows
        measured_.reserve(std::size(hour));
    }

    bool run()
    {
        for (unsigned number = 0; number != workers; ++number)
            spawn(work(number));
        spawn(direct());
        spawn(watch());
        context_.run();
        if (failure_)
            std::rethrow_exception(failure_);
        print();
        return unexpected_ == 0 && is_steady();
    }

private:
    static constexpr unsigned workers = 16;
    static constexpr int burst_size = 40;

    /// So many minutes of the hour.
    std::chrono::milliseconds minutes(int count) const { return count * std::chrono::milliseconds(length_) / 60; }

    foundry::options settings(std::string const& proxy, std::string const& ca_file, int idle_seconds)
    {
        foundry::options with;
        with.proxy = proxy;
        with.tls.additional_ca_file = ca_file; // for the authority, too
        with.pool.max_idle = idle_seconds * std::chrono::milliseconds(length_) / 3600;
        with.pool.max_age = minutes(max_age_minutes);
        with.timeouts.total = with.timeouts.stream_total = 60s;
        with.retry.on_retry = [this](foundry::attempt const& failed, std::chrono::milliseconds) { note_retry(failed); };
        return with;
    }

    static foundry::any_credential application(std::string const& port)
    {
        foundry::entra::credential_options with;
        with.authority_host = "https://login.microsoftonline.com:" + port;
        return foundry::entra::client_secret_credential("contoso-tenant", "contoso-application", "contoso-secret",
                                                        with);
    }

    void spawn(asio::awaitable<void> task)
    {
        asio::co_spawn(context_, std::move(task), [this](std::exception_ptr e) {
            if (e && !failure_)
                failure_ = e;
            if (e)
                context_.stop();
        });
    }

    // ---- Calls

    FOUNDRY_CORO asio::awaitable<void> work(unsigned number)
    {
        std::mt19937 random(number);
        std::uniform_int_distribution<int> pause(100, 300);
        std::uniform_int_distribution<int> choice(0, 5);
        asio::steady_timer timer(context_);
        while (!is_over_) {
            timer.expires_after(std::chrono::milliseconds(pause(random)));
            co_await timer.async_wait(asio::deferred);
            if (is_quiet_ || is_over_)
                continue;
            int const chosen = choice(random);
            co_await call(operation(chosen % 3), chosen < 3);
        }
    }

    /// Right answers and errors that a disturbance explains are counted; others fail the test.
    FOUNDRY_CORO asio::awaitable<void> call(operation what, bool with_token)
    {
        auto const begun = begun_.insert(clock_type::now());
        foundry::client<> client = with_token ? by_token_ : by_key_;
        std::string got;
        std::optional<foundry::error> failed;
        try {
            if (what == operation::embed)
                got = co_await embed(std::move(client));
            else if (what == operation::complete)
                got = co_await complete(std::move(client));
            else
                got = co_await stream(std::move(client));
        } catch (foundry::error const& e) {
            failed = e;
        }
        ++calls_[std::size_t(what)];
        if (failed) {
            note_error(operation_names[std::size_t(what)], with_token, *begun, *failed);
        } else {
            std::string& known = right_[what == operation::embed];
            if (known.empty())
                known = got;
            if (got != known || got.empty())
                note_unexpected("a wrong answer: " + got);
        }
        begun_.erase(begun);
    }

    static foundry::chat_request question()
    {
        foundry::chat_request request{"gpt-4o-mini"};
        request.user("How many feet are in a mile?");
        return request;
    }

    FOUNDRY_CORO static asio::awaitable<std::string> complete(foundry::client<> client)
    {
        foundry::chat_completion const reply = co_await client.complete(question());
        co_return std::string(reply.text());
    }

    FOUNDRY_CORO static asio::awaitable<std::string> stream(foundry::client<> client)
    {
        foundry::chat_stream chunks = co_await client.stream(question());
        std::string text;
        foundry::chat_chunk const* chunk = co_await chunks.read();
        while (chunk != nullptr) {
            text += chunk->text();
            chunk = co_await chunks.read();
        }
        co_return text;
    }

    FOUNDRY_CORO static asio::awaitable<std::string> embed(foundry::client<> client)
    {
        foundry::embedding_request const texts{"text-embedding-3-small", "a mile"};
        foundry::embeddings const vectors = co_await client.embed(texts);
        std::string sum;
        for (float const value : vectors[0])
            sum += std::to_string(value) + ' ';
        co_return sum;
    }

    /// The disturbance that explains the error of what began then; null without one.
    disturbance const* explanation(time_point begun, errc code) const
    {
        auto const found = std::find_if(disturbances_.begin(), disturbances_.end(),
                                        [&](disturbance const& d) { return begun <= d.end && d.explains(code); });
        return found == disturbances_.end() ? nullptr : &*found;
    }

    void note_error(std::string const& what, bool with_token, time_point begun, foundry::error const& failed)
    {
        disturbance const* const why = explanation(begun, errc(failed.code().value()));
        if (why == nullptr || (why->what == kind::rotate && with_token)) {
            note_unexpected(what + ": " + failed.what());
            return;
        }
        ++expected_[std::size_t(why->what)];
        say(std::string(kind_names[std::size_t(why->what)]) + " explains, " + what + ": " + failed.what());
    }

    /// Retries hide connections that should not have been used: in a pause they are cut, and later they lead to an old address.
    void note_retry(foundry::attempt const& failed)
    {
        ++retries_;
        time_point const begun = clock_type::now() - failed.elapsed - 2ms; // for it is rounded
        if (explanation(begun, errc(failed.code.value())) == nullptr)
            note_unexpected("a retry after: " + failed.code.message());
    }

    void note_unexpected(std::string const& text)
    {
        ++unexpected_;
        say("UNEXPECTED, " + text);
    }

    // ---- The course of the hour

    FOUNDRY_CORO asio::awaitable<void> direct()
    {
        begin_ = clock_type::now();
        asio::steady_timer timer(context_);
        for (event const& next : hour) {
            timer.expires_at(begin_ + minutes(next.minute));
            co_await timer.async_wait(asio::deferred);
            switch (next.what) {
            case kind::burst:
                burst();
                break;
            case kind::pause:
                is_quiet_ = true;
                timer.expires_after(minutes(pause_minutes));
                co_await timer.async_wait(asio::deferred);
                burst();
                is_quiet_ = false;
                break;
            case kind::measure:
                co_await measure(next.minute);
                break;
            default:
                co_await disturb(next);
            }
            ++events_[std::size_t(next.what)];
        }
        tokens_ = co_await order("tokens");
        is_over_ = true;
    }

    void burst()
    {
        for (int i = 0; i != burst_size; ++i)
            spawn(call(operation(i % 3), i % 2 == 0));
    }

    /// Returns the answer of the script.
    FOUNDRY_CORO asio::awaitable<std::string> order(std::string text)
    {
        std::cout << "order: " << text << std::endl;
        std::string answer;
        co_await asio::async_read_until(orders_, asio::dynamic_buffer(answer), '\n', asio::deferred);
        answer.pop_back();
        co_return answer;
    }

    FOUNDRY_CORO asio::awaitable<void> disturb(event what)
    {
        std::size_t const number = disturbances_.size();
        disturbances_.push_back({what.what, clock_type::now()});
        std::string const name = kind_names[std::size_t(what.what)];
        std::string const answer = co_await order(name + ' ' + what.argument);
        if (what.what == kind::rotate) {
            foundry::client<> const old = by_key_;
            by_key_ = old.with_credential(foundry::any_credential(foundry::api_key(what.argument)));
            disturbances_[number].end = clock_type::now();
            co_await expect_refusal(old);
        } else {
            disturbances_[number].end = clock_type::now();
        }
        auto const took = disturbances_[number].end - disturbances_[number].begin;
        say(name + ' ' + what.argument + " took " +
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) + " ms: " + answer);
    }

    /// The old key is worth nothing, and says so.
    FOUNDRY_CORO asio::awaitable<void> expect_refusal(foundry::client<> old)
    {
        std::optional<foundry::error> failed;
        try {
            co_await complete(std::move(old));
        } catch (foundry::error const& e) {
            failed = e;
        }
        if (!failed || failed->code() != errc::unauthorized)
            note_unexpected(std::string("a call with the old key: ") + (failed ? failed->what() : "an answer"));
    }

    std::size_t open_connections() const { return by_token_.connections().open + by_key_.connections().open; }

    /// When the calls have ended, and their connections are closed. The descriptor of a token's fetch may be there for a little longer.
    FOUNDRY_CORO asio::awaitable<void> measure(int minute)
    {
        is_quiet_ = true;
        while (!begun_.empty())
            co_await asio::post(context_, asio::deferred);
        measurement now;
        now.minute = minute;
        now.pooled = open_connections();
        measuring_since_ = clock_type::now();
        while (open_connections() != 0 || descriptors() != at_rest_) {
            by_token_.close_idle();
            by_key_.close_idle();
            co_await asio::post(context_, asio::deferred);
        }
        measuring_since_.reset();
        now.descriptors = descriptors();
        now.heap = heap_in_use();
        now.resident_kib = benchmark::resident_kib();
        measured_.push_back(now);
        is_quiet_ = false;
    }

    /// A call that does not end, or descriptors that are not closed, end the test.
    FOUNDRY_CORO asio::awaitable<void> watch()
    {
        asio::steady_timer timer(context_);
        while (!is_over_) {
            timer.expires_after(1s);
            co_await timer.async_wait(asio::deferred);
            time_point const oldest = clock_type::now() - 2min; // twice the limit of a call
            if (!begun_.empty() && *begun_.begin() < oldest)
                throw std::runtime_error("a call does not end");
            if (measuring_since_ && *measuring_since_ < oldest) {
                throw std::runtime_error(std::to_string(open_connections()) + " connections and " +
                                         std::to_string(descriptors()) + " descriptors instead of " +
                                         std::to_string(at_rest_) + " are open after the last call");
            }
        }
    }

    // ---- What comes out

    void say(std::string const& text) const
    {
        std::chrono::duration<double> const since = clock_type::now() - begin_;
        std::cout << "soak: " << std::fixed << std::setprecision(1) << since.count() << " s: " << text << std::endl;
    }

    /// Resident memory moves by the pages that the allocator keeps after bursts: what ten thousand calls may leak in 1 MiB are 100 bytes
    /// each. What is allocated moves less, by a token or a queue that has grown: 32 KiB are 3 bytes a call.
    bool is_steady() const
    {
        measurement const& first = measured_.front();
        measurement const& last = measured_.back();
        bool const is_small = last.resident_kib <= first.resident_kib + first.resident_kib / 20 + 1024;
        return is_small && last.heap <= first.heap + 32 * 1024 && last.descriptors == first.descriptors;
    }

    void print() const
    {
        std::size_t const all = calls_[0] + calls_[1] + calls_[2];
        std::cout << "report: soak: " << all << " calls in " << length_.count() << " s, " << calls_[0] << " complete, "
                  << calls_[1] << " stream, " << calls_[2] << " embed; " << retries_ << " retries, " << tokens_ << "\n"
                  << "report: soak: " << events_[std::size_t(kind::restart)] << " restarts, "
                  << events_[std::size_t(kind::rotate)] << " keys, " << events_[std::size_t(kind::move)]
                  << " addresses, " << events_[std::size_t(kind::burst)] << " bursts, "
                  << events_[std::size_t(kind::pause)]
                  << " pauses\nreport: soak: errors: " << expected_[std::size_t(kind::restart)] << " by restarts, "
                  << expected_[std::size_t(kind::rotate)] << " by keys, " << expected_[std::size_t(kind::move)]
                  << " by addresses, " << unexpected_ << " unexpected\n";
        for (measurement const& m : measured_) {
            std::cout << "report: soak: minute " << m.minute << " of 60: " << m.resident_kib << " KiB resident, "
                      << m.heap << " bytes allocated, " << m.descriptors << " descriptors; " << m.pooled
                      << " connections before close_idle()\n";
        }
        std::cout << std::flush;
    }

    asio::io_context& context_;
    std::chrono::seconds length_;
    std::size_t retries_ = 0;
    foundry::client<> by_token_;
    foundry::client<> by_key_;
    asio::posix::stream_descriptor orders_;
    std::size_t at_rest_; // descriptors before the first call
    time_point begin_{};
    bool is_quiet_ = false;
    bool is_over_ = false;
    std::multiset<time_point> begun_;  // of the calls in progress
    std::array<std::string, 2> right_; // the answer to the question, and the vector
    std::array<std::size_t, operation_names.size()> calls_{};
    std::array<std::size_t, kind_names.size()> events_{};
    std::array<std::size_t, kind_names.size()> expected_{};
    std::size_t unexpected_ = 0;
    std::string tokens_; // how many were fetched
    std::vector<disturbance> disturbances_;
    std::optional<time_point> measuring_since_;
    std::vector<measurement> measured_;
    std::exception_ptr failure_;
};

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 5)
        throw std::invalid_argument("usage: soak PROXY_URL PORT CA_FILE SECONDS");
    asio::io_context context(1);
    soak hour_of_calls(context, argv[1], argv[2], argv[3], std::chrono::seconds(std::stol(argv[4])));
    return hour_of_calls.run() ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (std::exception const& failed) {
    std::cout << failed.what() << std::endl;
    return EXIT_FAILURE;
}
