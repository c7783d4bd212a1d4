// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Functions and typed answers with the Responses API.

#include "support/plain_calls.hpp"

#include <foundry/response_tools.hpp>
#include <foundry/structured_response.hpp>

#include <boost/json.hpp>

#include <set>

namespace foundry_test::response_tools_test {

namespace json = boost::json;
using foundry::chat_role;
using foundry::errc;
using foundry::item_type;
using foundry::response_item;
using foundry::response_message;
using foundry::response_request;
using foundry::response_run;
using foundry::responses;
using foundry::tool_event_type;
using foundry::tool_options;
using foundry::toolbox;

struct addends
{
    int x = 0;
    int y = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))

struct place
{
    std::string city;
    std::optional<int> people;
};
BOOST_DESCRIBE_STRUCT(place, (), (city, people))

toolbox sums()
{
    toolbox tools;
    tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });
    tools.add("fail", "Throws", [] { throw std::runtime_error("no"); });
    return tools;
}

foundry::client<> client_for(asio::any_io_executor executor, emulator const& service, char const* url = v1_url)
{
    foundry::endpoint where = at(service, url);
    if (url == dated_url)
        where.set_api_version("2025-04-01-preview"); // the first with the API was a preview
    return foundry::client<>(std::move(executor), std::move(where), foundry::api_key("emulator-key"), limited(service));
}

response_request sum_request()
{
    response_request request{"gpt-4o-mini", "Add 2 and 3"};
    return request;
}

// ---- Scripted responses

json::object message_item(std::string const& text)
{
    json::object part{{"type", "output_text"}, {"text", text}, {"annotations", json::array()}};
    return {{"id", "msg_1"}, {"type", "message"}, {"role", "assistant"}, {"content", json::array{part}}};
}

json::object call_item(std::string const& id, std::string const& name, std::string const& arguments)
{
    return {{"id", "fc_" + id}, {"type", "function_call"}, {"call_id", id}, {"name", name}, {"arguments", arguments}};
}

json::object reasoning_item() { return {{"id", "rs_1"}, {"type", "reasoning"}, {"summary", json::array()}}; }

json::object approval_item(std::string const& id)
{
    return {
        {"id", id}, {"type", "mcp_approval_request"}, {"server_label", "files"}, {"name", "read"}, {"arguments", "{}"}};
}

json::object response_object(std::string const& id, json::array items, std::string const& status = "completed")
{
    json::object usage{{"input_tokens", 10}, {"output_tokens", 5}, {"total_tokens", 15}};
    json::object made{{"id", id}, {"object", "response"}, {"status", status}, {"output", std::move(items)}};
    made["usage"] = usage;
    if (status == "incomplete")
        made["incomplete_details"] = {{"reason", "max_output_tokens"}};
    return made;
}

answer whole(std::string const& id, json::array items, std::string const& status = "completed")
{
    return answer::json(200, json::serialize(response_object(id, std::move(items), status)));
}

/// The same in events, the arguments in pieces of two bytes.
answer streamed(std::string const& id, json::array const& items)
{
    std::string body;
    int number = 0;
    auto const add = [&](json::object data) {
        data["sequence_number"] = number++;
        body += "event: " + std::string(data.at("type").as_string()) + "\ndata: " + json::serialize(data) + "\n\n";
    };
    add({{"type", "response.created"}, {"response", response_object(id, {}, "in_progress")}});
    for (std::size_t i = 0; i != items.size(); ++i) {
        json::object item = items[i].as_object();
        json::object begun = item;
        bool const is_call = item.at("type") == "function_call";
        if (is_call)
            begun["arguments"] = "";
        if (item.contains("content"))
            begun["content"] = json::array();
        add({{"type", "response.output_item.added"}, {"output_index", i}, {"item", begun}});
        std::string const text = is_call ? json::value_to<std::string>(item.at("arguments"))
                                 : item.contains("content")
                                     ? json::value_to<std::string>(item.at("content").at(0).at("text"))
                                     : "";
        for (std::size_t at = 0; at < text.size(); at += 2)
            add({{"type", is_call ? "response.function_call_arguments.delta" : "response.output_text.delta"},
                 {"item_id", item.at("id")},
                 {"output_index", i},
                 {"content_index", 0},
                 {"delta", text.substr(at, 2)}});
        add({{"type", "response.output_item.done"}, {"output_index", i}, {"item", item}});
    }
    add({{"type", "response.completed"}, {"response", response_object(id, items)}});
    return answer::events(body);
}

json::object last_body(emulator const& service) { return json::parse(service.journal().back().body).as_object(); }

/// Whether each call has its output after it, and the reasoning something that it led to.
bool is_valid_input(std::vector<response_item> const& items)
{
    std::set<std::string> open;
    for (std::size_t i = 0; i != items.size(); ++i) {
        if (items[i].type() == item_type::function_call &&
            !open.insert(items[i].as<foundry::function_call>().call_id).second)
            return false;
        if (items[i].type() == item_type::function_call_output &&
            open.erase(items[i].as<foundry::function_call_output>().call_id) != 1)
            return false;
        if (items[i].type() == item_type::reasoning && i + 1 == items.size())
            return false;
    }
    return open.empty();
}

/// Runs a test that has an emulator and a client of it. Its requests are not checked against the documents: Azure's does not have the id and
/// the status in items that are sent back, which services take.
template <class Body>
void with_service(Body body, char const* url = v1_url)
{
    run([](Body test, char const* where) -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::client<> const client = client_for(co_await asio::this_coro::executor, service, where);
        co_await test(service, responses{client});
    }(std::move(body), url));
}

TEST_CASE("response tools: two rounds of calls, whose items go back as they came")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        json::object thought = reasoning_item();
        thought["encrypted_content"] = "x/y=";
        json::array first{thought, call_item("a", "add", R"({"x":2,"y":3})")};
        first.push_back(call_item("b", "add", R"({"x":20,"y":30})"));
        service.queue(whole("resp_1", first));
        service.queue(whole("resp_2", {call_item("c", "add", R"({"x":5,"y":50})")}));
        service.queue(whole("resp_3", {message_item("55")}));
        response_request const request = sum_request();
        response_run const run = co_await all.create(request, sums());
        CHECK(run.reply.text() == "55");
        CHECK(run.rounds == 3);
        CHECK(run.usage.total_tokens == 45);
        CHECK(is_valid_input(run.items));
        REQUIRE(run.items.size() == 9);
        CHECK(run.items[1].raw() == json::serialize(thought));
        CHECK(run.items[4].as<foundry::function_call_output>().output ==
              decltype(foundry::function_call_output::output)("5"));
        json::object const sent = last_body(service);
        CHECK(sent.at("input").as_array().size() == 8);
        CHECK(!sent.contains("previous_response_id"));
        json::value const& tool = sent.at("tools").at(0);
        CHECK(tool.at("type") == "function");
        CHECK(tool.at("name") == "add");
        CHECK(tool.at("strict") == true);
        CHECK(tool.at("parameters").at("required").as_array().size() == 2);
    });
}

TEST_CASE("response tools: by its id, a round sends only what is new")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        service.queue(whole("resp_1", {call_item("a", "add", R"({"x":2,"y":3})")}));
        service.queue(whole("resp_2", {message_item("5")}));
        response_run run{sum_request()};
        run.by_id = true;
        co_await all.create(run, sums());
        json::object const second = last_body(service);
        CHECK(second.at("previous_response_id") == "resp_1");
        REQUIRE(second.at("input").as_array().size() == 1);
        CHECK(second.at("input").at(0).at("type") == "function_call_output");
        run.add(response_message(chat_role::user, "And one more?"));
        service.queue(whole("resp_3", {message_item("6")}));
        co_await all.create(run, sums());
        json::object const third = last_body(service);
        CHECK(third.at("previous_response_id") == "resp_2");
        CHECK(third.at("input").as_array().size() == 1);
        CHECK(run.items.size() == 6);
    });
}

TEST_CASE("response tools: a streamed run tells what happens, in order")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        service.queue(streamed("resp_1", {call_item("a", "add", R"({"x":2,"y":3})")}));
        service.queue(streamed("resp_2", {message_item("It is 5")}));
        response_run run{sum_request()};
        foundry::async_generator<foundry::tool_event> events = all.stream(run, sums());
        std::string told;
        std::string arguments;
        std::string text;
        while (auto event = co_await events.next()) {
            told += std::to_string(static_cast<int>(event->type));
            if (event->type == tool_event_type::arguments)
                arguments += event->text;
            if (event->type == tool_event_type::text)
                text += event->text;
            if (event->type == tool_event_type::result)
                CHECK(event->text == "5");
            if (event->type == tool_event_type::call_begins)
                CHECK(event->call.function.name == "add");
        }
        CHECK(told == "2" + std::string(7, '3') + "45" + std::string(4, '0') + "6");
        CHECK(arguments == R"({"x":2,"y":3})");
        CHECK(text == "It is 5");
        CHECK(is_valid_input(run.items));
    });
}

TEST_CASE("response tools: a streamed run that is left after any event leaves a valid input")
{
    for (int left = 0; left != 15; ++left) {
        CAPTURE(left);
        with_service([left](emulator& service, responses const& all) -> asio::awaitable<void> {
            service.queue(streamed("resp_1", {reasoning_item(), call_item("a", "add", R"({"x":2,"y":3})")}));
            service.queue(streamed("resp_2", {message_item("It is 5")}));
            response_run run{sum_request()};
            {
                foundry::async_generator<foundry::tool_event> events = all.stream(run, sums());
                for (int i = 0; i != left; ++i)
                    static_cast<void>(co_await events.next());
            }
            CHECK(is_valid_input(run.items));
            CHECK(run.items.front().type() == item_type::message);
        });
    }
}

TEST_CASE("response tools: a call whose arguments are cut off is not made, and not kept")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        json::object cut = call_item("a", "add", R"({"x":2,"y)");
        cut["status"] = "incomplete";
        service.queue(whole("resp_1", {reasoning_item(), cut}, "incomplete"));
        response_run run{sum_request()};
        co_await all.create(run, sums());
        CHECK(run.items.size() == 1);
        CHECK(run.reply.status == foundry::response_status::incomplete);
    });
}

TEST_CASE(
    "response tools: a function that throws ends the run; by its id, the service learns that the call was not made")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        json::array const both{reasoning_item(), call_item("a", "add", R"({"x":2,"y":3})"),
                               call_item("b", "fail", "{}")};
        for (bool const by_id : {false, true}) {
            service.queue(whole("resp_1", both));
            response_run run{sum_request()};
            run.by_id = by_id;
            bool has_thrown = false;
            try {
                co_await all.create(run, sums());
            } catch (std::runtime_error const& e) {
                has_thrown = std::string(e.what()) == "no";
            }
            CHECK(has_thrown);
            CHECK(is_valid_input(run.items));
            CHECK(run.items.size() == (by_id ? 6 : 4));
        }
    });
}

TEST_CASE("response tools: a hook stops the run, and calls without an id get one")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        service.queue(
            whole("resp_1", {call_item("", "add", R"({"x":2,"y":3})"), call_item("", "add", R"({"x":1,"y":1})")}));
        response_run run{sum_request()};
        tool_options how;
        std::size_t calls = 0;
        how.stop_after_round = [&](foundry::tool_progress const& so_far) {
            calls = so_far.calls.size();
            return so_far.rounds == 1;
        };
        co_await all.create(run, sums(), how);
        CHECK(calls == 2);
        CHECK(is_valid_input(run.items));
        CHECK(run.items.size() == 5);
    });
}

TEST_CASE("response tools: the hook approves a call of an MCP server, or says why not")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        for (bool const is_streamed : {false, true}) {
            auto const script = [&](std::string const& id, json::array const& items) {
                service.queue(is_streamed ? streamed(id, items) : whole(id, items));
            };
            script("resp_1", {approval_item("mcpr_1"), approval_item("mcpr_2")});
            script("resp_2", {message_item("Read")});
            response_run run{sum_request()};
            tool_options how;
            how.before_call = [](foundry::tool_call& call) -> asio::awaitable<std::optional<std::string>> {
                CHECK(call.type == "mcp_approval_request");
                CHECK(call.function.name == "read");
                std::optional<std::string> against;
                if (call.id == "mcpr_2")
                    against = "secret";
                co_return against;
            };
            if (is_streamed) {
                foundry::async_generator<foundry::tool_event> events = all.stream(run, sums(), how);
                while (auto event = co_await events.next())
                    static_cast<void>(event);
            } else {
                co_await all.create(run, sums(), how);
            }
            CHECK(run.reply.text() == "Read");
            CHECK(run.rounds == 2);
            REQUIRE(run.items.size() == 6);
            CHECK(run.items[3].as<foundry::mcp_approval_response>().approve);
            CHECK(!run.items[4].as<foundry::mcp_approval_response>().approve);
            CHECK(run.items[4].as<foundry::mcp_approval_response>().reason == "secret");
        }
        // Without a hook nothing is approved.
        service.queue(whole("resp_1", {approval_item("mcpr_1")}));
        response_run run{sum_request()};
        co_await all.create(run, sums());
        CHECK(run.rounds == 1);
        CHECK(run.reply.output.front().type() == item_type::mcp_approval_request);
    });
}

TEST_CASE("response tools: rounds have an end, also of approvals, and the error keeps the items")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        for (bool const is_call : {true, false}) {
            service.reply_when(
                [](auto const&) { return true; },
                whole("resp_1", {is_call ? call_item("a", "add", R"({"x":2,"y":3})") : approval_item("m")}));
            tool_options how;
            how.max_rounds = 3;
            how.before_call = [](foundry::tool_call&) -> asio::awaitable<std::optional<std::string>> {
                co_return std::nullopt;
            };
            std::optional<response_run> kept;
            try {
                static_cast<void>(co_await all.create(sum_request(), sums(), how));
            } catch (foundry::response_run_error const& e) {
                CHECK(e.code() == errc::too_many_rounds);
                kept.emplace(e.run());
            }
            REQUIRE(kept);
            CHECK(kept->rounds == 3);
            CHECK(is_valid_input(kept->items));
        }
    });
}

TEST_CASE("response tools: requests that a run cannot send are refused before anything is sent")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        response_request in_background = sum_request();
        in_background.background = true;
        CHECK((co_await failure_of(all.create(in_background, sums()))).code() == errc::invalid_argument);
        response_request with_function = sum_request();
        with_function.add_function("other", "Is not in the toolbox", json::object{{"type", "object"}});
        CHECK((co_await failure_of(all.create(with_function, sums()))).code() == errc::invalid_argument);
        response_run run;
        run.request = sum_request();
        CHECK((co_await failure_of(all.create(run, sums()))).code() == errc::invalid_argument);
        CHECK(service.requests() == 0);
    });
}

TEST_CASE("response tools: tools of the service stand beside the functions")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        service.queue(whole("resp_1", {message_item("5")}));
        response_request request = sum_request();
        request.tools.emplace_back(json::object{{"type", "web_search_preview"}});
        static_cast<void>(co_await all.create(request, sums()));
        json::array const sent = last_body(service).at("tools").as_array();
        CHECK(sent.size() == 3);
        CHECK(sent[0].at("type") == "web_search_preview");
    });
}

TEST_CASE("response tools: the emulator's model calls functions, on each form that has the API")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(std::string(url));
        with_service(
            [](emulator&, responses const& all) -> asio::awaitable<void> {
                toolbox tools;
                int called = 0;
                tools.add("get_weather", "The weather in a city", [&](place const& p) {
                    ++called;
                    return "sunny in " + p.city;
                });
                response_request request{"gpt-4o-mini", "What is the weather in Paris?"};
                request.tool_choice = foundry::tool_mode::required;
                response_run const run = co_await all.create(request, tools);
                CHECK(called == 1);
                CHECK(run.rounds == 2);
                CHECK(!run.reply.text().empty());
            },
            url);
    }
}

TEST_CASE("typed response: the model fills a class, also after functions, on each form that has the API")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(std::string(url));
        with_service(
            [](emulator& service, responses const& all) -> asio::awaitable<void> {
                response_request const request{"gpt-4o-mini", "A large city"};
                foundry::structured_response<place> const answer = co_await all.create<place>(request);
                CHECK(!answer.value.city.empty());
                CHECK(json::parse(answer.response.text()).at("city") == json::string(answer.value.city));
                json::object const format = last_body(service).at("text").at("format").as_object();
                CHECK(format.at("type") == "json_schema");
                CHECK(format.at("name") == "place");
                CHECK(format.at("strict") == true);
                foundry::structured_response<place> const other = co_await all.create<place>(request, sums());
                CHECK(!other.value.city.empty());
            },
            url);
    }
}

TEST_CASE("typed response: refusals, cut and filtered answers, failures and misfits have codes of their own")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        response_request const request{"gpt-4o-mini", "A large city"};
        json::object part{{"type", "refusal"}, {"refusal", "I cannot do that."}};
        json::object refusal = message_item("");
        refusal["content"] = json::array{part};
        service.queue(whole("r", {refusal}));
        foundry::error const refused = co_await failure_of(all.create<place>(request));
        CHECK(refused.code() == errc::refused);
        CHECK(refused.body() == "I cannot do that.");

        service.queue(whole("r", {message_item(R"({"city":"Par)")}, "incomplete"));
        CHECK((co_await failure_of(all.create<place>(request))).code() == errc::answer_cut_off);

        json::object filtered = response_object("r", {message_item("{")}, "incomplete");
        filtered["incomplete_details"] = {{"reason", "content_filter"}};
        filtered["content_filters"] = json::array{
            json::object{{"blocked", true},
                         {"source_type", "completion"},
                         {"content_filter_results", {{"violence", {{"filtered", true}, {"severity", "high"}}}}}}};
        service.queue(answer::json(200, json::serialize(filtered)));
        foundry::error const by_filter = co_await failure_of(all.create<place>(request));
        CHECK(by_filter.code() == errc::content_filter);
        CHECK(!by_filter.content_filter().entries().empty());

        json::object failed = response_object("r", {}, "failed");
        failed["error"] = {{"code", "server_error"}, {"message", "The model fell over."}};
        service.queue(answer::json(200, json::serialize(failed)));
        foundry::error const by_service = co_await failure_of(all.create<place>(request));
        CHECK(by_service.code() == errc::service_error);
        CHECK(by_service.service_code() == "server_error");

        service.queue(whole("r", {message_item(R"({"city":"Paris","people":"many"})")}));
        foundry::error const misfit = co_await failure_of(all.create<place>(request));
        CHECK(misfit.code() == errc::answer_misfit);
        CHECK(misfit.message().find("people") != std::string::npos);

        service.queue(whole("r", {call_item("a", "add", "{}")}));
        CHECK((co_await failure_of(all.create<place>(request))).code() == errc::answer_misfit);

        response_request with_format = request;
        with_format.text.emplace().format.emplace().type = foundry::format_type::json_object;
        CHECK((co_await failure_of(all.create<place>(with_format))).code() == errc::invalid_argument);
        CHECK((co_await failure_of(all.create<place>(with_format, sums()))).code() == errc::invalid_argument);
    });
}

TEST_CASE("typed response: the model is shown what does not fit, if that is wanted, also after functions")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        response_request const request{"gpt-4o-mini", "A large city"};
        for (bool const has_tools : {false, true}) {
            service.queue(whole("resp_1", {message_item(R"({"city":7})")}));
            service.queue(whole("resp_2", {message_item(R"({"city":"Paris","people":null})")}));
            tool_options how;
            how.call.corrections = 1;
            foundry::structured_response<place> answer;
            if (has_tools)
                answer = co_await all.create<place>(request, sums(), how);
            else
                answer = co_await all.create<place>(request, how.call);
            CHECK(answer.value.city == "Paris");
            json::array const input = last_body(service).at("input").as_array();
            REQUIRE(input.size() == 3);
            CHECK(json::serialize(input[2]).find("does not fit its schema") != std::string::npos);
        }
    });
}

TEST_CASE("response tools: in a conversation of the service, a call that was not made has an output")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        service.queue(whole("resp_1", {call_item("b", "fail", "{}")}));
        response_request request = sum_request();
        request.conversation = "conv_1";
        response_run run{request};
        try {
            co_await all.create(run, sums());
        } catch (std::runtime_error const&) {
        }
        service.queue(whole("resp_2", {message_item("Well")}));
        run.add(response_message(chat_role::user, "And now?"));
        co_await all.create(run, sums());
        json::array const input = last_body(service).at("input").as_array();
        REQUIRE(input.size() == 2);
        CHECK(input[0].at("type") == "function_call_output");
    });
}

TEST_CASE("response tools: items that are announced by their own id only are told once")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        json::object const call = call_item("a", "add", R"({"x":2,"y":3})");
        std::string body;
        for (char const* const type : {"response.output_item.added", "response.output_item.done"})
            body += "data: " + json::serialize(json::object{{"type", type}, {"item", call}}) + "\n\n";
        body +=
            "data: " +
            json::serialize(json::object{{"type", "response.completed"}, {"response", response_object("r", {call})}}) +
            "\n\n";
        service.queue(answer::events(body));
        service.queue(streamed("resp_2", {message_item("5")}));
        foundry::async_generator<foundry::tool_event> events = all.stream(sum_request(), sums());
        int begun = 0;
        std::string arguments;
        while (auto event = co_await events.next()) {
            begun += event->type == tool_event_type::call_begins ? 1 : 0;
            arguments += event->type == tool_event_type::arguments ? event->text : "";
        }
        CHECK(begun == 1);
        CHECK(arguments == R"({"x":2,"y":3})");
    });
}

TEST_CASE("typed response: a correction leaves out what the model called, and the background is refused")
{
    with_service([](emulator& service, responses const& all) -> asio::awaitable<void> {
        response_request request{"gpt-4o-mini", "A large city"};
        service.queue(
            whole("resp_1", {reasoning_item(), message_item("{"), reasoning_item(), call_item("a", "add", "{}")}));
        service.queue(whole("resp_2", {message_item(R"({"city":"Paris","people":null})")}));
        foundry::call_options with;
        with.corrections = 1;
        foundry::structured_response<place> const answer = co_await all.create<place>(request, with);
        CHECK(answer.value.city == "Paris");
        CHECK(last_body(service).at("input").as_array().size() == 4); // question, reasoning, message, correction
        request.background = true;
        CHECK((co_await failure_of(all.create<place>(request))).code() == errc::invalid_argument);
    });
}

} // namespace foundry_test::response_tools_test
