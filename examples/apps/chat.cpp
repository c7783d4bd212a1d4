// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A chat in the terminal. Answers stream in; Ctrl-C stops one, and the part that has arrived stays in the history. The model can ask for
// the time, and for the sum of numbers; the chat says when it does.
//
//     chat [--proxy URL]
//
// --proxy http://user:password@host:port goes through that proxy; without it, the environment decides (https_proxy, NO_PROXY).
// /help lists the commands; configuration.hpp says which service it uses.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/media.hpp>
#include <foundry/response_from_chat.hpp>
#include <foundry/response_tools.hpp>
#include <foundry/tools.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

/// Lines that the user types. A thread of its own waits for them, since no standard function can be told to stop waiting.
class keyboard
{
public:
    explicit keyboard(asio::any_io_executor executor) : executor_(executor), arrival_(executor) {}

    /// Empty at the end of the input (Ctrl-D). A line that comes after this was cancelled is the next one.
    asio::awaitable<std::optional<std::string>> line()
    {
        if (!waits_ && !has_line_) {
            waits_ = true;
            asio::post(thread_, [this] { read(); });
        }
        while (waits_) {
            boost::system::error_code ec;
            arrival_.expires_at(asio::steady_timer::time_point::max());
            co_await arrival_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        }
        has_line_ = false;
        co_return std::exchange(line_, std::nullopt);
    }

private:
    void read()
    {
        std::string line;
        bool const is_there = static_cast<bool>(std::getline(std::cin, line));
        if (line.ends_with('\r'))
            line.pop_back();
        asio::post(executor_, [this, line = std::move(line), is_there]() mutable {
            waits_ = false;
            has_line_ = true;
            if (is_there)
                line_ = std::move(line);
            arrival_.cancel();
        });
    }

    asio::any_io_executor executor_;
    asio::steady_timer arrival_;
    std::optional<std::string> line_;
    bool has_line_ = false;
    bool waits_ = false;
    asio::thread_pool thread_{1}; // destroyed first: it uses the others
};

struct addends
{
    std::vector<double> numbers;
};
BOOST_DESCRIBE_STRUCT(addends, (), (numbers))

std::string time_now()
{
    std::time_t const now = std::time(nullptr);
    char text[] = "2000-01-01 00:00:00 UTC";
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", std::gmtime(&now));
    return text;
}

/// What the model can do besides talking.
foundry::toolbox two_functions()
{
    foundry::toolbox tools;
    tools.add("get_time", "The date and the time now", &time_now);
    tools.add("add_numbers", "The sum of numbers",
              [](addends const& a) { return std::accumulate(a.numbers.begin(), a.numbers.end(), 0.0); });
    return tools;
}

struct conversation
{
    conversation(foundry::client<> to, std::string const& model)
        : client(std::move(to)),
          run(foundry::chat_request(model))
    {
        run.request.stream_options.emplace().include_usage = true;
    }

    foundry::client<> client;
    foundry::tool_run run; // holds the conversation so far
    foundry::toolbox tools = two_functions();
    std::vector<foundry::content_part> pictures; // for the next question
    bool uses_responses = false;                 // the Responses API instead of chat completions
};

void ask(conversation& c, std::string question)
{
    if (c.pictures.empty()) {
        c.run.messages.emplace_back(foundry::chat_role::user, std::move(question));
        return;
    }
    c.pictures.insert(c.pictures.begin(), foundry::content_part::from_text(std::move(question)));
    c.run.messages.emplace_back(foundry::chat_role::user, std::exchange(c.pictures, {}));
}

void print(foundry::tool_event const& event)
{
    if (event.type == foundry::tool_event_type::text)
        std::cout << printable(event.text) << std::flush;
    else if (event.type == foundry::tool_event_type::result)
        std::cout << '[' << printable(event.call.function.name + event.call.function.arguments + ": " + event.text)
                  << "]\n";
}

void print_costs(foundry::token_usage const& usage, std::chrono::duration<double> taken)
{
    std::cout << "\n[";
    if (usage.total_tokens != 0)
        std::cout << usage.prompt_tokens << " + " << usage.completion_tokens << " tokens, ";
    std::cout << std::fixed << std::setprecision(1) << taken.count() << " s]\n";
}

asio::awaitable<void> print_all(foundry::async_generator<foundry::tool_event> events)
{
    while (auto event = co_await events.next())
        print(*event);
}

/// The same conversation with the other API; what comes of it is added to the chat.
asio::awaitable<void> answer_by_responses(conversation& c)
{
    foundry::chat_request chat = c.run.request;
    chat.messages = c.run.messages;
    foundry::response_run run(foundry::to_response_request(chat).request);
    std::size_t const asked = run.items.size();
    std::exception_ptr failed;
    try {
        co_await print_all(foundry::responses{c.client}.stream(run, c.tools));
    } catch (...) {
        failed = std::current_exception();
    }
    std::string text;
    for (std::size_t i = asked; i < run.items.size(); ++i) {
        if (run.items[i].type() == foundry::item_type::message)
            text += run.items[i].as<foundry::response_message>().text();
    }
    if (!text.empty())
        c.run.messages.emplace_back(foundry::chat_role::assistant, text);
    c.run.usage = run.usage;
    if (failed)
        std::rethrow_exception(failed);
}

/// Asks the last question, and prints the answer. Whatever ends it, the run's messages have what has arrived. A question that fails, or
/// has no answer yet, is removed. Throws nothing, because the `||` below would then wait for its other operation.
asio::awaitable<void> answer(conversation& c)
{
    auto const begun = std::chrono::steady_clock::now();
    std::size_t const asked = c.run.messages.size();
    c.run.usage = foundry::token_usage();
    std::string failed;
    try {
        if (c.uses_responses)
            co_await answer_by_responses(c);
        else
            co_await print_all(c.client.stream(c.run, c.tools));
    } catch (boost::system::system_error const& e) { // foundry::error is one, too
        if (e.code() == asio::error::operation_aborted)
            std::cout << "\n[stopped]";
        else
            failed = e.what();
    } catch (std::exception const& e) {
        failed = e.what();
    }
    bool const said = c.run.messages.size() > asked;
    if (!failed.empty() || !said)
        c.run.messages.erase(c.run.messages.begin() + std::ptrdiff_t(asked) - 1, c.run.messages.end());
    if (failed.empty())
        print_costs(c.run.usage, std::chrono::steady_clock::now() - begun);
    else
        std::cout << (said ? "\n" : "") << "[" << failed << "]\n";
}

constexpr char const* help = "/model NAME   uses another deployment from now on\n"
                             "/system TEXT  sets the system message; without TEXT, removes it\n"
                             "/image FILE   sends a picture with the next question\n"
                             "/api NAME     uses the API chat or responses from now on\n"
                             "/quit         ends, as Ctrl-D and two Ctrl-C do; one Ctrl-C stops an answer\n";

void set_system(std::vector<foundry::chat_message>& messages, std::string const& text)
{
    if (!messages.empty() && messages.front().role == foundry::chat_role::system)
        messages.erase(messages.begin());
    if (!text.empty())
        messages.insert(messages.begin(), foundry::chat_message(foundry::chat_role::system, text));
}

void obey(conversation& c, std::string const& name, std::string const& rest)
{
    if (name == "/model" && !rest.empty()) {
        c.run.request.model = rest;
        std::cout << "[asking " << rest << "]\n";
    } else if (name == "/system") {
        set_system(c.run.messages, rest);
        std::cout << (rest.empty() ? "[no system message]\n" : "[system message set]\n");
    } else if (name == "/api" && (rest == "chat" || rest == "responses")) {
        c.uses_responses = rest == "responses";
        std::cout << "[by " << rest << "]\n";
    } else if (name == "/image" && !rest.empty()) {
        try {
            c.pictures.push_back(foundry::image::load_file(rest).part());
            std::cout << "[" << rest << " goes with the next question]\n";
        } catch (foundry::error const& e) {
            std::cout << "[" << e.what() << "]\n";
        }
    } else {
        std::cout << help;
    }
}

asio::awaitable<void> chat(configuration const& my, foundry::options options)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::signal_set ctrl_c(executor, SIGINT);
    keyboard typed(executor);
    foundry::client client{executor, my.endpoint(), my.credential(), std::move(options)};
    conversation c(client, my.model());
    std::cout << "/help lists the commands.\n";
    for (bool interrupted = false;;) {
        std::cout << "> " << std::flush;
        std::variant<std::optional<std::string>, int> next =
            co_await (typed.line() || ctrl_c.async_wait(asio::use_awaitable));
        if (next.index() == 1) {
            if (std::exchange(interrupted, true)) {
                std::cout << std::endl;
                std::_Exit(0); // a thread still waits for a line
            }
            std::cout << "\n[once more, Ctrl-D or /quit ends the chat]\n";
            continue;
        }
        interrupted = false;
        std::optional<std::string> line = std::get<0>(std::move(next));
        if (!line || *line == "/quit")
            break;
        if (line->starts_with('/')) {
            std::size_t const space = line->find(' ');
            obey(c, line->substr(0, space), space == line->npos ? "" : line->substr(space + 1));
        } else if (!line->empty()) {
            ask(c, std::move(*line));
            co_await (answer(c) || ctrl_c.async_wait(asio::use_awaitable));
        }
    }
    std::cout << '\n';
}

int main(int argc, char** argv)
try {
    configuration const my("https://contoso.services.ai.azure.com/openai/v1"); // which has both APIs
    foundry::options options = my.options();
    if (argc == 3 && argv[1] == std::string_view("--proxy")) {
        options.proxy = argv[2];
    } else if (argc != 1) {
        std::cerr << "usage: chat [--proxy URL]\n";
        return 2;
    }
    asio::io_context context{1};
    asio::co_spawn(context, chat(my, std::move(options)), foundry::rethrow);
    context.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
