// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/typed_answer.hpp>
#include <foundry/structured.hpp>

#include <boost/json/parse.hpp>

#include <exception>
#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

struct typed_call::parts
{
    std::shared_ptr<client_state> state;
    chat_request request;
    call_options with;
    std::optional<pending_request> pending;
    std::exception_ptr failure; ///< Found before the request was complete.

    pending_request take()
    {
        if (failure)
            std::rethrow_exception(failure);
        return std::move(*pending);
    }
};

FOUNDRY_DECL typed_call::typed_call(std::shared_ptr<client_state> const& state, chat_request const& request,
                                    call_options const& with, json::schema const& (*schema)(), bool is_stream)
    : its(std::make_unique<parts>())
{
    try {
        its->state = state;
        its->request = request;
        its->with = with;
        set_response_format(its->request, schema());
        its->pending.emplace(prepare_chat(its->state, its->request, with, is_stream));
    } catch (error const&) {
        its->failure = std::current_exception();
    }
}
FOUNDRY_DECL typed_call::typed_call(std::shared_ptr<client_state> const& state, chat_request const& request,
                                    json::schema const& (*schema)(), bool is_stream)
    : typed_call(state, request, call_options(), schema, is_stream)
{}
FOUNDRY_DECL typed_call::typed_call(typed_call&&) noexcept = default;
FOUNDRY_DECL typed_call::~typed_call() = default;

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> fetch_typed(typed_call call, json::object_ref into,
                                                                   chat_completion& reply)
{
    typed_call::parts& its = *call.its;
    for (unsigned corrections = its.with.corrections;; --corrections) {
        reply = co_await complete_chat(its.take());
        std::string const problem = read_typed(reply, into);
        if (problem.empty())
            co_return;
        if (corrections == 0)
            throw_misfit(reply, reply.text(), problem);
        its.request.add(reply.message()).add(correction(problem));
        its.pending.emplace(prepare_chat(its.state, its.request, its.with, false));
        json::clear(into.object, *into.described);
    }
}

struct typed_stream_state
{
    chat_stream chunks;
    chat_accumulator so_far;
    json::reader reader;
    bool is_over = false;

    /// @throws foundry::error if the answer does not fit, or ended without one.
    void take(chat_chunk const* chunk)
    {
        is_over = chunk == nullptr;
        if (is_over) {
            check_answer(so_far.completion());
            if (!reader.finish())
                throw_misfit(so_far.completion(), so_far.completion().text(), reader.problem());
            return;
        }
        so_far.add(*chunk);
        if (reader.feed(chunk->text()))
            return;
        is_over = true;
        chunks.close();
        throw_misfit(so_far.completion(), so_far.completion().text(), reader.problem());
    }
};

FOUNDRY_DECL typed_stream::typed_stream() noexcept = default;
FOUNDRY_DECL typed_stream::typed_stream(typed_stream&&) noexcept = default;
FOUNDRY_DECL typed_stream& typed_stream::operator=(typed_stream&&) noexcept = default;
FOUNDRY_DECL typed_stream::~typed_stream() = default;
FOUNDRY_DECL typed_stream::typed_stream(std::unique_ptr<typed_stream_state> state) noexcept : state_(std::move(state))
{}

FOUNDRY_DECL response_info const& typed_stream::info() const noexcept
{
    static response_info const none;
    return state_ ? state_->chunks.info() : none;
}

FOUNDRY_DECL void typed_stream::close() noexcept
{
    if (state_ == nullptr)
        return;
    state_->is_over = true;
    state_->chunks.close();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_chunk const*> typed_stream::read()
{
    if (state_ == nullptr || state_->is_over)
        co_return nullptr;
    chat_chunk const* chunk = nullptr;
    try {
        chunk = co_await state_->chunks.read();
    } catch (...) {
        state_->is_over = true;
        throw;
    }
    if (!state_->is_over) // not closed meanwhile
        state_->take(chunk);
    co_return chunk;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_completion> typed_stream::collect()
{
    for (;;) {
        chat_chunk const* const chunk = co_await read();
        if (chunk == nullptr)
            break;
    }
    co_return state_ ? state_->so_far.take() : chat_completion();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<typed_stream> open_typed(typed_call call, json::object_ref into)
{
    auto state = std::make_unique<typed_stream_state>();
    state->chunks = co_await stream_chat(call.its->take());
    state->so_far.set_info(state->chunks.info());
    state->reader.start(into, json::reading::strict);
    co_return typed_stream(std::move(state));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
