// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A call is brought to every state that it can wait in, and ended there: by its cancellation slot, by losing a race, and with the
// context that it runs on.

#include "support/fault_proxy.hpp"
#include "support/fixture.hpp"
#include "support/report.hpp"

#include <foundry/token_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace foundry_test::cancellation_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;

constexpr std::chrono::milliseconds long_enough{20'000};
constexpr char const* model = "gpt-4o-mini";

/// A client, the way to its service, and a call that gets stuck.
struct scene
{
    scene(emulator& s, char const* url)
        : service(s),
          with(trusting(s)),
          where(at(s, url)),
          who(foundry::api_key{s.api_key()}),
          listener(around, tcp::v4())
    {
        listener.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        request.user("Hello.");
    }

    /// The socket leads to a listener that accepts nothing until let_through().
    void lead_to_listener(std::string address, int backlog)
    {
        listener.listen(backlog);
        where.connect_to(std::move(address), listener.local_endpoint().port());
        is_led = true;
    }

    void make_client() { client.emplace(context->get_executor(), where, who, with); }

    void let_through()
    {
        if (!is_led)
            return;
        fillers.clear();
        proxy.emplace(std::move(listener), where.secure() ? service.tls_port() : service.plain_port());
        around.restart();
    }

    /// Does all there is to do without waiting.
    void settle()
    {
        for (int idle = 0; idle != 20;)
            idle = poll() == 0 ? idle + 1 : 0;
    }

    std::size_t poll()
    {
        around.restart();
        context->restart();
        return around.poll() + context->poll();
    }

    emulator& service;
    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>();
    foundry::options with;
    foundry::endpoint where;
    foundry::any_credential who;
    foundry::chat_request request{model};
    std::optional<foundry::client<>> client;
    std::optional<foundry::chat_stream> held; // by somebody else
    std::shared_ptr<bool> reached = std::make_shared<bool>(false);

    asio::io_context around; // of what is not the client's
    tcp::acceptor listener;
    std::vector<std::unique_ptr<tcp::socket>> fillers;
    std::optional<fault_proxy> proxy;
    bool is_led = false;
};

/// The first token does not come, the others do.
struct slow_credential
{
    asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        if (!std::exchange(*asked, true)) {
            asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
            co_await never.async_wait(asio::use_awaitable);
        }
        foundry::access_token token(text, std::chrono::system_clock::now() + 1h);
        co_return token;
    }

    std::shared_ptr<bool> asked;
    std::string text;
};

asio::awaitable<void> complete(scene& s) { co_await s.client->complete(s.request); }

asio::awaitable<void> read_on(scene& s)
{
    foundry::chat_stream chunks = co_await s.client->stream(s.request);
    std::optional<foundry::chat_chunk> chunk = co_await chunks.next();
    *s.reached = true;
    while (chunk)
        chunk = co_await chunks.next();
    asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable); // while the rest is read in the background
}

constexpr char begun_stream[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr char one_chunk[] = "39\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n\r\n";
constexpr char end_marker[] = "e\r\ndata: [DONE]\n\n\r\n";

/// Fills the queue of a listener, so that to connect to it takes for ever.
void fill(scene& s)
{
    for (int i = 0; i != 4; ++i) {
        s.fillers.push_back(std::make_unique<tcp::socket>(s.around));
        s.fillers.back()->async_connect(s.listener.local_endpoint(), [](boost::system::error_code) {});
    }
    s.settle();
}

void hold_connection(scene& s)
{
    s.service.queue(answer::raw(begun_stream).hang());
    asio::co_spawn(*s.context, s.client->stream(s.request), [&s](std::exception_ptr e, foundry::chat_stream chunks) {
        CHECK(!e);
        s.held.emplace(std::move(chunks));
    });
    while (!s.held)
        s.poll();
    s.service.clear_journal();
}

bool has_request(scene& s) { return s.service.wait_for_requests(1, 1ms); }
bool has_two_requests(scene& s) { return s.service.wait_for_requests(2, 1ms); }
bool at_once(scene&) { return true; }
bool has_said_so(scene& s) { return *s.reached; }

/// Where a call can wait. `prepare` is called before the client is made, `begin` behind that.
struct state
{
    char const* name;
    void (*prepare)(scene&);
    void (*begin)(scene&);
    asio::awaitable<void> (*act)(scene&);
    bool (*there)(scene&);
};

void nothing(scene&) {}

template <answer (*Make)()>
void queue(scene& s)
{
    s.service.queue(Make());
}

answer silence() { return answer::raw("").hang(); }
answer half_a_head() { return answer::raw("HTTP/1.1 200 OK\r\nConte").hang(); }
answer half_a_body() { return answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").hang(); }
answer half_an_error() { return answer::raw("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n{").hang(); }
answer a_chunk() { return answer::raw(std::string(begun_stream) + one_chunk).hang(); }
answer an_open_end() { return answer::raw(std::string(begun_stream) + one_chunk + end_marker).hang(); }

constexpr state states[] = {
    {"a name is looked up", [](scene& s) { s.lead_to_listener("localhost", 8); }, nothing, complete, nullptr},
    {"it connects", [](scene& s) { s.lead_to_listener("127.0.0.1", 0); }, fill, complete, at_once},
    {"it shakes hands", [](scene& s) { s.lead_to_listener("127.0.0.1", 8); }, nothing, complete, at_once},
    {"it waits its turn", [](scene& s) { s.with.pool.max_connections = 1; }, hold_connection, complete, at_once},
    {"a token is fetched",
     [](scene& s) {
         slow_credential who;
         who.asked = s.reached;
         who.text = s.service.bearer_token();
         s.who = who;
     },
     nothing, complete, has_said_so},
    {"the request is written",
     [](scene& s) {
         s.where = at(s.service, urls[3]);
         s.who = foundry::no_credential();
         s.lead_to_listener("127.0.0.1", 8);
         s.request.user(std::string(std::size_t{16} << 20, 'x'));
     },
     nothing, complete, at_once},
    {"the head is awaited", nothing, queue<silence>, complete, has_request},
    {"a stream's head is awaited", nothing, queue<silence>, read_on, has_request},
    {"half the head is there", nothing, queue<half_a_head>, complete, has_request},
    {"half the body is there", nothing, queue<half_a_body>, complete, has_request},
    {"half an error is there", nothing, queue<half_an_error>, complete, has_request},
    {"a chunk is awaited", nothing, queue<a_chunk>, read_on, has_said_so},
    {"the rest of a stream is drained", nothing, queue<an_open_end>, read_on, has_said_so},
    {"it backs off",
     [](scene& s) {
         s.with.retry.max_retries = 3;
         s.with.retry.backoff = s.with.retry.max_backoff = 1h;
         s.with.retry.on_retry = [said = s.reached](foundry::attempt const&, std::chrono::milliseconds) {
             *said = true;
         };
         s.service.queue(answer::json(503, "{}"));
     },
     nothing, complete, has_said_so},
    {"the second request is under way",
     [](scene& s) {
         s.with.retry.max_retries = 3;
         s.with.retry.backoff = 1ms;
         s.service.queue(answer::json(503, "{}"));
         s.service.queue(silence());
     },
     nothing, complete, has_two_requests},
};

/// Until the call waits where it is to.
void reach(scene& s, state const& where)
{
    if (where.there == nullptr) { // the answer of the name service is not looked at
        s.context->poll_one();
        return;
    }
    while (!where.there(s))
        s.poll();
    s.settle();
}

/// The next call of the same client is answered.
void expect_going_on(scene& s)
{
    s.held.reset();
    s.let_through();
    std::optional<std::string> text;
    foundry::chat_request request{model};
    request.user("And now?");
    asio::co_spawn(*s.context, s.client->complete(request),
                   [&text](std::exception_ptr e, foundry::chat_completion reply) {
                       CHECK(!e);
                       text = reply.text();
                   });
    while (!text)
        s.poll();
    CHECK(!text->empty());
}

void cancel_in(scene& s, state const& where)
{
    asio::cancellation_signal signal;
    bool ended = false;
    std::exception_ptr failure;
    asio::co_spawn(*s.context, where.act(s), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
        failure = e;
        ended = true;
    }));
    reach(s, where);
    CHECK(!ended);
    signal.emit(asio::cancellation_type::terminal);
    s.context->restart();
    s.context->poll(); // at once: there is nothing to wait for
    REQUIRE(ended);
    CHECK(is_cancellation(failure));
    expect_going_on(s);
}

asio::awaitable<void> complete_as_result(scene& s)
{
    auto const reply = co_await foundry::as_result(s.client->complete(s.request));
    CHECK(!reply);
}

asio::awaitable<void> fail_with(foundry::errc code)
{
    if (code != foundry::errc())
        throw foundry::error(code, "as wanted");
    co_return;
}

asio::awaitable<void> results_of_void()
{
    auto const good = co_await foundry::as_result(fail_with(foundry::errc()));
    CHECK(good.has_value());
    auto const bad = co_await foundry::as_result(fail_with(foundry::errc::no_ca_store));
    REQUIRE(bad.has_error());
    CHECK(bad.error().code() == foundry::errc::no_ca_store);
}

asio::awaitable<void> wait_for(asio::steady_timer& gun)
{
    boost::system::error_code ignored;
    co_await gun.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> race(scene& s, state const& where, asio::steady_timer& gun, std::size_t& winner)
{
    using namespace asio::experimental::awaitable_operators;
    auto const won = co_await (where.act(s) || wait_for(gun));
    winner = won.index();
}

void outrun_in(scene& s, state const& where)
{
    asio::steady_timer gun(*s.context, asio::steady_timer::time_point::max());
    std::size_t winner = 2;
    asio::co_spawn(*s.context, race(s, where, gun, winner), asio::detached);
    if (where.there == nullptr)
        s.context->poll_one(); // the two that race are spawned first
    reach(s, where);
    CHECK(winner == 2);
    gun.cancel();
    s.context->restart();
    s.context->poll();
    REQUIRE(winner == 1);
    expect_going_on(s);
}

void destroy_in(scene& s, state const& where)
{
    asio::co_spawn(*s.context, where.act(s), [](std::exception_ptr) { FAIL_CHECK("the call has ended"); });
    reach(s, where);
    s.held.reset();
    s.client.reset();
    s.context.reset();
    if (!s.is_led)
        CHECK(s.service.wait_for_open_at_most(0, long_enough));
}

TEST_CASE(
    "promise: wherever a call waits, it can be cancelled, lose a race or end with its context, and the client goes on")
{
    emulator service;
    std::size_t cases = 0;
    for (state const& where : states) {
        for (char const* const url : {urls[0], urls[3]}) { // with TLS and without
            for (auto* const end : {&cancel_in, &outrun_in, &destroy_in}) {
                CAPTURE(std::string(where.name));
                CAPTURE(std::string(url));
                service.clear_journal();
                scene s(service, url);
                where.prepare(s);
                s.make_client();
                where.begin(s);
                end(s, where);
                CHECK(service.queued() == 0);
                ++cases;
            }
        }
    }
    report("states to cancel in", cases);
}

TEST_CASE("as_result: a cancellation is thrown and not returned; an awaitable<void> gives a result<void>")
{
    emulator service;
    scene s(service, urls[0]);
    s.make_client();
    service.queue(silence());
    cancel_in(s, {"as a result", nothing, nothing, complete_as_result, has_request});
    run(results_of_void());
}

} // namespace foundry_test::cancellation_test
