// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Functions that a model calls, and the loop around them.

#include "support/plain_calls.hpp"

#include <foundry/tools.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace foundry_test::tools_test {

namespace json = boost::json;
using foundry::chat_role;
using foundry::errc;
using foundry::tool_event;
using foundry::tool_event_type;
using foundry::tool_options;
using foundry::tool_run;
using foundry::toolbox;
using calls = std::vector<std::pair<std::string, std::string>>;

enum class unit
{
    celsius,
    fahrenheit
};
BOOST_DESCRIBE_ENUM(unit, celsius, fahrenheit)

struct weather_query
{
    std::string city;
    std::optional<unit> in;
};
BOOST_DESCRIBE_STRUCT(weather_query, (), (city, in))

struct weather
{
    std::string city;
    double degrees = 0;
};
BOOST_DESCRIBE_STRUCT(weather, (), (city, degrees))

struct addends
{
    int x = 0;
    int y = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))

/// A weather service that needs a moment, and a sum.
toolbox two_functions()
{
    toolbox tools;
    tools.add("get_weather", "The weather now", [](weather_query const& q) -> asio::awaitable<weather> {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        weather now;
        now.city = q.city; // the argument is still there
        now.degrees = q.in == unit::fahrenheit ? 68 : 20;
        co_return now;
    });
    tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });
    return tools;
}

foundry::client<> client_for(asio::any_io_executor executor, emulator& service, char const* url = v1_url)
{
    return client_of(std::move(executor), service, url, limited(service));
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
        if (!open.empty())
            return false;
        for (foundry::tool_call const& call : message.tool_calls)
            if (!open.insert(call.id).second)
                return false;
    }
    return open.empty();
}

std::string last_body(emulator& service) { return service.journal().back().body; }

asio::awaitable<void> run_two_rounds(emulator& service, char const* url)
{
    auto const client = client_for(co_await asio::this_coro::executor, service, url);
    toolbox const tools = two_functions();
    service.queue(
        answer::tool_calls({{"get_weather", R"({"city":"Paris","in":"fahrenheit"})"}, {"add", R"({"x":2,"y":3})"}}));
    service.queue(answer::tool_calls({{"add", R"({"x":68,"y":5})"}}));
    service.queue(answer::chat("It is 73."));
    foundry::chat_request request = question("What is the weather in Paris, plus five?");
    request.parallel_tool_calls = true; // an extra parameter of the Foundry Models API
    tool_run const run = co_await client.complete(request, tools);
    CHECK(run.reply.text() == "It is 73.");
    bool const is_models = url == std::string_view(foundry_url);
    for (foundry::testing::recorded_request const& sent : service.journal())
        CHECK(sent.header("extra-parameters") ==
              (is_models ? std::optional<std::string>("pass-through") : std::nullopt));
    CHECK(run.rounds == 3);
    CHECK(run.usage.prompt_tokens == 30);
    REQUIRE(run.messages.size() == 7);
    CHECK(is_valid_history(run.messages));
    CHECK(run.messages[2].text() == R"({"city":"Paris","degrees":68})");
    CHECK(run.messages[3].text() == "5");
    CHECK(run.messages[5].text() == "73");
    json::value const sent = json::parse(last_body(service));
    CHECK(sent.at("messages").as_array().size() == 6);
    CHECK(sent.at("tools").as_array().size() == 2);
    json::object const& function = sent.at("tools").at(0).at("function").as_object();
    CHECK(function.contains("strict") == !is_models);
    CHECK(json::serialize(function.at("parameters")) == foundry::schema_of<weather_query>());
}

asio::awaitable<void> answer_what_does_not_fit(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox const tools = two_functions();
    service.queue(
        answer::tool_calls({{"add", R"({"x":2})"}, {"add", R"({"x":2,"y":"3"})"}, {"subtract", "{}"}, {"add", "{"}}));
    service.queue(answer::chat("Sorry."));
    foundry::chat_request const request = question();
    tool_run const run = co_await client.complete(request, tools);
    REQUIRE(run.messages.size() == 7);
    CHECK(run.messages[2].text() == "error: the arguments do not fit: the member y is missing at byte 7");
    CHECK(run.messages[3].text().find("expected an integer from -2147483648 to 2147483647, got a text in y") !=
          std::string::npos);
    CHECK(run.messages[4].text() == "error: there is no function of this name; the functions are get_weather, add");
    CHECK(run.messages[5].text().find("incomplete JSON") != std::string::npos);
}

asio::awaitable<void> end_by_exception(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox tools = two_functions();
    tools.add("fail", "Fails", []() -> std::string { throw std::runtime_error("disk full"); });
    service.queue(answer::tool_calls({{"add", R"({"x":2,"y":3})"}, {"fail", ""}}));
    tool_run run{question()};
    std::string said;
    try {
        co_await client.complete(run, tools);
    } catch (std::runtime_error const& e) {
        said = e.what();
    }
    CHECK(said == "disk full");
    CHECK(is_valid_history(run.messages));
    REQUIRE(run.messages.size() == 3); // the sum is kept
    CHECK(run.messages[2].text() == "5");

    tool_options how;
    how.report_exceptions = true;
    service.queue(answer::tool_calls({{"fail", ""}}));
    service.queue(answer::chat("It failed."));
    co_await client.complete(run, tools, how);
    CHECK(run.reply.text() == "It failed.");
    CHECK(run.messages[run.messages.size() - 2].text() == "error: disk full");
}

asio::awaitable<void> end_after_ten_rounds(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    int ran = 0;
    toolbox tools;
    tools.add("again", "Again", [&ran] { ++ran; });
    for (int i = 0; i != 10; ++i)
        service.queue(answer::tool_calls({{"again", "{}"}}));
    foundry::chat_request const request = question();
    std::optional<foundry::tool_run_error> failed;
    try {
        static_cast<void>(co_await client.complete(request, tools));
    } catch (foundry::tool_run_error const& e) {
        failed = e;
    }
    REQUIRE(failed.has_value());
    CHECK(failed->code() == errc::too_many_rounds);
    CHECK(ran == 9); // nobody would see the results of the tenth
    CHECK(failed->run().rounds == 10);
    CHECK(failed->run().messages.size() == 19);
    CHECK(is_valid_history(failed->run().messages));

    tool_options how;
    how.stop_after_round = [](tool_run const& run) { return run.rounds == 2; };
    service.queue(answer::tool_calls({{"again", "{}"}}));
    service.queue(answer::tool_calls({{"again", "{}"}}));
    tool_run const stopped = co_await client.complete(request, tools, how);
    CHECK(stopped.rounds == 2);
    CHECK(is_valid_history(stopped.messages));
}

/// Runs a coroutine until a function says that it has begun, cancels it then, and returns what it throws.
std::exception_ptr cancelled_when(asio::io_context& context, std::function<asio::awaitable<void>()> body,
                                  bool const& begun)
{
    asio::cancellation_signal signal;
    std::exception_ptr thrown;
    bool ended = false;
    asio::co_spawn(context, body(), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                       thrown = e;
                       ended = true;
                   }));
    while (!begun && !ended && context.run_one_for(long_enough) != 0) {
    }
    signal.emit(asio::cancellation_type::terminal);
    while (!ended && context.run_one_for(long_enough) != 0) {
    }
    CHECK(ended);
    return thrown;
}

asio::awaitable<void> add_names(emulator& service, tool_run& run, toolbox tools)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    co_await client.complete(run, tools);
}

void cancel_functions(emulator& service)
{
    asio::io_context context;
    bool begun = false;
    bool saw_cancellation = false;
    bool ignored_it = false;
    toolbox tools = two_functions();
    tools.add("hang", "Never ends", [&]() -> asio::awaitable<void> {
        asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
        try {
            co_await never.async_wait(asio::use_awaitable);
        } catch (boost::system::system_error const&) {
            saw_cancellation = true;
            throw;
        }
    });
    tools.add("finish", "Ignores cancellation", [&]() -> asio::awaitable<std::string> {
        auto const executor = co_await asio::this_coro::executor;
        co_await asio::this_coro::throw_if_cancelled(false);
        begun = true;
        while (!saw_cancellation)
            co_await asio::post(executor, asio::use_awaitable);
        ignored_it = true;
        co_return "done";
    });
    service.queue(answer::tool_calls({{"add", R"({"x":2,"y":3})"}, {"hang", "{}"}, {"finish", "{}"}}));
    tool_run run{question()};
    std::exception_ptr const thrown = cancelled_when(
        context, [&] { return add_names(service, run, tools); }, begun);
    CHECK(is_cancellation(thrown));
    CHECK(saw_cancellation);
    CHECK(ignored_it);
    CHECK(is_valid_history(run.messages));
    CHECK(run.messages.back().role == chat_role::tool); // what had ended is kept
    CHECK(run.messages[1].tool_calls.size() >= 1);
}

asio::awaitable<void> ask_before_calls(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox const tools = two_functions();
    tool_options how;
    how.before_call = [](foundry::tool_call& call) -> asio::awaitable<std::optional<std::string>> {
        std::optional<std::string> said;
        if (call.function.name == "get_weather")
            said = "not allowed";
        else
            call.function.arguments = R"({"x":20,"y":3})";
        co_return said;
    };
    service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris","in":null})"}, {"add", R"({"x":2,"y":3})"}}));
    service.queue(answer::chat("Well."));
    foundry::chat_request const request = question();
    tool_run const run = co_await client.complete(request, tools, how);
    CHECK(run.messages[2].text() == "not allowed");
    CHECK(run.messages[3].text() == "23");
}

asio::awaitable<void> stream_events(emulator& service, char const* url)
{
    auto const client = client_for(co_await asio::this_coro::executor, service, url);
    toolbox const tools = two_functions();
    service.queue(
        answer::tool_call_pieces({{"get_weather", R"({"city":"Paris","in":null})"}, {"add", R"({"x":2,"y":3})"}}));
    service.queue(answer::pieces({"It is ", "20 ", "degrees."}));
    tool_run run{question()};
    std::string order, text, arguments, whole;
    std::vector<std::string> results(2);
    foundry::async_generator<tool_event> events = client.stream(run, tools);
    while (auto event = co_await events.next()) {
        char const mark = "trcaRe."[static_cast<int>(event->type)];
        if (order.empty() || order.back() != mark)
            order += mark;
        if (event->type == tool_event_type::text)
            text += event->text;
        if (event->type == tool_event_type::arguments && event->index == 0)
            arguments += event->text;
        if (event->type == tool_event_type::result)
            results[event->index] = event->text;
        if (event->type == tool_event_type::answer)
            whole = event->text;
    }
    CHECK(order == "cacaRet.");
    CHECK(text == "It is 20 degrees.");
    CHECK(whole == text);
    CHECK(arguments == R"({"city":"Paris","in":null})");
    CHECK(results[0] == R"({"city":"Paris","degrees":20})");
    CHECK(results[1] == "5");
    CHECK(run.messages.size() == 5);
    CHECK(is_valid_history(run.messages));
}

asio::awaitable<void> leave_streams()
{
    toolbox const tools = two_functions();
    for (std::size_t stop = 1;; ++stop) { // leave after each event
        emulator service;
        auto const client = client_for(co_await asio::this_coro::executor, service);
        service.queue(
            answer::tool_call_pieces({{"get_weather", R"({"city":"Paris","in":null})"}, {"add", R"({"x":2,"y":3})"}}));
        service.queue(answer::pieces({"It is ", "20 ", "degrees."}));
        tool_run run{question()};
        bool ended = false;
        std::size_t seen = 0;
        std::string text;
        {
            foundry::async_generator<tool_event> events = client.stream(run, tools);
            while (seen != stop && !ended) {
                std::optional<tool_event> event = co_await events.next();
                ended = !event;
                ++seen;
                if (event && event->type == tool_event_type::text)
                    text += event->text;
            }
        }
        CHECK(is_valid_history(run.messages));
        if (!text.empty())
            CHECK(run.messages.back().text() == text);
        if (ended)
            break;
        REQUIRE(stop < 200);
    }
}

asio::awaitable<void> give_ids(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox const tools = two_functions();
    service.queue(
        answer::json(200, R"({"id":"x","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant",
        "content":"I add.","tool_calls":[{"id":"","type":"function","function":{"name":"add","arguments":"{\"x\":1,\"y\":1}"}},
        {"id":"a","type":"function","function":{"name":"add","arguments":"{\"x\":1,\"y\":2}"}},
        {"id":"a","type":"function","function":{"name":"add","arguments":"{\"x\":1,\"y\":3}"}},
        {"type":"function","function":{"name":"add","arguments":"{\"x\":1,\"y\":4}"}}]}}]})"));
    service.queue(answer::chat("Done."));
    foundry::chat_request const request = question();
    tool_run const run = co_await client.complete(request, tools);
    CHECK(is_valid_history(run.messages));
    REQUIRE(run.messages.size() == 7);
    CHECK(run.messages[1].text() == "I add.");
    CHECK(run.messages[5].text() == "5");
}

asio::awaitable<void> require_once(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox const tools = two_functions();
    service.queue(answer::tool_calls({{"add", R"({"x":2,"y":3})"}}));
    service.queue(answer::chat("5"));
    foundry::chat_request request = question();
    request.tool_choice = foundry::open_enum<foundry::tool_mode>(foundry::tool_mode::required);
    static_cast<void>(co_await client.complete(request, tools));
    std::vector<foundry::testing::recorded_request> const sent = service.journal();
    CHECK(json::parse(sent[sent.size() - 2].body).at("tool_choice") == "required");
    CHECK(!json::parse(sent.back().body).as_object().contains("tool_choice"));
}

asio::awaitable<void> answer_in_a_class(emulator& service, char const* url)
{
    auto const client = client_for(co_await asio::this_coro::executor, service, url);
    toolbox const tools = two_functions();
    service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris","in":null})"}}));
    service.queue(answer::chat(R"({"city":"Paris","degrees":20})"));
    foundry::chat_request const request = question();
    foundry::structured<weather> const told = co_await client.complete<weather>(request, tools);
    CHECK(told.value.city == "Paris");
    CHECK(told.value.degrees == 20);
    CHECK(json::parse(last_body(service)).at("response_format").at("json_schema").at("name") == "weather");
}

asio::awaitable<void> refuse_requests(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox const tools = two_functions();
    tool_run run{question()};
    run.request.extra["stream"] = true;
    foundry::error const failed = co_await failure_of([&]() -> asio::awaitable<int> {
        co_await client.complete(run, tools);
        co_return 0;
    }());
    CHECK(failed.code() == errc::invalid_argument);
    REQUIRE(run.messages.size() == 1);
    CHECK(run.messages[0].role == chat_role::user);
}

asio::awaitable<void> correct_the_class(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox const tools = two_functions();
    tool_options how;
    how.call.corrections = 1;
    service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris","in":null})"}}));
    service.queue(answer::chat(R"({"city":"Paris"})"));
    service.queue(answer::chat(R"({"city":"Paris","degrees":20})"));
    foundry::chat_request const request = question();
    foundry::structured<weather> const told = co_await client.complete<weather>(request, tools, how);
    CHECK(told.value.degrees == 20);
    json::array const messages = json::parse(last_body(service)).at("messages").as_array();
    CHECK(messages.size() == 5);
    CHECK(std::string(messages.back().at("content").as_string()).find("the member degrees is missing") !=
          std::string::npos);
}

asio::awaitable<void> refuse_results(emulator& service)
{
    auto const client = client_for(co_await asio::this_coro::executor, service);
    toolbox tools;
    tools.add("bytes", "Bytes", [] { return std::string("\xff"); });
    tools.add("much", "Much", [] { return std::string(2'000'000, 'x'); });
    for (char const* const name : {"bytes", "much"}) {
        service.queue(answer::tool_calls({{name, "{}"}}));
        tool_run run{question()};
        foundry::error const failed = co_await failure_of([&]() -> asio::awaitable<int> {
            co_await client.complete(run, tools);
            co_return 0;
        }());
        CHECK(failed.code() == errc::invalid_argument);
        CHECK(std::string(failed.what()).find(name) != std::string::npos);
        CHECK(run.messages.size() == 1);
    }
}

TEST_CASE("tools: two rounds of calls side by side, on each form of the API")
{
    for (char const* const url : urls) {
        emulator service;
        run(run_two_rounds(service, url));
    }
}

TEST_CASE("tools: arguments that do not fit, and unknown functions, go back to the model")
{
    emulator service;
    run(answer_what_does_not_fit(service));
}

TEST_CASE("tools: what a function throws ends the run, or is told to the model if that is wanted")
{
    emulator service;
    run(end_by_exception(service));
}

TEST_CASE("tools: a run ends after ten rounds, or when the program says so; its messages are valid")
{
    emulator service;
    run(end_after_ten_rounds(service));
}

TEST_CASE("tools: cancellation reaches the functions; one that ignores it is waited for, and its result kept")
{
    emulator service;
    cancel_functions(service);
}

TEST_CASE("tools: a hook answers a call, or changes its arguments")
{
    emulator service;
    run(ask_before_calls(service));
}

TEST_CASE("tools: a request that cannot be sent leaves the run's messages as they were")
{
    emulator service;
    run(refuse_requests(service));
}

TEST_CASE("tools: a streamed run tells what happens, in order")
{
    for (char const* const url : urls) {
        emulator service;
        run(stream_events(service, url));
    }
}

TEST_CASE("tools: a streamed run that is left after any event leaves a valid history") { run(leave_streams()); }

TEST_CASE("tools: calls without an id, or with the same, get one each")
{
    emulator service(unchecked());
    run(give_ids(service));
}

TEST_CASE("tools: a function that must be called must be called once")
{
    emulator service;
    run(require_once(service));
}

TEST_CASE("tools: the last answer can be a class")
{
    for (char const* const url : urls) {
        emulator service;
        run(answer_in_a_class(service, url));
    }
}

TEST_CASE("tools: an answer that does not fit its class is corrected after functions, too")
{
    emulator service;
    run(correct_the_class(service));
}

TEST_CASE("tools: a result that is not UTF-8, or too large, ends the run and names the function")
{
    emulator service;
    run(refuse_results(service));
}

TEST_CASE("toolbox: names are checked, copies are independent")
{
    toolbox one = two_functions();
    toolbox const two = one;
    one.add("third", "Third", [] {});
    CHECK(one.size() == 3);
    CHECK(two.size() == 2);
    for (char const* const name :
         {"", "a b", "add", "x.y", "1234567890123456789012345678901234567890123456789012345678901234x"})
        CHECK_THROWS_AS(one.add(name, "", [] {}), foundry::error);
    CHECK(one.size() == 3);
}

TEST_CASE("trim: the oldest turns go, with the results of their calls")
{
    std::vector<foundry::chat_message> messages;
    messages.emplace_back(chat_role::system, "Be brief.");
    for (int turn = 0; turn != 3; ++turn) {
        messages.emplace_back(chat_role::user, std::string(400, 'u'));
        foundry::chat_message call(chat_role::assistant, "");
        call.tool_calls.emplace_back().id = "a" + std::to_string(turn);
        messages.push_back(call);
        messages.emplace_back(chat_role::tool, "5").tool_call_id = call.tool_calls[0].id;
        messages.emplace_back(chat_role::assistant, "It is 5.");
    }
    CHECK(foundry::trim(messages, 10'000) == 0);
    CHECK(foundry::trim(messages, 450) == 4);
    CHECK(messages.size() == 9);
    CHECK(messages[0].role == chat_role::system);
    CHECK(is_valid_history(messages));
    CHECK(foundry::trim(messages, 1) == 4); // the last turn stays
    CHECK(messages.size() == 5);
    CHECK(is_valid_history(messages));
}

} // namespace foundry_test::tools_test
