// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Many streams at once, on one thread and on four, built with the thread sanitizer.

#include "support/fixture.hpp"

#include <foundry/bulk.hpp>
#include <foundry/endpoints.hpp>
#include <foundry/realtime.hpp>
#include <foundry/testing/realtime.hpp>
#include <foundry/token_credential.hpp>
#include <foundry/tools.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace foundry_test;

namespace {

constexpr int rounds = 10;
constexpr int streams = 64;

/// The question of a stream; the emulator's answer to it is its own.
std::string question(int round, int i)
{
    return "Tell me about ship number " + std::to_string(round * streams + i) + " of the fleet.";
}

FOUNDRY_CORO asio::awaitable<void> read_one(foundry::client<> client, std::string prompt, std::string& text)
{
    foundry::chat_stream chunks = co_await client.stream("gpt-4o-mini", prompt);
    while (foundry::chat_chunk const* const chunk = co_await chunks.read())
        text += chunk->text();
}

FOUNDRY_CORO asio::awaitable<void> ask_one(foundry::client<> client, std::string prompt, std::string& text)
{
    foundry::chat_completion const reply = co_await client.complete("gpt-4o-mini", prompt);
    text = reply.text();
}

/// Runs every call of a round at once, each on a strand of its own, and waits for all.
template <class Call>
void round_of(asio::execution_context& context, asio::any_io_executor executor, int round, foundry::client<> client,
              Call call, std::vector<std::string>& texts, void (*drive)(asio::execution_context&))
{
    std::atomic<int> failures = 0;
    for (int i = 0; i != streams; ++i) {
        auto& text = texts[static_cast<std::size_t>(round * streams + i)];
        asio::co_spawn(asio::make_strand(executor), call(client, question(round, i), text), [&](std::exception_ptr e) {
            if (e)
                ++failures;
        });
    }
    drive(context);
    CHECK(failures == 0);
}

void on_one_thread(asio::execution_context& context)
{
    auto& io = static_cast<asio::io_context&>(context);
    io.restart();
    io.run();
}

void on_four_threads(asio::execution_context& context)
{
    auto& io = static_cast<asio::io_context&>(context);
    io.restart();
    asio::thread_pool threads(4);
    for (int i = 0; i != 4; ++i)
        asio::post(threads, [&io] { io.run(); });
    threads.join();
}

void all_rounds(void (*drive)(asio::execution_context&))
{
    foundry::testing::emulator service;
    std::vector<std::string> sent(rounds * streams);
    std::vector<std::string> streamed(rounds * streams);
    {
        // What the service says to each question, asked one after another.
        foundry::testing::emulator reference;
        asio::io_context context;
        foundry::client<> const client = client_of(context.get_executor(), reference);
        for (int round = 0; round != rounds; ++round)
            round_of(context, context.get_executor(), round, client, &ask_one, sent, &on_one_thread);
    }
    asio::io_context context;
    foundry::client<> const client = client_of(context.get_executor(), service);
    for (int round = 0; round != rounds; ++round)
        round_of(context, context.get_executor(), round, client, &read_one, streamed, drive);

    int equal = 0;
    for (std::size_t i = 0; i != sent.size(); ++i)
        equal += !sent[i].empty() && sent[i] == streamed[i];
    CHECK(equal == rounds * streams);
    CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == sent.size());
    CHECK(service.journal().size() == rounds * streams);
    CHECK(service.connections() <= streams);
    MESSAGE(equal << " of " << rounds * streams << " texts equal over " << service.connections() << " connections");
}

/// What became of many calls.
struct outcomes
{
    std::atomic<int> results = 0;
    std::atomic<int> no_turn = 0;
    std::atomic<int> others = 0;

    int all() const { return results + no_turn + others; }
    void add(std::exception_ptr e)
    {
        try {
            if (e)
                std::rethrow_exception(e);
            ++results;
        } catch (foundry::error const& failed) {
            ++(failed.code() == foundry::errc::pool_timeout ? no_turn : others);
        }
    }
};

/// Warms up round by round, each time when the others do. On an open connection that is no more than to take it and give it back.
FOUNDRY_CORO asio::awaitable<void> take_and_give_back(foundry::client<> client, std::barrier<>& together,
                                                      std::atomic<int>& failures)
{
    for (int i = 0; i != 2000; ++i) {
        together.arrive_and_wait();
        try {
            co_await client.warm_up();
        } catch (foundry::error const&) {
            ++failures;
        }
    }
}

/// Callers on the strands of two contexts of two threads each; the client's own context is a third one.
void call_from_two_contexts(foundry::client<> const& client, int calls, outcomes& came)
{
    std::vector<std::string> texts(static_cast<std::size_t>(calls));
    asio::thread_pool first(2);
    asio::thread_pool second(2);
    for (int i = 0; i != calls; ++i) {
        asio::any_io_executor const where = i % 2 == 0 ? first.get_executor() : second.get_executor();
        auto& text = texts[static_cast<std::size_t>(i)];
        auto const call = i % 3 == 0 ? read_one : ask_one;
        asio::co_spawn(asio::make_strand(where), call(client, question(0, i), text),
                       [&came](std::exception_ptr e) { came.add(e); });
    }
    first.join();
    second.join();
}

void queue_failures(foundry::testing::emulator& service, int count)
{
    using foundry::testing::answer;
    for (int i = 0; i != count; ++i) {
        if (i % 3 == 0)
            service.queue(answer::json(429, "{}").header("retry-after-ms", "1"));
        else if (i % 3 == 1)
            service.queue(answer::json(503, "{}"));
        else
            service.queue(answer::raw("")); // the connection breaks
    }
}

/// What two threads do one after the other. Nothing here orders their memory, so that the thread sanitizer sees what else does.
struct cue
{
    std::atomic<bool> is_given = false;
    std::atomic<bool> is_done = false;
};

/// Lets the other thread go on, and waits until that is done, when the handler that holds it is destroyed.
struct giving_cue
{
    void operator()(cue* what) const
    {
        what->is_given.store(true, std::memory_order_relaxed);
        while (!what->is_done.load(std::memory_order_relaxed))
            std::this_thread::yield();
    }
};
using cue_giver = std::unique_ptr<cue, giving_cue>;

FOUNDRY_CORO asio::awaitable<void> until_given(cue const& what)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!what.is_given.load(std::memory_order_relaxed)) {
        timer.expires_after(std::chrono::milliseconds{1});
        co_await timer.async_wait(asio::use_awaitable);
    }
}

struct token_on_cue
{
    FOUNDRY_CORO asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        is_asked->store(true, std::memory_order_relaxed);
        co_await until_given(*given);
        co_return foundry::access_token("emulator-token", std::chrono::system_clock::now() + std::chrono::hours{1});
    }

    cue* given;
    std::atomic<bool>* is_asked;
};

FOUNDRY_CORO asio::awaitable<void> give_up_connection(foundry::client<> client, cue& given, std::atomic<bool>& is_held)
{
    {
        foundry::chat_stream const chunks = co_await client.stream("gpt-4o-mini", "Hello.");
        is_held = true;
        co_await until_given(given);
    }
    given.is_done.store(true, std::memory_order_relaxed);
}

/// A call on a context that is destroyed after the call was cancelled and before it has ended, while what it waited for comes.
template <class Ready>
void destroy_waiting(foundry::client<> client, cue& given, Ready is_ready)
{
    asio::io_context context(1);
    asio::cancellation_signal cancel;
    asio::co_spawn(context, client.complete("gpt-4o-mini", "Hello."),
                   asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr, foundry::chat_completion) {}));
    context.poll();
    while (!is_ready())
        std::this_thread::yield();
    asio::post(context, [&] {
        asio::post(context, [giver = cue_giver(&given)] {});
        cancel.emit(asio::cancellation_type::terminal);
    });
    context.restart();
    CHECK(context.poll_one() == 1);
}

struct addends
{
    int x = 0;
    int y = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))

using pool_strand = asio::strand<asio::thread_pool::executor_type>;

/// A function of the toolbox that uses what another strand guards.
FOUNDRY_CORO asio::awaitable<int> add_on(pool_strand elsewhere, addends a, int& calls, bool comes_back)
{
    asio::any_io_executor const home = co_await asio::this_coro::executor;
    co_await asio::post(asio::bind_executor(elsewhere, asio::use_awaitable));
    ++calls;
    if (comes_back)
        co_await asio::post(asio::bind_executor(home, asio::use_awaitable));
    co_return a.x + a.y;
}

FOUNDRY_CORO asio::awaitable<void> run_with(foundry::client<> client, foundry::toolbox tools, std::atomic<int>& sums)
{
    foundry::tool_options how;
    how.max_rounds = 1000;
    how.parallel = 3;
    foundry::chat_request request{"gpt-4o-mini"};
    request.user("What is the sum?");
    foundry::tool_run run{request};
    co_await client.complete(run, tools, how);
    for (foundry::chat_message const& message : run.messages)
        sums += message.role == foundry::chat_role::tool && message.text() == "5";
}

} // namespace

TEST_CASE("concurrency: 10 rounds of 64 streams on one thread give every text whole over at most 64 connections")
{
    all_rounds(&on_one_thread);
}

TEST_CASE("concurrency: 10 rounds of 64 streams on four threads, a strand for each call, do the same")
{
    all_rounds(&on_four_threads);
}

TEST_CASE("concurrency: calls on four threads move between two endpoints, of which the first comes and goes, and none "
          "is lost")
{
    foundry::testing::emulator first;
    foundry::testing::emulator const second;
    foundry::endpoints all;
    for (foundry::testing::emulator const* service : {&std::as_const(first), &second})
        all.add("http://127.0.0.1:" + std::to_string(service->plain_port()) + "/v1", foundry::no_credential());
    foundry::options how;
    how.failover.cooling = std::chrono::milliseconds(1);
    how.failover.max_cooling = std::chrono::milliseconds(5);
    asio::io_context context;
    foundry::client const client(context, all, how);
    std::atomic<bool> has_ended = false;
    std::thread outages([&] {
        for (unsigned i = 0; !has_ended; ++i) {
            first.fail_with(i % 2 == 0 ? foundry::testing::outage::status(503) : foundry::testing::outage::reset());
            std::this_thread::yield();
            first.recover();
            std::this_thread::yield();
        }
    });
    std::vector<std::string> texts(rounds * streams);
    for (int round = 0; round != rounds; ++round)
        round_of(context, context.get_executor(), round, client, &ask_one, texts, &on_four_threads);
    has_ended = true;
    outages.join();
    for (std::string const& text : texts)
        CHECK(!text.empty());
    MESSAGE("report: several endpoints on four threads: " << first.journal().size() << " requests at the first, "
                                                          << second.journal().size() << " at the second");
}

FOUNDRY_CORO asio::awaitable<void> embed_many(foundry::client<> client, std::atomic<std::size_t>& done)
{
    foundry::bulk_options how;
    how.texts_per_request = 1;
    std::vector<std::string> const texts(200, "a text");
    foundry::async_generator<foundry::embedded_text> rows =
        foundry::embed_all(client, "text-embedding-3-small", texts, how);
    while (std::optional<foundry::embedded_text> row = co_await rows.next())
        done += row->failure ? 0 : 1;
}

TEST_CASE("concurrency: bulk work of four contexts waits for the same limits, and each row comes")
{
    foundry::testing::emulator_options limits;
    limits.requests_per_minute = 100;
    limits.rate_window = std::chrono::milliseconds(200);
    limits.embedding_dimensions = 16;
    foundry::testing::emulator service(limits);
    foundry::options with = trusting(service);
    with.retry.max_retries = 20;
    asio::thread_pool own(1);
    foundry::client<> const client = client_of(own.get_executor(), service, urls[3], with);
    std::atomic<std::size_t> done = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i != 4; ++i)
        threads.emplace_back([&] { run(embed_many(client, done)); });
    for (std::thread& t : threads)
        t.join();
    CHECK(done == 800);
    MESSAGE("report: bulk work of four contexts: 800 rows in " << service.requests() << " requests");
}

/// What one coroutine sends, another reads, on one strand.
struct spoken_session
{
    foundry::realtime_session session;
    std::size_t answers = 0;
    bool has_ended = false;
};

FOUNDRY_CORO asio::awaitable<void> hear(std::shared_ptr<spoken_session> all)
{
    std::optional<foundry::realtime_event> event = co_await all->session.next();
    while (event) {
        all->answers += event->type == foundry::realtime_event_type::response_done ? 1 : 0;
        event = co_await all->session.next();
    }
    all->has_ended = true;
}

FOUNDRY_CORO void begin_to_hear(asio::any_io_executor const& executor, std::shared_ptr<spoken_session> const& all)
{
    asio::co_spawn(executor, hear(all), foundry::rethrow);
}

FOUNDRY_CORO asio::awaitable<void> talk(std::shared_ptr<spoken_session> all, foundry::client<> client)
{
    foundry::realtime const realtime(client);
    all->session = co_await realtime.connect("gpt-realtime");
    begin_to_hear(co_await asio::this_coro::executor, all);
    foundry::realtime_settings settings;
    settings.answer_in("audio").push_to_talk();
    co_await all->session.update(settings);
    std::vector<std::int16_t> const words = foundry::testing::to_tones("0123456789");
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (std::size_t i = 0; i != 5; ++i) {
        for (int piece = 0; piece != 10; ++piece)
            co_await all->session.append(words);
        co_await all->session.commit();
        co_await all->session.respond();
        while (all->answers <= i && !all->has_ended) {
            timer.expires_after(std::chrono::milliseconds(1));
            co_await timer.async_wait(asio::deferred); // use_awaitable would be a coroutine that clang inlines
        }
    }
    co_await all->session.close();
}

TEST_CASE("concurrency: realtime sessions on strands of four threads, each with a sender and a receiver")
{
    foundry::testing::realtime const sessions;
    foundry::testing::emulator_options with;
    with.realtime = sessions;
    foundry::testing::emulator const service(with);
    asio::thread_pool pool(4);
    foundry::client<> const client = client_of(pool.get_executor(), service, urls[1], trusting(service));
    std::vector<std::shared_ptr<spoken_session>> all;
    for (int i = 0; i != 8; ++i) {
        all.push_back(std::make_shared<spoken_session>());
        asio::co_spawn(asio::make_strand(pool), talk(all.back(), client), foundry::rethrow);
    }
    pool.join();
    for (auto const& each : all)
        CHECK(each->answers == 5);
}

TEST_CASE("concurrency: a client of one context serves callers on strands of two others, with retries and waits for a "
          "connection")
{
    constexpr int calls = 120;
    foundry::testing::emulator service;
    queue_failures(service, calls);
    foundry::options with = trusting(service);
    with.retry.max_retries = 12;
    with.retry.backoff = std::chrono::milliseconds{1};
    with.pool.max_connections = 8;
    asio::thread_pool own(1);
    foundry::client<> const client = client_of(own.get_executor(), service, urls[0], with);
    outcomes came;
    call_from_two_contexts(client, calls, came);
    CHECK(came.results == calls);
    CHECK(service.journal().size() == 2 * calls);
}

TEST_CASE("concurrency: a call gets the only connection if it is released at the moment when the call starts to wait")
{
    constexpr int callers = 2;
    foundry::testing::emulator service;
    foundry::options with = trusting(service);
    with.pool.max_connections = 1;
    with.timeouts.pool = std::chrono::seconds{5};
    asio::thread_pool own(1);
    foundry::client<> const client = client_of(own.get_executor(), service, urls[0], with);
    std::barrier together(callers);
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i != callers; ++i)
        threads.emplace_back([&] { run(take_and_give_back(client, together, failures)); });
    for (std::thread& t : threads)
        t.join();
    CHECK(failures.load() == 0);
    CHECK(service.connections() == 1);
}

TEST_CASE("concurrency: if the client's context is stopped, calls from other contexts end in a result or an error")
{
    constexpr int calls = 60;
    foundry::testing::emulator service;
    foundry::options with = trusting(service);
    with.pool.max_connections = 4;
    with.timeouts.pool = std::chrono::milliseconds{200};
    asio::io_context own;
    foundry::client<> const client = client_of(own.get_executor(), service, urls[0], with);
    own.stop();
    outcomes came;
    call_from_two_contexts(client, calls, came);
    CHECK(came.all() == calls);
    CHECK(came.results > 0);
    CHECK(came.others == 0);
}

TEST_CASE("concurrency: a context may end while another thread completes the token that a call on it waits for")
{
    foundry::testing::emulator service;
    asio::thread_pool own(1);
    cue given;
    std::atomic<bool> is_asked = false;
    token_on_cue who;
    who.given = &given;
    who.is_asked = &is_asked;
    foundry::client<> const client(foundry::client(own.get_executor(), at(service, urls[0]), who, trusting(service)));
    destroy_waiting(client, given, [&] {
        if (!is_asked.load(std::memory_order_relaxed))
            return false;
        asio::co_spawn(own, client.complete("gpt-4o-mini", "Hello."), [&given](std::exception_ptr e, auto const&) {
            CHECK_FALSE(e);
            given.is_done.store(true, std::memory_order_relaxed);
        });
        return true;
    });
    own.join();
}

TEST_CASE("concurrency: a context may end while another thread releases the connection that a call on it waits for")
{
    foundry::testing::emulator service;
    foundry::options with = trusting(service);
    with.pool.max_connections = 1;
    asio::thread_pool own(1);
    foundry::client<> const client = client_of(own.get_executor(), service, urls[0], with);
    cue given;
    std::atomic<bool> is_held = false;
    asio::co_spawn(own, give_up_connection(client, given, is_held), asio::detached);
    while (!is_held)
        std::this_thread::yield();
    destroy_waiting(client, given, [] { return true; });
    own.join();
    CHECK(service.connections() == 1);
}

TEST_CASE("concurrency: runs on strands of their own share a toolbox whose functions go to another strand")
{
    constexpr int runs = 40;
    foundry::testing::emulator service;
    for (int i = 0; i != runs; ++i) {
        std::string const five = R"({"x":2,"y":3})";
        service.queue(foundry::testing::answer::tool_calls(
            {{"returns", five}, {"stays", five}, {"add", five}, {"stays", five}, {"returns", five}}));
    }
    for (int i = 0; i != runs; ++i)
        service.queue(foundry::testing::answer::chat("Five."));
    asio::thread_pool threads(4);
    pool_strand const elsewhere = asio::make_strand(threads.get_executor());
    int calls = 0;
    foundry::toolbox tools;
    tools.add("returns", "Adds", [&](addends a) { return add_on(elsewhere, a, calls, true); });
    tools.add("stays", "Adds", [&](addends a) { return add_on(elsewhere, a, calls, false); });
    tools.add("add", "Adds", [](addends a) { return a.x + a.y; });
    foundry::client<> const client = client_of(threads.get_executor(), service);
    std::atomic<int> sums = 0;
    std::atomic<int> failures = 0;
    for (int i = 0; i != runs; ++i) {
        asio::co_spawn(asio::make_strand(threads.get_executor()), run_with(client, tools, sums),
                       [&](std::exception_ptr e) { failures += e != nullptr; });
    }
    threads.join();
    CHECK(failures.load() == 0);
    CHECK(sums.load() == 5 * runs);
    CHECK(calls == 4 * runs);
}
