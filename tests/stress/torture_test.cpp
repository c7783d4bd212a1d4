// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Operations of every kind, ended in every state: by cancellation, with their context, or well; many at once, in an order that a seed
// decides. What is wrong shows in a sanitizer, in an operation that does not end, or in one that ends as it should not.
//
//     torture [--operations N] [--seed N] [--threads N]
//
// One thread does the same each time; of several, each has contexts of its own and shares a client with the others.

#include "support/scripted_server.hpp"

#include <foundry.hpp>
#include <foundry/call.hpp>
#include <foundry/token_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

using namespace foundry_test;
using namespace std::chrono_literals;

namespace {

enum class kind
{
    complete,
    embed,
    call,
    open_stream,
    read_stream,
    collect_stream,
    warm_up
};
constexpr std::array<char const*, 7> kind_names{"complete",    "embed",          "call",   "open stream",
                                                "read stream", "collect stream", "warm up"};

/// Where an operation is when it is ended.
enum class state
{
    not_begun,
    token,
    pool,
    handshake,
    writing,
    first_byte,
    body,
    retry_wait,
    ended
};
constexpr std::array<char const*, 9> state_names{"not begun",  "token", "pool",       "handshake", "writing",
                                                 "first byte", "body",  "retry wait", "ended"};

bool is_possible(kind k, state s)
{
    if (k == kind::warm_up)
        return s == state::not_begun || s == state::pool || s == state::handshake || s == state::ended;
    return true;
}

using counts = std::array<std::array<std::size_t, state_names.size()>, kind_names.size()>;

struct settings
{
    std::size_t operations = 20'000;
    unsigned seed = 1;
    unsigned threads = 1;
};

/// Gives a token when it is let.
struct gated_credential
{
    struct gate
    {
        std::atomic<bool> is_asked = false;
        std::atomic<bool> is_open = false;
    };

    FOUNDRY_CORO asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        std::shared_ptr<gate> const mine = passed;
        mine->is_asked = true;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!mine->is_open) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return foundry::access_token("token", std::chrono::system_clock::now() + 1h);
    }

    std::shared_ptr<gate> passed = std::make_shared<gate>();
};

/// What the threads share: a server, a client, and the context that both are on.
struct world
{
    explicit world(unsigned threads)
        : work(home.get_executor()),
          server(home.get_executor()),
          shared(home, at(server.port()), foundry::no_credential{}, with_room_for(4 * threads))
    {}

    static foundry::endpoint at(std::uint16_t port, char const* url = "http://localhost:8080/v1")
    {
        foundry::endpoint where{url};
        where.connect_to("127.0.0.1", port);
        return where;
    }

    static foundry::options with_room_for(std::size_t connections)
    {
        foundry::options with;
        with.pool.max_connections = connections;
        with.timeouts.pool = with.timeouts.write = with.timeouts.tls = with.timeouts.first_byte = 1h;
        return with;
    }

    asio::io_context home{1};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    scripted_server server;
    foundry::client<> shared;
};

/// One operation, from its beginning to its end. Its coroutine holds it, and is destroyed with its context.
struct operation
{
    kind what{};
    state until{};
    std::string model;
    std::size_t context = 0;
    asio::cancellation_signal cancel;
    std::shared_ptr<gated_credential::gate> gate;
    std::string holder; // of the only connection of a pool
    std::size_t polls = 0;
    std::atomic<int> waits = 0; // for another attempt
    bool is_running = false;
    bool is_ended = false;
    bool is_over = false; // it has been ended
    bool is_closed = false;
    bool was_cancelled = false;
    std::exception_ptr failure;
    std::string text;
    std::optional<foundry::chat_stream> stream;
    std::size_t chunks = 0;
};
using operation_ptr = std::shared_ptr<operation>;

foundry::chat_request question(operation const& o)
{
    static std::string const much(std::size_t{512} << 10, 'x'); // more than the buffers of two sockets hold
    foundry::chat_request request{o.model};
    request.user(o.until == state::writing ? much : "Hello.");
    return request;
}

FOUNDRY_CORO asio::awaitable<void> perform(operation_ptr o, foundry::client<> client)
{
    o->is_running = true;
    foundry::call_options how;
    how.retry.on_retry = [o = o.get()](foundry::attempt const&, std::chrono::milliseconds) { ++o->waits; };
    if (o->what == kind::warm_up) {
        co_await client.warm_up();
        o->text = "fine";
    } else if (o->what == kind::complete) {
        foundry::chat_request const request = question(*o);
        foundry::chat_completion const reply = co_await client.complete(request, how);
        o->text = reply.text();
    } else if (o->what == kind::embed) {
        std::string const text = question(*o).messages.back().text();
        foundry::embedding_request const request(o->model, text);
        foundry::embeddings const reply = co_await client.embed(request, how);
        o->text = reply.size() == 1 ? "fine" : "no vector";
    } else if (o->what == kind::call) {
        boost::json::object const body{{"model", o->model}, {"text", question(*o).messages.back().text()}};
        foundry::route const route{"POST", "others"};
        boost::json::value const reply = co_await client.call<boost::json::value>(route, body, how);
        o->text = reply.is_object() ? "fine" : "no object";
    } else {
        foundry::chat_request const request = question(*o);
        o->stream.emplace(co_await client.stream(request, how));
        if (o->what == kind::collect_stream) {
            foundry::chat_completion const reply = co_await o->stream->collect();
            o->text = reply.text();
        } else if (o->what == kind::read_stream) {
            while (auto const chunk = co_await o->stream->next()) {
                ++o->chunks;
                o->text += chunk->text();
            }
        } else {
            o->text = "fine";
            if (o->until == state::body) { // the program does something else meanwhile
                asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
                co_await timer.async_wait(asio::use_awaitable);
            }
        }
    }
}

/// One thread's share.
class lane
{
public:
    lane(world& w, settings const& how, unsigned number)
        : world_(w),
          how_(how),
          number_(number),
          random_(how.seed + number)
    {
        for (auto& context : contexts_)
            context = std::make_unique<asio::io_context>(1);
    }

    void run(std::size_t operations)
    {
        for (std::size_t begun = 0; begun != operations || !active_.empty();) {
            if (begun != operations && active_.size() < 8) {
                begin();
                ++begun;
            }
            poll();
            step();
        }
    }

    counts const& cancelled() const noexcept { return cancelled_; }
    std::size_t succeeded() const noexcept { return succeeded_; }
    std::size_t failed() const noexcept { return failed_; }
    std::size_t destroyed() const noexcept { return destroyed_; }

private:
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

    void begin()
    {
        auto o = std::make_shared<operation>();
        do {
            o->what = static_cast<kind>(below(kind_names.size()));
            o->until = static_cast<state>(below(state_names.size()));
            if (o->until == state::writing && below(3) == 0) // which costs most
                o->until = state::first_byte;
        } while (!is_possible(o->what, o->until));
        std::string const id = "-" + std::to_string(number_) + "." + std::to_string(++count_);
        o->model = std::string(o->until == state::first_byte   ? "hang"
                               : o->until == state::body       ? "half"
                               : o->until == state::retry_wait ? "busy"
                                                               : "answer") +
                   id;
        o->context = below(contexts_.size());
        start(o, client_for(*o, id));
        active_.push_back(o);
        if (o->until == state::not_begun)
            end(std::move(o));
    }

    /// The shared client, or one of its own which stays in the state that is wanted.
    foundry::client<> client_for(operation& o, std::string const& id)
    {
        auto& home = world_.home;
        auto const deaf = world_.server.deaf_port();
        switch (o.until) {
        case state::token: {
            gated_credential who;
            o.gate = who.passed;
            return foundry::client<>(foundry::client(home, world::at(world_.server.port()), std::move(who)));
        }
        case state::pool: {
            foundry::client<> const single(home, world::at(world_.server.port()), foundry::no_credential{},
                                           world::with_room_for(1));
            auto const holder = std::make_shared<operation>();
            holder->model = o.holder = "hang" + id + "h";
            holder->context = o.context;
            start(holder, single);
            return single;
        }
        case state::handshake:
            return foundry::client<>(home, world::at(deaf, "https://contoso.openai.azure.com/openai/v1"),
                                     foundry::no_credential{}, world::with_room_for(1));
        case state::writing:
            return foundry::client<>(home, world::at(deaf), foundry::no_credential{}, world::with_room_for(1));
        default:
            return world_.shared;
        }
    }

    void start(operation_ptr const& o, foundry::client<> client)
    {
        asio::co_spawn(*contexts_[o->context], perform(o, std::move(client)),
                       asio::bind_cancellation_slot(o->cancel.slot(), [o](std::exception_ptr e) {
                           if (o->is_ended)
                               throw std::logic_error("an operation has ended twice");
                           o->is_ended = true;
                           o->failure = e;
                       }));
    }

    void poll()
    {
        std::size_t handlers = 0;
        if (how_.threads == 1)
            handlers += world_.home.poll();
        for (auto& context : contexts_) {
            context->restart();
            handlers += context->poll();
        }
        for (auto const& o : active_)
            ++o->polls;
        if (handlers == 0)
            std::this_thread::yield();
    }

    bool has_reached(operation const& o) const
    {
        static constexpr std::size_t settled = 6; // polls in which nothing is left to do but to wait
        switch (o.until) {
        case state::not_begun:
            return true;
        case state::token:
            return o.gate->is_asked;
        case state::pool:
            return world_.server.holds(o.holder) && o.polls > settled;
        case state::handshake:
        case state::writing:
            return o.polls > settled;
        case state::first_byte:
            return world_.server.holds(o.model);
        case state::body:
            return world_.server.holds(o.model) && (o.what == kind::read_stream ? o.chunks != 0 : o.polls > settled);
        case state::retry_wait:
            return o.waits != 0;
        case state::ended:
            return o.is_ended;
        }
        return true;
    }

    /// Ends one that has come where it was to come, and forgets those that have ended.
    void step()
    {
        if (active_.empty()) // one that ended before it began took its context with it, and all others
            return;
        operation_ptr o = active_[below(active_.size())];
        if (!o->is_over && has_reached(*o))
            end(std::move(o));
        else if (o->is_over && !o->was_cancelled && has_deaf_server(*o))
            world_.server.close_deaf(); // its connection may have been accepted just now
        else if (o->polls > 5'000'000)
            throw std::runtime_error(describe(*o) + " does not go on");
        std::erase_if(active_, [this](operation_ptr const& one) {
            bool const has_passed = one->is_ended && (one->is_over || one->until != state::ended);
            if (has_passed)
                check(*one);
            return has_passed;
        });
    }

    /// In one of the ways there are.
    void end(operation_ptr o)
    {
        o->is_over = true;
        std::size_t const way = below(100);
        if (way == 0) { // its context ends, and all that is on it
            std::size_t const which = o->context;
            o.reset(); // what it has on the context must not outlive that
            std::erase_if(active_, [&](operation_ptr const& one) {
                destroyed_ += one->context == which && !one->is_ended;
                return one->context == which;
            });
            contexts_[which] = nullptr;
            contexts_[which] = std::make_unique<asio::io_context>(1);
        } else if (way < 20) { // it goes on
            go_on(o);
        } else {
            if (way < 30 && o->stream) { // which is the end for who reads it
                o->is_closed = true;
                o->stream->close();
            }
            if (!o->is_ended || o->until == state::ended)
                ++cancelled_[static_cast<std::size_t>(o->what)][static_cast<std::size_t>(o->until)];
            cancel(o);
            if (!o->holder.empty())
                world_.server.release(o->holder);
        }
    }

    /// On the operation's context: elsewhere Asio would keep a pointer into a signal that ends with the operation.
    void cancel(operation_ptr const& o)
    {
        o->was_cancelled = true;
        if (o->until == state::not_begun)
            o->cancel.emit(asio::cancellation_type::terminal);
        else
            asio::post(*contexts_[o->context], [o] { o->cancel.emit(asio::cancellation_type::terminal); });
    }

    void go_on(operation_ptr const& o)
    {
        if (o->gate)
            o->gate->is_open = true;
        world_.server.release(o->until == state::pool ? o->holder : o->model);
        bool const is_closed_by_server = has_deaf_server(*o) && below(40) == 0; // seldom, for it ends others, too
        if (is_closed_by_server)
            world_.server.close_deaf();
        bool const would_stay = has_deaf_server(*o) || o->until == state::retry_wait || o->what == kind::open_stream;
        if (would_stay && !is_closed_by_server)
            cancel(o);
    }

    void check(operation& o)
    {
        std::string why;
        bool is_cancellation = false;
        try {
            if (o.failure)
                std::rethrow_exception(o.failure);
        } catch (foundry::error const& e) {
            why = e.what();
        } catch (boost::system::system_error const& e) {
            is_cancellation = e.code() == asio::error::operation_aborted;
            why = e.what();
        }
        if (is_cancellation && !o.was_cancelled)
            throw std::runtime_error(describe(o) + " was not cancelled and says so");
        if (!is_cancellation && o.failure && !has_deaf_server(o))
            throw std::runtime_error(describe(o) + " failed: " + why);
        if (!o.failure && o.text != "fine" && !o.is_closed)
            throw std::runtime_error(describe(o) + " answered: " + o.text);
        o.failure ? ++failed_ : ++succeeded_;
        o.stream.reset();
    }

    static bool has_deaf_server(operation const& o) { return o.until == state::handshake || o.until == state::writing; }

    static std::string describe(operation const& o)
    {
        return std::string(kind_names[static_cast<std::size_t>(o.what)]) + ", to be ended in the state " +
               state_names[static_cast<std::size_t>(o.until)] + " (" + o.model + ")";
    }

    world& world_;
    settings const& how_;
    unsigned number_;
    std::mt19937 random_;
    std::size_t count_ = 0;
    std::array<std::unique_ptr<asio::io_context>, 3> contexts_;
    std::vector<operation_ptr> active_;
    counts cancelled_{};
    std::size_t succeeded_ = 0;
    std::size_t failed_ = 0;
    std::size_t destroyed_ = 0;
};

void print(counts const& all)
{
    for (std::size_t k = 0; k != kind_names.size(); ++k) {
        std::cout << "report: torture: " << kind_names[k] << ':';
        for (std::size_t s = 0; s != state_names.size(); ++s)
            if (is_possible(static_cast<kind>(k), static_cast<state>(s)))
                std::cout << ' ' << state_names[s] << ' ' << all[k][s] << ',';
        std::cout << '\n';
    }
}

/// How many cells were hit too seldom.
std::size_t rare_cells(counts const& all, std::size_t least)
{
    std::size_t rare = 0;
    for (std::size_t k = 0; k != kind_names.size(); ++k)
        for (std::size_t s = 0; s != state_names.size(); ++s)
            rare += is_possible(static_cast<kind>(k), static_cast<state>(s)) && all[k][s] < least;
    return rare;
}

bool torture(settings const& how)
{
    world w(how.threads);
    std::vector<std::unique_ptr<lane>> lanes;
    for (unsigned i = 0; i != how.threads; ++i)
        lanes.push_back(std::make_unique<lane>(w, how, i));
    std::atomic<bool> is_good = true;
    auto const run = [&](lane& one) {
        try {
            one.run(how.operations / how.threads);
        } catch (std::exception const& e) {
            std::cerr << e.what() << '\n';
            is_good = false;
        }
    };
    if (how.threads == 1) {
        run(*lanes.front());
    } else {
        std::vector<std::thread> threads;
        threads.emplace_back([&] { w.home.run(); });
        for (auto& one : lanes)
            threads.emplace_back([&] { run(*one); });
        for (std::size_t i = 1; i != threads.size(); ++i)
            threads[i].join();
        w.server.stop();
        w.work.reset();
        threads.front().join();
    }
    counts all{};
    std::size_t succeeded = 0;
    std::size_t failed = 0;
    std::size_t destroyed = 0;
    for (auto const& one : lanes) {
        succeeded += one->succeeded();
        failed += one->failed();
        destroyed += one->destroyed();
        for (std::size_t k = 0; k != all.size(); ++k)
            for (std::size_t s = 0; s != all[k].size(); ++s)
                all[k][s] += one->cancelled()[k][s];
    }
    print(all);
    std::cout << "report: torture: " << how.operations << " operations on " << how.threads << " threads, seed "
              << how.seed << ": " << succeeded << " succeeded, " << failed
              << " were cancelled or lost their connection, " << destroyed << " ended with their context\n";
    std::size_t const rare = rare_cells(all, 100);
    if (rare != 0)
        std::cerr << rare << " cells were hit fewer than a hundred times\n";
    return is_good && rare == 0;
}

} // namespace

int main(int argc, char** argv)
{
    settings how;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const name = argv[i];
        unsigned long const value = std::stoul(argv[i + 1]);
        if (name == "--operations")
            how.operations = value;
        else if (name == "--seed")
            how.seed = static_cast<unsigned>(value);
        else if (name == "--threads")
            how.threads = static_cast<unsigned>(value);
    }
    return torture(how) ? 0 : 1;
}
