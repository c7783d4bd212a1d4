// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The module with the library in it: compiled with exceptions and RTTI, whatever the engine is compiled with.

#include "dialogue.hpp"

#include "../configuration.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;

/// An answer while it arrives. A coroutine that has been told to stop may run once more, so it keeps its own.
struct answer
{
    std::string speech;
    std::string problem;
    bool is_talking = true;
    asio::cancellation_signal stop;
};

struct dialogue::parts
{
    configuration my;
    asio::io_context context{1};
    foundry::client<> client{context, my.endpoint(), my.credential(), my.options()};
    std::shared_ptr<answer> current = std::make_shared<answer>();
};

namespace {

asio::awaitable<void> talk(foundry::client<> client, foundry::chat_request request, std::shared_ptr<answer> to)
{
    foundry::chat_stream chunks = co_await client.stream(request);
    while (auto const* chunk = co_await chunks.read())
        to->speech += chunk->text();
}

} // namespace

std::unique_ptr<dialogue> dialogue::create(std::string& problem) noexcept
try {
    auto its = std::make_unique<parts>();
    its->current->is_talking = false;
    return std::unique_ptr<dialogue>(new dialogue(std::move(its)));
} catch (std::exception const& e) {
    problem = e.what();
    return nullptr;
}

dialogue::dialogue(std::unique_ptr<parts> its) noexcept : parts_(std::move(its)) {}
dialogue::~dialogue() = default;

void dialogue::ask(std::string question) noexcept
{
    parts_->current->stop.emit(asio::cancellation_type::terminal);
    std::shared_ptr<answer> const to = parts_->current = std::make_shared<answer>();
    foundry::chat_request request{parts_->my.model()};
    request.user(std::move(question));
    asio::co_spawn(parts_->context, talk(parts_->client, std::move(request), to),
                   asio::bind_cancellation_slot(to->stop.slot(), [to](std::exception_ptr failed) {
                       to->is_talking = false;
                       try {
                           if (failed)
                               std::rethrow_exception(failed);
                       } catch (std::exception const& e) {
                           to->problem = e.what();
                       }
                   }));
}

void dialogue::tick(std::chrono::microseconds share) noexcept
{
    auto const end = std::chrono::steady_clock::now() + share;
    parts_->context.restart(); // it stops if nobody talks
    while (std::chrono::steady_clock::now() < end && parts_->context.poll_one() != 0) {
    }
}

bool dialogue::is_talking() const noexcept { return parts_->current->is_talking; }
std::string const& dialogue::speech() const noexcept { return parts_->current->speech; }
std::string const& dialogue::problem() const noexcept { return parts_->current->problem; }
