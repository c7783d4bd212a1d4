// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Embeddings of ten thousand texts, a few requests at a time, with a line that tells how far they are.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/bulk.hpp>

#include <chrono>
#include <iostream>
#include <ranges>
#include <string>

namespace asio = boost::asio;

/// A line that is written over itself: how far the work is, how fast, and how long it will take.
class progress_line
{
public:
    void operator()(foundry::bulk_progress const& now) const
    {
        std::size_t const total = now.total.value_or(now.done);
        std::string const bar(30 * now.done / total, '#');
        std::chrono::duration<double> const time = std::chrono::steady_clock::now() - begun_;
        double const rate = static_cast<double>(now.done) / time.count();
        std::cout << "\r[" << bar << std::string(30 - bar.size(), ' ') << "] " << now.done << " of " << total << ", "
                  << static_cast<int>(rate) << " a second, "
                  << static_cast<int>(static_cast<double>(total - now.done) / rate) << " s left\x1b[K" << std::flush;
    }

private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

asio::awaitable<void> embed_a_lot()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    auto const texts = std::views::iota(1, 10'001) | std::views::transform([](int i) {
                           return std::to_string(i) + " miles are " + std::to_string(i * 5'280) + " feet.";
                       }); // made as they are needed
    foundry::bulk_options how;
    how.on_progress = progress_line();
    std::size_t numbers = 0;
    foundry::async_generator<foundry::embedded_text> rows =
        foundry::embed_all(client, my.embedding_model(), texts, how);
    while (auto row = co_await rows.next()) {
        if (row->failure)
            std::cout << '\n' << printable(row->text) << ": " << printable(row->failure->what()) << '\n';
        numbers += row->vector.numbers.size(); // a program would store the vector
    }
    std::cout << '\n' << numbers << " numbers\n";
}

int main() { return foundry::run(embed_a_lot()); }
