// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The loop of tools drives an operation that is no chat: items as the Responses API has them.

#include <foundry/detail/operations/tool_loop.hpp>
#include <foundry/run.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <deque>

namespace foundry_test::tool_loop_test {

namespace asio = boost::asio;
namespace json = boost::json;
using foundry::tool_event;
using foundry::tool_event_type;

struct addends
{
    int x = 0;
    int y = 0;
};
BOOST_DESCRIBE_STRUCT(addends, (), (x, y))

/// Scripted answers, each a list of items, and the items of the conversation.
class item_conversation final : public foundry::detail::tool_conversation
{
public:
    item_conversation(json::array& items, std::deque<json::array> answers) : items_(items), answers_(std::move(answers))
    {}

    FOUNDRY_CORO asio::awaitable<void> ask() override
    {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        begin_ = items_.size();
        for (json::value const& item : answers_.front())
            items_.push_back(item);
        answers_.pop_front();
    }

    FOUNDRY_CORO asio::awaitable<void> open() override
    {
        co_await ask();
        next_ = begin_;
    }

    FOUNDRY_CORO asio::awaitable<bool> read(std::vector<tool_event>& events) override
    {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        if (next_ == items_.size())
            co_return false;
        json::object const& item = items_[next_++].as_object();
        if (item.at("type") == "message")
            events.emplace_back(tool_event_type::text, std::string(item.at("text").as_string()));
        else
            events.emplace_back(tool_event_type::call_begins, std::string(item.at("name").as_string()));
        co_return true;
    }

    std::vector<foundry::tool_call> calls() const override
    {
        std::vector<foundry::tool_call> all;
        for (std::size_t i = begin_; i != items_.size(); ++i) {
            json::object const& item = items_[i].as_object();
            if (item.at("type") != "function_call")
                continue;
            foundry::tool_call& call = all.emplace_back();
            call.id = item.at("call_id").as_string();
            call.function.name = item.at("name").as_string();
            call.function.arguments = item.at("arguments").as_string();
        }
        return all;
    }

    std::string text() const override
    {
        json::object const& last = items_.back().as_object();
        return last.at("type") == "message" ? std::string(last.at("text").as_string()) : std::string();
    }

    void end_round(std::vector<std::optional<std::string>> const& results) override
    {
        json::array kept;
        json::array outputs;
        std::size_t call = 0;
        for (std::size_t i = begin_; i != items_.size(); ++i) {
            json::object& item = items_[i].as_object();
            bool const is_call = item.at("type") == "function_call";
            if (is_call && results[call])
                outputs.push_back(
                    {{"type", "function_call_output"}, {"call_id", item.at("call_id")}, {"output", *results[call]}});
            if (!is_call || results[call])
                kept.push_back(item);
            call += is_call;
        }
        items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(begin_), items_.end());
        items_.insert(items_.end(), kept.begin(), kept.end());
        items_.insert(items_.end(), outputs.begin(), outputs.end());
    }

    bool is_stopped() const override { return false; }

private:
    json::array& items_;
    std::deque<json::array> answers_;
    std::size_t begin_ = 0; // of the last answer
    std::size_t next_ = 0;
};

json::object call_item(char const* id, char const* name, char const* arguments)
{
    return {{"type", "function_call"}, {"call_id", id}, {"name", name}, {"arguments", arguments}};
}

json::object message_item(char const* text) { return {{"type", "message"}, {"text", text}}; }

std::deque<json::array> two_rounds()
{
    return {{call_item("a", "add", R"({"x":1,"y":2})"), call_item("b", "add", R"({"x":3,"y":4})")},
            {message_item("I add once more."), call_item("c", "add", R"({"x":3,"y":7})")},
            {message_item("It is 10.")}};
}

foundry::toolbox adding()
{
    foundry::toolbox tools;
    tools.add("add", "Adds", [](addends a) { return a.x + a.y; });
    return tools;
}

/// What the items are, and the results.
std::string summary(json::array const& items)
{
    std::string text;
    for (json::value const& item : items) {
        json::object const& o = item.as_object();
        text += o.at("type") == "message"         ? "m"
                : o.at("type") == "function_call" ? "c"
                                                  : "=" + std::string(o.at("output").as_string());
    }
    return text;
}

asio::awaitable<void> run_items(json::array& items)
{
    item_conversation conversation(items, two_rounds());
    co_await foundry::detail::run_tools(conversation, adding(), foundry::tool_options());
}

asio::awaitable<void> stream_items(json::array& items, std::string& events)
{
    foundry::async_generator<tool_event> stream = foundry::detail::stream_tools(
        std::make_unique<item_conversation>(items, two_rounds()), adding(), foundry::tool_options());
    while (auto event = co_await stream.next())
        events += "trcaRe."[static_cast<int>(event->type)];
}

asio::awaitable<void> run_to_the_limit(json::array& items)
{
    item_conversation conversation(items, two_rounds());
    foundry::tool_options how;
    how.max_rounds = 2;
    co_await foundry::detail::run_tools(conversation, adding(), how);
}

TEST_CASE("tool loop: an operation with items instead of messages")
{
    json::array items;
    CHECK(foundry::run(run_items(items)) == 0);
    CHECK(summary(items) == "cc=3=7mc=10m");
}

TEST_CASE("tool loop: the same operation, streamed")
{
    json::array items;
    std::string events;
    CHECK(foundry::run(stream_items(items, events)) == 0);
    CHECK(summary(items) == "cc=3=7mc=10m");
    CHECK(events == "ccRRetcRet.");
}

TEST_CASE("tool loop: calls of the last round are removed")
{
    json::array items;
    bool failed = false;
    asio::io_context context;
    asio::co_spawn(context, run_to_the_limit(items), [&failed](std::exception_ptr e) { failed = e != nullptr; });
    context.run();
    CHECK(failed);
    CHECK(summary(items) == "cc=3=7m");
}

} // namespace foundry_test::tool_loop_test
