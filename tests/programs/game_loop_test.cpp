// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A game loop owns its frame and gives the library a share of it, as examples/apps/game_loop.cpp does. What the library takes of a
// frame is measured as CPU time of the thread that runs the loop; the service is on a thread of its own. The loop sleeps between
// its frames, which are 1/60 s: caches are cold then, and that is part of the price.
//
// A system charges a thread for more than the thread does, a virtual machine above all: there a loop that only parses JSON within
// the same budget exceeds it, and a single send() may take as long. So halfway between two frames the loop does what it would do
// without the library (a bare frame), and what the longest of those takes beyond its budget is not the library's.

#include "support/fixture.hpp"

#include <foundry/detail/http/tls.hpp>
#include <foundry/realtime.hpp>
#include <foundry/testing/realtime.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <functional>
#include <iostream>
#include <thread>
#include <vector>

using namespace foundry_test;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using foundry::testing::emulator;
using std::chrono::nanoseconds;

namespace {

constexpr std::size_t streams = 32;
constexpr std::size_t frames_of_game = 1800;
constexpr std::size_t rate = 60;               // frames in a second
constexpr nanoseconds budget = 100us;          // no handler is begun after that
constexpr nanoseconds most = 250us;            // what the library may take of a frame
constexpr nanoseconds most_when_opening = 2ms; // the same in a game that opens connections
constexpr std::size_t least_words = 4;         // of each stream, in a second: as fast as people read

nanoseconds thread_time()
{
    std::timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + nanoseconds{now.tv_nsec};
}

struct frame
{
    nanoseconds taken{0};
    int handlers = 0;
    bool handshake = false; // whether one got on
};

bool handshake_seen = false;

/// Called by OpenSSL. The tickets that follow a handshake are not part of it.
void watch_handshake(SSL const* tls, int where, int)
{
    OSSL_HANDSHAKE_STATE const state = SSL_get_state(tls);
    if ((where & SSL_CB_LOOP) != 0 && state != TLS_ST_OK && state != TLS_ST_CR_SESSION_TICKET)
        handshake_seen = true;
}

frame run_frame(asio::io_context& context)
{
    frame f;
    handshake_seen = false;
    nanoseconds const before = thread_time();
    auto const end = std::chrono::steady_clock::now() + budget;
    while (std::chrono::steady_clock::now() < end && context.poll_one() != 0)
        ++f.handlers;
    f.taken = thread_time() - before;
    f.handshake = handshake_seen;
    return f;
}

/// What a game does without the library: it parses chunks as they come from the service, and sends a request. Somebody waits for
/// that on another thread.
class bare_game
{
public:
    bare_game() : here_(context_)
    {
        tcp::acceptor acceptor(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        here_.connect(acceptor.local_endpoint());
        here_.set_option(tcp::no_delay(true));
        service_ = std::thread([there = acceptor.accept()]() mutable {
            std::array<char, 4096> bytes;
            boost::system::error_code ec;
            while (!ec)
                there.read_some(asio::buffer(bytes), ec);
        });
    }

    ~bare_game()
    {
        here_.close();
        service_.join();
    }

    bare_game(bare_game const&) = delete;
    bare_game& operator=(bare_game const&) = delete;

    nanoseconds run_frame()
    {
        nanoseconds const before = thread_time();
        auto const end = std::chrono::steady_clock::now() + budget;
        while (std::chrono::steady_clock::now() < end)
            boost::json::parse(chunk_);
        asio::write(here_, asio::buffer(request_));
        return thread_time() - before;
    }

private:
    asio::io_context context_;
    tcp::socket here_;
    std::thread service_;
    std::string request_ = std::string(700, '*');
    std::string chunk_ =
        R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini",)"
        R"("choices":[{"index":0,"delta":{"content":" ship"},"logprobs":null,"finish_reason":null}]})";
};

/// Talks on and on: each answer is the next question.
asio::awaitable<void> talk(foundry::client<> client, std::size_t& words)
{
    std::string said = "Tell me a story about a ship.";
    for (;;) {
        foundry::chat_request request{"gpt-4o-mini"};
        request.system("You are a character of a game.").user(std::move(said));
        foundry::chat_stream chunks = co_await client.stream(request);
        said.clear();
        foundry::chat_chunk const* chunk = co_await chunks.read();
        while (chunk != nullptr) {
            said += chunk->text();
            ++words;
            chunk = co_await chunks.read();
        }
    }
}

/// The same in speech: 24,000 samples a second, as long as the game runs.
asio::awaitable<void> speak(foundry::client<> client, std::size_t& samples)
{
    foundry::realtime const realtime(client);
    foundry::realtime_session session = co_await realtime.connect("gpt-realtime");
    foundry::realtime_settings settings;
    settings.answer_in("audio");
    co_await session.update(settings);
    for (;;) {
        co_await session.say("Tell me a story about a ship.");
        co_await session.respond();
        for (bool is_over = false; !is_over;) {
            std::optional<foundry::realtime_event> event = co_await session.next();
            if (!event)
                co_return;
            samples += event->samples().size();
            is_over = event->type == foundry::realtime_event_type::response_done;
        }
    }
}

void rethrow(std::exception_ptr failed)
{
    if (failed)
        std::rethrow_exception(failed);
}

struct game
{
    std::vector<frame> frames;
    std::vector<nanoseconds> bare_frames;
    std::vector<std::size_t> words = std::vector<std::size_t>(streams);
};

enum class speech
{
    written, ///< 32 streams.
    spoken   ///< 8 realtime sessions.
};

game play(std::size_t frames, bool warm, speech how = speech::written)
{
    foundry::testing::realtime_options aloud;
    aloud.speed = 1;
    foundry::testing::emulator_options pace;
    pace.realtime = foundry::testing::realtime(aloud);
    pace.words_per_second = 30; // to each stream
    emulator service(pace);
    foundry::options with = trusting(service);
    foundry::http::context_ptr const context_of_its_own = foundry::http::make_tls_context(with.tls);
    SSL_CTX_up_ref(context_of_its_own.get());
    with.tls.context.reset(context_of_its_own.get(), &SSL_CTX_free);
    SSL_CTX_set_info_callback(with.tls.context.get(), &watch_handshake);

    game played;
    asio::io_context context{1};
    foundry::any_credential key = foundry::api_key{service.api_key()};
    foundry::endpoint const to = at(service, urls[how == speech::written ? 0 : 1]);
    foundry::client<> const client(context, to, std::move(key), std::move(with));
    if (warm) {
        for (std::size_t i = 0; i != streams; ++i)
            asio::co_spawn(context, client.warm_up(), &rethrow);
        context.run();
        context.restart();
    }
    if (how == speech::spoken)
        played.words.resize(8);
    for (std::size_t& words : played.words)
        asio::co_spawn(context, how == speech::spoken ? speak(client, words) : talk(client, words), &rethrow);
    while (how == speech::spoken && played.words.back() == 0) // the sessions are opened while the game loads
        context.run_one();
    bare_game bare;
    auto next = std::chrono::steady_clock::now();
    auto const wait = [&next] {
        next += nanoseconds{1s} / static_cast<int>(2 * rate);
        std::this_thread::sleep_until(next);
    };
    while (played.frames.size() != frames) {
        played.frames.push_back(run_frame(context));
        wait();
        played.bare_frames.push_back(bare.run_frame());
        wait();
    }
    return played;
}

/// So many of the longest frames are left out: from one or two in a thousand a virtual machine takes milliseconds.
constexpr std::size_t ignored = 5;

nanoseconds take_longest(std::vector<nanoseconds> taken)
{
    std::nth_element(taken.begin(), taken.begin() + ignored, taken.end(), std::greater<>());
    return taken[ignored];
}

struct figures
{
    explicit figures(game const& played) : least_words(*std::min_element(played.words.begin(), played.words.end()))
    {
        std::vector<nanoseconds> taken;
        for (frame const& f : played.frames) {
            taken.push_back(f.taken);
            with_tls += f.handshake ? 1 : 0;
            all += f.taken;
            handlers += f.handlers;
        }
        longest = take_longest(std::move(taken));
        longest_bare = take_longest(played.bare_frames);
    }

    nanoseconds longest;
    nanoseconds longest_bare;
    nanoseconds all{0};
    int with_tls = 0;
    int handlers = 0;
    std::size_t least_words; // that a stream got
};

/// The limit, and what the system took in this game that it says the thread took.
bool is_within(nanoseconds limit, game const& played)
{
    figures const f(played);
    return f.longest <= limit + std::max(nanoseconds{0}, f.longest_bare - budget);
}

void print(char const* what, game const& played)
{
    figures const f(played);
    auto const count = static_cast<double>(played.frames.size());
    auto const ms = [](nanoseconds t) { return static_cast<double>(t.count()) / 1e6; };
    std::cout << "report: " << what << ": " << count << " frames, " << f.with_tls
              << " with a handshake; CPU time at most " << ms(f.longest) << " ms but in " << ignored
              << " frames (a bare frame " << ms(f.longest_bare) << "), " << ms(f.all) / count
              << " ms on average; handlers " << f.handlers / count << " on average; words of a stream " << f.least_words
              << " at least" << std::endl;
}

bool are_fast_enough(game const& played)
{
    return figures(played).least_words >= least_words * played.frames.size() / rate;
}

/// The first of five games that keeps the limit, or else the one with the shortest bare frames. A machine that is busy for a while
/// does not decide: what the library itself takes, it takes in every game, and a game with long bare frames says little.
game best_of_five(char const* what, nanoseconds limit, std::size_t frames, bool warm, speech how = speech::written)
{
    game best;
    for (int games = 1; games <= 5; ++games) {
        game played = play(frames, warm, how);
        print(what, played);
        if (figures(played).longest_bare <= 2 * limit && is_within(limit, played) && (!warm || are_fast_enough(played)))
            return played;
        if (games == 1 || figures(played).longest_bare < figures(best).longest_bare)
            best = std::move(played);
    }
    return best;
}

} // namespace

TEST_CASE("game loop: 32 streams take at most 0.25 ms of a frame, without the system's share")
{
    game const played = best_of_five("32 streams", most, frames_of_game, true);
    CHECK(is_within(most, played));
    CHECK(figures(played).with_tls == 0);
    CHECK(are_fast_enough(played));
}

TEST_CASE("game loop: 32 connections opened in the game take at most 2 ms of a frame, and none after warm_up()")
{
    game const cold = best_of_five("the first seconds, cold", most_when_opening, 5 * rate, false);
    game const warm = best_of_five("the first seconds, warm", most_when_opening, 5 * rate, true);
    CHECK(is_within(most_when_opening, cold));
    CHECK(figures(cold).with_tls > 0);
    CHECK(figures(warm).with_tls == 0);
    CHECK(figures(warm).all < figures(cold).all);
}

TEST_CASE("game loop: 8 realtime sessions that speak all the time take at most 0.25 ms of a frame, without the "
          "system's share")
{
    game const played = best_of_five("8 realtime sessions", most, frames_of_game, true, speech::spoken);
    CHECK(is_within(most, played));
    CHECK(figures(played).least_words >= 20'000 * frames_of_game / rate); // samples, of 24,000 a second
}
