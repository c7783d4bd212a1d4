// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Runs with tools that do not go as planned: cancelled at any moment, with odd answers, and with functions that misbehave.

#include "support/plain_calls.hpp"

#include <foundry/tools.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <functional>
#include <limits>
#include <set>
#include <variant>

namespace foundry_test::tools_faults_test {

namespace json = boost::json;
using foundry::chat_role;
using foundry::errc;
using foundry::tool_event;
using foundry::tool_event_type;
using foundry::tool_options;
using foundry::tool_run;
using foundry::toolbox;

foundry::client<> client_for(asio::any_io_executor executor, emulator& service)
{
    return client_of(std::move(executor), service, v1_url, limited(service));
}

/// Whether each call has a result, and each result its call before it.
bool is_valid_history(std::vector<foundry::chat_message> const& messages)
{
    std::set<std::string> open;
    for (foundry::chat_message const& message : messages) {
        if (message.role == chat_role::tool) {
            if (open.erase(message.tool_call_id.value_or("")) != 1)
                return false;
            continue;
        }
        if (!open.empty() ||
            (message.role == chat_role::assistant && message.tool_calls.empty() && message.text().empty()))
            return false;
        for (foundry::tool_call const& call : message.tool_calls)
            if (!open.insert(call.id).second)
                return false;
    }
    return open.empty();
}

asio::awaitable<void> wait_for_ever()
{
    asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
}

/// Functions that count how many of them run.
struct counted_functions
{
    int running = 0;
    toolbox tools;

    counted_functions()
    {
        tools.add("hop", "Needs a moment", [this]() -> asio::awaitable<void> {
            counter const here(running);
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        });
        tools.add("stubborn", "Ignores cancellation", [this]() -> asio::awaitable<void> {
            counter const here(running);
            auto const executor = co_await asio::this_coro::executor;
            co_await asio::this_coro::throw_if_cancelled(false);
            for (int i = 0; i != 20; ++i)
                co_await asio::post(executor, asio::use_awaitable);
        });
        tools.add("at_once", "Is no coroutine", [] { return 1; });
    }
    counted_functions(counted_functions const&) = delete;
    counted_functions& operator=(counted_functions const&) = delete;

private:
    struct counter
    {
        explicit counter(int& n) : count(n) { ++count; }
        counter(counter const&) = delete;
        counter& operator=(counter const&) = delete;
        ~counter() { --count; }
        int& count;
    };
};

std::vector<std::pair<std::string, std::string>> three_calls()
{
    return {{"hop", "{}"}, {"stubborn", "{}"}, {"at_once", "{}"}};
}

asio::awaitable<void> complete_run(foundry::client<> client, tool_run& run, toolbox tools, tool_options how)
{
    co_await client.complete(run, tools, how);
}

asio::awaitable<void> stream_run(foundry::client<> client, tool_run& run, toolbox tools, tool_options how)
{
    foundry::async_generator<tool_event> events = client.stream(run, tools, how);
    for (;;) {
        std::optional<tool_event> const event = co_await events.next();
        if (!event)
            break;
    }
}

using run_function = asio::awaitable<void> (*)(foundry::client<>, tool_run&, toolbox, tool_options);

void queue_round(emulator& service, run_function go)
{
    service.queue(go == &stream_run ? answer::tool_call_pieces(three_calls()) : answer::tool_calls(three_calls()));
    service.queue(go == &stream_run ? answer::pieces({"Do", "ne."}) : answer::chat("Done."));
}

/// Cancels after a number of handlers. Returns whether the run had ended by then.
bool cancel_after(int handlers, run_function go, unsigned parallel, asio::cancellation_type type)
{
    emulator service;
    queue_round(service, go);
    asio::io_context context;
    counted_functions functions;
    tool_run run{question()};
    tool_options how;
    how.parallel = parallel;
    asio::cancellation_signal signal;
    std::exception_ptr thrown;
    bool ended = false;
    auto const client = client_for(context.get_executor(), service);
    asio::co_spawn(context, go(client, run, functions.tools, how),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                       thrown = e;
                       ended = true;
                       CHECK(functions.running == 0); // all are waited for
                       CHECK(is_valid_history(run.messages));
                   }));
    for (int i = 0; i != handlers && !ended; ++i)
        context.run_one_for(long_enough);
    bool const is_late = ended;
    signal.emit(type);
    while (!ended && context.run_one_for(long_enough) != 0) {
    }
    REQUIRE(ended);
    CHECK((is_late || type != asio::cancellation_type::terminal || !thrown || is_cancellation(thrown)));
    if (!thrown)
        CHECK(run.messages.back().text() == "Done.");
    return is_late;
}

/// Destroys the context after a number of handlers. Returns whether the run had ended by then.
bool destroy_after(int handlers, run_function go)
{
    emulator service;
    queue_round(service, go);
    counted_functions functions;
    tool_run run{question()};
    bool ended = false;
    {
        asio::io_context context;
        auto const client = client_for(context.get_executor(), service);
        asio::co_spawn(context, go(client, run, functions.tools, tool_options()),
                       [&](std::exception_ptr) { ended = true; });
        for (int i = 0; i != handlers && !ended; ++i)
            context.run_one_for(long_enough);
    }
    CHECK(functions.running == 0);
    CHECK(is_valid_history(run.messages));
    return ended;
}

/// A stream's answer that begins with text and breaks off in the arguments of a call.
answer broken_call()
{
    return answer::events(
               event("I look. ") +
               R"(data: {"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function",)"
               R"("function":{"name":"hop","arguments":"{\"ci"}}]}}]})"
               "\n\n")
        .cut_after_event(2);
}

asio::awaitable<void> break_in_arguments(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    service.queue(broken_call());
    tool_run run{question()};
    foundry::async_generator<tool_event> events = client.stream(run, functions.tools);
    std::optional<foundry::error> failed;
    try {
        for (bool is_open = true; is_open;)
            is_open = (co_await events.next()).has_value();
    } catch (foundry::error const& e) {
        failed = e;
    }
    REQUIRE(failed.has_value());
    CHECK(failed->code() == errc::stream_truncated);
    REQUIRE(run.messages.size() == 2); // while the generator is still there
    CHECK(run.messages[1].text() == "I look. ");
    CHECK(is_valid_history(run.messages));

    service.queue(answer::chat("Again."));
    co_await client.complete(run, functions.tools);
    events = {};
    CHECK(run.messages.size() == 3);
    CHECK(run.messages.back().text() == "Again.");
}

/// Runs a coroutine, cancels it when a function asks for that, and returns what it throws.
std::exception_ptr cancelled_by(asio::io_context& context, asio::cancellation_signal& signal,
                                asio::awaitable<void> body)
{
    std::exception_ptr thrown;
    bool ended = false;
    asio::co_spawn(context, std::move(body), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                       thrown = e;
                       ended = true;
                   }));
    while (!ended && context.run_one_for(5s) != 0) {
    }
    CHECK(ended);
    return thrown;
}

void cancel_from_within(bool at_once)
{
    emulator service;
    asio::io_context context;
    asio::cancellation_signal signal;
    toolbox tools;
    tools.add("leave", "Cancels its own run", [&]() -> asio::awaitable<void> {
        if (!at_once)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        signal.emit(asio::cancellation_type::terminal);
        co_await wait_for_ever();
    });
    service.queue(answer::tool_calls({{"leave", "{}"}, {"leave", "{}"}}));
    tool_run run{question()};
    auto const client = client_for(context.get_executor(), service);
    CHECK(is_cancellation(cancelled_by(context, signal, complete_run(client, run, tools, tool_options()))));
    CHECK(run.messages.size() == 1);
}

/// Cancels when a response has been read whole, before the coroutine that waits for it goes on.
class cancelling_observer final : public foundry::observer
{
public:
    explicit cancelling_observer(asio::cancellation_signal& signal) : signal_(signal) {}
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::end)
            signal_.emit(asio::cancellation_type::terminal);
    }

private:
    asio::cancellation_signal& signal_;
};

void cancel_with_the_answer(run_function go)
{
    emulator service;
    queue_round(service, go);
    asio::io_context context;
    asio::cancellation_signal signal;
    counted_functions functions;
    tool_run run{question()};
    foundry::options with = limited(service);
    with.observer = std::make_shared<cancelling_observer>(signal);
    foundry::client<> const client = client_of(context.get_executor(), service, v1_url, with);
    CHECK(is_cancellation(cancelled_by(context, signal, go(client, run, functions.tools, tool_options()))));
    CHECK(functions.running == 0);
    CHECK(is_valid_history(run.messages));
    CHECK(run.messages.size() == 1);
}

/// A run that is cancelled by a function of its own waits for it.
void wait_for_who_cancels()
{
    emulator service;
    asio::io_context context;
    asio::cancellation_signal signal;
    bool has_ended = false;
    toolbox tools;
    tools.add("leave", "Cancels its own run, and goes on", [&]() -> asio::awaitable<void> {
        signal.emit(asio::cancellation_type::terminal);
        auto const executor = co_await asio::this_coro::executor;
        co_await asio::this_coro::throw_if_cancelled(false);
        for (int i = 0; i != 10; ++i)
            co_await asio::post(executor, asio::use_awaitable);
        has_ended = true;
    });
    service.queue(answer::tool_calls({{"leave", "{}"}}));
    tool_run run{question()};
    auto const client = client_for(context.get_executor(), service);
    CHECK(is_cancellation(cancelled_by(context, signal, complete_run(client, run, tools, tool_options()))));
    CHECK(has_ended);
    CHECK(run.messages.size() == 3);
    CHECK(is_valid_history(run.messages));
}

asio::awaitable<void> stay_valid(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    queue_round(service, &stream_run);
    tool_run run{question()};
    foundry::async_generator<tool_event> events = client.stream(run, functions.tools);
    while (std::optional<tool_event> const event = co_await events.next())
        CHECK(is_valid_history(run.messages));
    CHECK(run.messages.size() == 6);
}

/// A function changes how its coroutine reacts to cancellation; the function after it is another coroutine.
void keep_functions_apart(bool disables)
{
    emulator service;
    asio::io_context context;
    asio::cancellation_signal signal;
    toolbox tools;
    tools.add("first", "Cannot be cancelled", [disables]() -> asio::awaitable<void> {
        if (disables)
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        else
            co_await asio::this_coro::throw_if_cancelled(false);
    });
    bool threw = false;
    tools.add("second", "Can be cancelled", [&]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        asio::post(executor, [&] { signal.emit(asio::cancellation_type::terminal); });
        try {
            for (int i = 0; i != 1000; ++i)
                co_await asio::post(executor, asio::use_awaitable);
        } catch (boost::system::system_error const&) {
            threw = true;
            throw;
        }
    });
    service.queue(answer::tool_calls({{"first", "{}"}, {"second", "{}"}}));
    tool_run run{question()};
    tool_options how;
    how.parallel = 1;
    auto const client = client_for(context.get_executor(), service);
    CHECK(is_cancellation(cancelled_by(context, signal, complete_run(client, run, tools, how))));
    CHECK(threw);
    CHECK(run.messages.size() == 3); // the first call and its result
    CHECK(is_valid_history(run.messages));
}

/// A function that ends on another executor does not take the run with it.
void come_home()
{
    emulator service;
    asio::io_context context;
    auto const home = asio::make_strand(context);
    auto const other = asio::make_strand(context);
    toolbox tools;
    int at_home = 0;
    tools.add("away", "Ends elsewhere", [&]() -> asio::awaitable<void> {
        at_home += home.running_in_this_thread();
        co_await asio::post(asio::bind_executor(other, asio::use_awaitable));
        CHECK(other.running_in_this_thread());
    });
    service.queue(answer::tool_calls({{"away", "{}"}, {"away", "{}"}, {"away", "{}"}}));
    service.queue(answer::chat("Done."));
    tool_run run{question()};
    tool_options how;
    how.parallel = 1;
    how.stop_after_round = [&](tool_run const&) {
        at_home += home.running_in_this_thread();
        return false;
    };
    bool ended = false;
    auto const client = client_for(home, service);
    asio::co_spawn(home, complete_run(client, run, tools, how), [&](std::exception_ptr e) {
        CHECK(!e);
        ended = true;
    });
    while (!ended && context.run_one_for(long_enough) != 0) {
    }
    CHECK(at_home == 4);
    CHECK(run.messages.back().text() == "Done.");
}

asio::awaitable<void> throw_all_kinds(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox tools;
    tools.add("number", "Throws a number", []() -> asio::awaitable<void> {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        throw 7;
    });
    tools.add("own", "Throws the library's error", [] { throw foundry::error(errc::rate_limited, "later"); });
    tools.add("aborted", "Throws as if it were cancelled",
              [] { throw boost::system::system_error(asio::error::operation_aborted); });
    foundry::chat_request const request = question();
    tool_options how;

    service.queue(answer::tool_calls({{"number", "{}"}}));
    int number = 0;
    try {
        static_cast<void>(co_await client.complete(request, tools));
    } catch (int n) {
        number = n;
    }
    CHECK(number == 7);

    service.queue(answer::tool_calls({{"own", "{}"}}));
    foundry::error const failed = co_await failure_of(client.complete(request, tools));
    CHECK(failed.code() == errc::rate_limited);

    how.report_exceptions = true;
    service.queue(answer::tool_calls({{"own", "{}"}, {"aborted", "{}"}}));
    service.queue(answer::chat("Done."));
    tool_run const run = co_await client.complete(request, tools, how);
    REQUIRE(run.messages.size() == 5);
    CHECK(run.messages[2].text().find("later") != std::string::npos);
    CHECK(run.messages[3].text().find("error: ") == 0); // nobody has cancelled the run
}

/// What a function throws because it was cancelled is no result.
void report_no_cancellation()
{
    emulator service;
    asio::io_context context;
    asio::cancellation_signal signal;
    toolbox tools;
    tools.add("wrap", "Throws an error of its own when it is cancelled", [&]() -> asio::awaitable<void> {
        asio::post(co_await asio::this_coro::executor, [&] { signal.emit(asio::cancellation_type::terminal); });
        bool was_cancelled = false;
        try {
            co_await wait_for_ever();
        } catch (boost::system::system_error const&) {
            was_cancelled = true;
        }
        if (was_cancelled)
            throw std::runtime_error("interrupted");
    });
    service.queue(answer::tool_calls({{"wrap", "{}"}}));
    tool_run run{question()};
    tool_options how;
    how.report_exceptions = true;
    auto const client = client_for(context.get_executor(), service);
    CHECK(is_cancellation(cancelled_by(context, signal, complete_run(client, run, tools, how))));
    CHECK(run.messages.size() == 1);
}

asio::awaitable<void> throw_in_hooks(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    for (bool const is_before : {true, false}) {
        tool_options how;
        if (is_before) {
            how.before_call = [](foundry::tool_call&) -> asio::awaitable<std::optional<std::string>> {
                throw std::runtime_error("no");
                co_return std::nullopt;
            };
        } else {
            how.stop_after_round = [](tool_run const&) -> bool { throw std::runtime_error("no"); };
        }
        for (run_function const go : {&complete_run, &stream_run}) {
            service.queue(go == &stream_run ? answer::tool_call_pieces(three_calls())
                                            : answer::tool_calls(three_calls()));
            tool_run run{question()};
            bool threw = false;
            try {
                co_await go(client, run, functions.tools, how);
            } catch (std::runtime_error const&) {
                threw = true;
            }
            CHECK(threw);
            CHECK(functions.running == 0);
            CHECK(is_valid_history(run.messages));
            CHECK(run.messages.size() == (is_before ? 1U : 5U));
        }
    }
}

asio::awaitable<void> take_odd_options(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    tool_options how;
    how.parallel = 0;
    service.queue(answer::tool_calls(three_calls()));
    service.queue(answer::chat("Done."));
    tool_run run{question()};
    co_await client.complete(run, functions.tools, how);
    CHECK(run.messages.size() == 6);

    how.max_rounds = 0;
    service.queue(answer::tool_calls(three_calls()));
    foundry::error const limited_run = co_await failure_of(client.complete(run.request, functions.tools, how));
    CHECK(limited_run.code() == errc::invalid_argument); // no messages
    tool_run none{question()};
    foundry::chat_request const request = question();
    foundry::error const many = co_await failure_of(client.complete(request, functions.tools, how));
    CHECK(many.code() == errc::too_many_rounds);

    service.queue(answer::tool_calls({{"hop", "{}"}}));
    service.queue(answer::chat("Done."));
    tool_run const empty = co_await client.complete(request, toolbox());
    CHECK(empty.messages[2].text() == "error: there is no function of this name");
    CHECK(!json::parse(service.journal().back().body).as_object().contains("tools"));

    foundry::chat_request with_tools = question();
    with_tools.tools.emplace_back("f", "F", json::object());
    CHECK((co_await failure_of(client.complete(with_tools, functions.tools))).code() == errc::invalid_argument);
    none.request.user("This would not be sent");
    foundry::error const lost = co_await failure_of([&]() -> asio::awaitable<int> {
        co_await client.complete(none, functions.tools);
        co_return 0;
    }());
    CHECK(lost.code() == errc::invalid_argument);
    CHECK(none.messages.size() == 1);
}

asio::awaitable<void> require_once(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    for (char const* const mode : {"any", "required", "auto"}) {
        service.queue(answer::tool_calls({{"hop", "{}"}}));
        service.queue(answer::chat("Done."));
        foundry::chat_request request = question();
        foundry::open_enum<foundry::tool_mode> choice;
        choice = foundry::open_enum<foundry::tool_mode>(std::string(mode));
        request.tool_choice = choice;
        static_cast<void>(co_await client.complete(request, functions.tools));
        json::value const last = json::parse(service.journal().back().body);
        CHECK(last.as_object().contains("tool_choice") == (mode == std::string("auto")));
    }
}

std::string usage_of(std::int64_t tokens)
{
    std::string const n = std::to_string(tokens);
    return R"("usage":{"prompt_tokens":)" + n + R"(,"completion_tokens":)" + n + R"(,"total_tokens":)" + n + "}";
}

asio::awaitable<void> sum_large_usage(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    std::int64_t const most = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i != 2; ++i) {
        service.queue(
            answer::json(200, R"({"id":"x","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":
            "assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"hop","arguments":"{}"}}]}}],)" +
                                  usage_of(most) + "}"));
    }
    service.queue(answer::chat("Done."));
    foundry::chat_request const request = question();
    tool_run const run = co_await client.complete(request, functions.tools);
    CHECK(run.usage.total_tokens == most);
    CHECK(is_valid_history(run.messages));
}

asio::awaitable<void> stream_two_choices(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    auto const piece = [](int index, std::string const& delta) {
        return R"(data: {"id":"x","choices":[{"index":)" + std::to_string(index) + R"(,"delta":)" + delta + "}]}\n\n";
    };
    service.queue(answer::events(piece(1, R"({"reasoning_content":"other"})") +
                                 piece(0, R"({"reasoning_content":"mine"})") + piece(1, R"({"content":"B"})") +
                                 piece(0, R"({"content":"A"})") + done_event));
    tool_run run{question()};
    foundry::async_generator<tool_event> events = client.stream(run, functions.tools);
    std::string reasoning, text;
    while (std::optional<tool_event> const event = co_await events.next()) {
        if (event->type == tool_event_type::reasoning)
            reasoning += event->text;
        if (event->type == tool_event_type::text)
            text += event->text;
    }
    CHECK(reasoning == "mine");
    CHECK(text == "A");
    CHECK(run.messages.back().text() == "A");
}

asio::awaitable<void> stream_late_names(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    auto const piece = [](std::string const& call) {
        return R"(data: {"id":"x","choices":[{"index":0,"delta":{"tool_calls":[)" + call + "]}}]}\n\n";
    };
    service.queue(answer::events(piece(R"({"index":0,"id":"a","type":"function"})") +
                                 piece(R"({"index":0,"function":{"name":"at_once","arguments":"{"}})") +
                                 piece(R"({"index":0,"function":{"arguments":"}"}})") + done_event));
    service.queue(answer::pieces({"Done."}));
    tool_run run{question()};
    foundry::async_generator<tool_event> events = client.stream(run, functions.tools);
    std::string order;
    while (std::optional<tool_event> const event = co_await events.next()) {
        order += "trcaRe."[static_cast<int>(event->type)];
        if (event->type == tool_event_type::call_begins)
            CHECK(event->call.function.name == "at_once");
    }
    CHECK(order == "caaRet.");
}

/// A service that has only usage to tell adds no message.
asio::awaitable<void> stream_no_choice(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    service.queue(answer::events(R"(data: {"id":"x","choices":[],)" + usage_of(3) + "}\n\n" + done_event));
    tool_run run{question()};
    co_await stream_run(client, run, functions.tools, tool_options());
    CHECK(run.usage.total_tokens == 3);
    CHECK(is_valid_history(run.messages));
}

/// Two calls must not use a run at once; if they do, memory and history stay in order.
void share_a_run()
{
    emulator service;
    asio::io_context context;
    tool_run run{question()};
    toolbox tools;
    tools.add("wait", "Waits until the other call has its answer, too", [&]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        while (run.rounds < 2)
            co_await asio::post(executor, asio::use_awaitable);
    });
    service.queue(answer::tool_calls({{"wait", "{}"}}));
    service.queue(answer::tool_calls({{"wait", "{}"}, {"wait", "{}"}, {"wait", "{}"}, {"wait", "{}"}}));
    service.queue(answer::chat("One."));
    service.queue(answer::chat("Two."));
    auto const client = client_for(context.get_executor(), service);
    int ended = 0;
    for (int i = 0; i != 2; ++i)
        asio::co_spawn(context, complete_run(client, run, tools, tool_options()), [&](std::exception_ptr) { ++ended; });
    while (ended != 2 && context.run_one_for(long_enough) != 0) {
    }
    CHECK(ended == 2);
    CHECK(is_valid_history(run.messages));
}

asio::awaitable<void> call_many(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    std::vector<std::pair<std::string, std::string>> const many(3000, {"at_once", "{}"});
    for (unsigned const parallel : {1U, 8U, 5000U}) {
        service.queue(answer::tool_calls(many));
        service.queue(answer::chat("Done."));
        tool_options how;
        how.parallel = parallel;
        foundry::chat_request const request = question();
        tool_run const run = co_await client.complete(request, functions.tools, how);
        CHECK(run.messages.size() == 3003);
        CHECK(is_valid_history(run.messages));
    }
}

struct verdict
{
    bool good = false;
};
BOOST_DESCRIBE_STRUCT(verdict, (), (good))

asio::awaitable<void> keep_typed_runs(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    counted_functions functions;
    service.queue(answer::tool_calls(three_calls()));
    service.queue(answer::chat("I cannot say."));
    foundry::chat_request const request = question();
    std::optional<foundry::tool_run_error> failed;
    try {
        static_cast<void>(co_await client.complete<verdict>(request, functions.tools));
    } catch (foundry::tool_run_error const& e) {
        failed = e;
    } catch (foundry::error const&) {
    }
    REQUIRE(failed.has_value());
    CHECK(failed->code() == errc::answer_misfit);
    CHECK(failed->body() == "I cannot say.");
    CHECK(failed->run().messages.size() == 6);
}

/// As deep as schemas may be.
template <int Level>
struct level
{
    std::vector<std::variant<level<Level - 1>, std::string>> inner;
    BOOST_DESCRIBE_CLASS(level, (), (inner), (), ())
};
template <>
struct level<0>
{
    int last = 0;
    BOOST_DESCRIBE_CLASS(level, (), (last), (), ())
};

asio::awaitable<void> send_deep_schemas(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox tools;
    tools.add("deep", "Deep", [](level<8> const&) {});
    json::value parameters{{"type", "object"}};
    for (int i = 0; i != 20; ++i)
        parameters = {{"type", "object"}, {"properties", {{"inner", parameters}}}};
    tools.add("deeper", "Deeper", parameters, [](json::value) -> asio::awaitable<std::string> { co_return "fine"; });
    service.queue(answer::tool_calls({{"deeper", "{}"}}));
    service.queue(answer::chat("Done."));
    foundry::chat_request const request = question();
    tool_run const run = co_await client.complete(request, tools);
    CHECK(run.messages[2].text() == "fine");
    service.queue(answer::chat(R"({"inner":[]})"));
    foundry::structured<level<8>> const told = co_await client.complete<level<8>>(request);
    CHECK(told.value.inner.empty());
}

asio::awaitable<void> leave_typed_streams(emulator& service)
{
    foundry::structured_stream<verdict> none;
    CHECK(co_await none.read() == nullptr);
    CHECK(!none.partial().good);
    CHECK(!(co_await none.collect()).value.good);

    auto const client = client_for(co_await asio::this_coro::executor, service);
    foundry::chat_request const request = question();
    service.queue(answer::events(event(R"({\"good\":)")).cut_after_event(1));
    foundry::structured_stream<verdict> broken = co_await client.stream<verdict>(request);
    CHECK(co_await broken.read() != nullptr);
    CHECK((co_await failure_of(broken.read())).code() == errc::stream_truncated);
    CHECK(co_await broken.read() == nullptr); // as every stream after an error
}

asio::awaitable<void> drain_between_rounds(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const client = client_for(executor, service);
    toolbox tools;
    bool is_drained = false;
    tools.add("stop_server", "Drains the client", [&]() -> asio::awaitable<void> {
        asio::co_spawn(executor, client.drain(20s), [&](std::exception_ptr) { is_drained = true; });
        for (int i = 0; i != 10; ++i)
            co_await asio::post(executor, asio::use_awaitable);
        CHECK(!is_drained);
    });
    service.queue(answer::tool_calls({{"stop_server", "{}"}}));
    service.queue(answer::chat("Done."));
    foundry::chat_request const request = question();
    tool_run const run = co_await client.complete(request, tools);
    CHECK(run.reply.text() == "Done.");
    for (int i = 0; i != 100 && !is_drained; ++i)
        co_await asio::post(executor, asio::use_awaitable);
    CHECK(is_drained);
}

asio::awaitable<void> close_between_rounds(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox tools;
    tools.add("close", "Closes the client", [&] { client.close(); });
    service.queue(answer::tool_calls({{"close", "{}"}}));
    tool_run run{question()};
    foundry::error const failed = co_await failure_of([&]() -> asio::awaitable<int> {
        co_await client.complete(run, tools);
        co_return 0;
    }());
    CHECK(failed.code() == errc::client_closed);
    CHECK(run.messages.size() == 3);
    CHECK(is_valid_history(run.messages));
}

/// A run that is left while functions run leaves them what they use.
void leave_running_functions()
{
    emulator service;
    asio::io_context context;
    int ended = 0;
    {
        auto const client = client_for(context.get_executor(), service);
        auto functions = std::make_unique<toolbox>();
        std::string const own(100, 'x');
        functions->add("long", "Ignores cancellation", [own, &ended]() -> asio::awaitable<std::string> {
            auto const executor = co_await asio::this_coro::executor;
            co_await asio::this_coro::throw_if_cancelled(false);
            for (int i = 0; i != 50; ++i)
                co_await asio::post(executor, asio::use_awaitable);
            ++ended;
            co_return own;
        });
        functions->add("short", "Ends", [] {});
        auto run = std::make_unique<tool_run>(question());
        service.queue(answer::tool_call_pieces({{"long", "{}"}, {"short", "{}"}, {"long", "{}"}}));
        auto events = client.stream(*run, *functions);
        functions.reset();
        bool has_result = false;
        while (!has_result) {
            bool arrived = false;
            asio::co_spawn(context, events.next(), [&](std::exception_ptr e, std::optional<tool_event> event) {
                arrived = true;
                has_result = e || !event || event->type == tool_event_type::result;
            });
            while (!arrived && context.run_one_for(long_enough) != 0) {
            }
        }
        events = {};
        CHECK(is_valid_history(run->messages));
        CHECK(run->messages.size() == 3);
    }
    context.restart();
    context.run_for(long_enough);
    CHECK(ended == 2);
}

TEST_CASE("tools: a run that is cancelled at any moment waits for its functions; its history is valid")
{
    for (run_function const go : {&complete_run, &stream_run}) {
        for (unsigned const parallel : {1U, 8U}) {
            for (int handlers = first_cancellation;
                 !cancel_after(handlers, go, parallel, asio::cancellation_type::terminal); ++handlers)
                REQUIRE(handlers < 2000);
        }
    }
    for (int handlers = first_cancellation; !cancel_after(handlers, &complete_run, 8, asio::cancellation_type::partial);
         handlers += 3)
        REQUIRE(handlers < 2000);
}

TEST_CASE("tools: a run whose context is destroyed at any moment leaves a valid history")
{
    for (run_function const go : {&complete_run, &stream_run})
        for (int handlers = 0; !destroy_after(handlers, go); ++handlers)
            REQUIRE(handlers < 2000);
}

TEST_CASE("tools: a stream that breaks off in a call keeps the text at once, and once")
{
    emulator service;
    run(break_in_arguments(service));
}

TEST_CASE("tools: a function can cancel its own run")
{
    cancel_from_within(true);
    cancel_from_within(false);
    wait_for_who_cancels();
}

TEST_CASE("tools: a run that is cancelled as the answer arrives begins no function")
{
    cancel_with_the_answer(&complete_run);
    cancel_with_the_answer(&stream_run);
}

TEST_CASE("tools: the messages are valid at any time")
{
    emulator service;
    run(stay_valid(service));
}

TEST_CASE("tools: how a function reacts to cancellation does not change the next one")
{
    keep_functions_apart(false);
    keep_functions_apart(true);
}

TEST_CASE("tools: a function that ends on another executor does not take the run with it") { come_home(); }

TEST_CASE("tools: functions may throw anything")
{
    emulator service;
    run(throw_all_kinds(service));
}

TEST_CASE("tools: what a cancelled function throws is no result") { report_no_cancellation(); }

TEST_CASE("tools: hooks may throw")
{
    emulator service;
    run(throw_in_hooks(service));
}

TEST_CASE("tools: no lanes, no rounds, no functions, and requests with what is not theirs")
{
    emulator service(unchecked());
    run(take_odd_options(service));
}

TEST_CASE("tools: only a free choice of tools lasts longer than one round")
{
    emulator service(unchecked());
    run(require_once(service));
}

TEST_CASE("tools: the sum of the usage does not overflow")
{
    emulator service;
    run(sum_large_usage(service));
}

TEST_CASE("tools: events are those of the first choice")
{
    emulator service;
    run(stream_two_choices(service));
    run(stream_late_names(service));
}

TEST_CASE("tools: a stream without a choice adds no message")
{
    emulator service;
    run(stream_no_choice(service));
}

TEST_CASE("tools: a run that two calls use at once") { share_a_run(); }

TEST_CASE("tools: thousands of calls in a round")
{
    emulator service;
    run(call_many(service));
}

TEST_CASE("tools: a typed answer that does not fit keeps the run")
{
    emulator service;
    run(keep_typed_runs(service));
}

TEST_CASE("tools: schemas as deep as they may be")
{
    emulator service;
    run(send_deep_schemas(service));
}

TEST_CASE("typed streams: at their end, and after an error")
{
    emulator service;
    run(leave_typed_streams(service));
}

TEST_CASE("tools: a run counts as in progress between its rounds")
{
    emulator service;
    run(drain_between_rounds(service));
}

TEST_CASE("tools: a client that is closed between two rounds ends the run")
{
    emulator service;
    run(close_between_rounds(service));
}

TEST_CASE("tools: functions that still run when the stream is left have what they use") { leave_running_functions(); }

} // namespace foundry_test::tools_faults_test
