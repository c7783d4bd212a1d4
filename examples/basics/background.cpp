// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A response in the background, which outlives connections and this program: end the program at any time, start it again, and it goes on.
//
// The file background.state has what is known. `my` chooses the emulator, which ends with this program, or your service.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/responses.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace asio = boost::asio;

struct progress
{
    std::string id;        // of the response
    std::int64_t last = 0; // number of its last event
    std::string text;      // so far
};

constexpr char const* state_file = "background.state";

progress load()
{
    progress p;
    std::ifstream file(state_file);
    if (file >> p.id >> p.last && file.get() == '\n')
        p.text.assign(std::istreambuf_iterator<char>(file), {});
    return p;
}

void save(progress const& p)
{
    std::ofstream("background.new") << p.id << ' ' << p.last << '\n' << p.text;
    std::filesystem::rename("background.new", state_file); // all of it, or nothing
}

asio::awaitable<void> write()
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options
    foundry::responses const responses{client};

    progress so_far = load();
    std::cout << printable(so_far.text) << std::flush;
    foundry::response_stream events;
    if (so_far.id.empty()) {
        foundry::response_request request{my.model(), "Tell me a story about a lighthouse"};
        request.background = true;
        events = co_await responses.stream(request);
    } else {
        events = co_await responses.resume(so_far.id, so_far.last);
    }
    try {
        while (auto const* event = co_await events.read()) {
            std::string more(event->text());
            if (event->response) { // the last event has all of it, if pieces could not be had any more
                so_far.id = event->response->id;
                std::string const whole = event->response->text();
                more = whole.size() > so_far.text.size() ? whole.substr(so_far.text.size()) : "";
            }
            std::cout << printable(more) << std::flush;
            so_far.last = event->sequence_number.value_or(so_far.last);
            so_far.text += more;
            if (!so_far.id.empty())
                save(so_far);
        }
        std::filesystem::remove(state_file);
    } catch (foundry::error const& e) {
        if (e.code() == foundry::errc::service_error) // it has failed, or was cancelled
            std::filesystem::remove(state_file);
        throw;
    }
    std::cout << '\n';
}

int main() { return foundry::run(write()); }
