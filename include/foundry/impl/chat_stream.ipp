// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_stream.hpp>
#include <foundry/detail/client_state.hpp>
#include <foundry/detail/think_splitter.hpp>
#include <foundry/http/event_parser.hpp>
#include <foundry/json/reader.hpp>

#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Turns the body of an answer into chunks.
struct stream_state final : http::body_sink
{
    stream_state(prepared_call c, opened_call opened)
        : call(std::move(c)),
          info(std::move(opened.info)),
          events(event_limits(call.state->settings.limits)),
          exchange(std::move(opened.exchange))
    {
        call.head = {};
        call.body = {};
        std::string_view const type = info.header("content-type");
        is_event_stream = type.empty() || type.find("event-stream") != type.npos;
        exchange->deliver_to(*this, is_event_stream ? std::size_t(-1) : call.state->settings.limits.body);
    }

    static http::event_limits event_limits(size_limits const& limits)
    {
        http::event_limits l;
        l.line = limits.event_line;
        l.event = limits.event;
        return l;
    }

    void on_body(std::string_view bytes) override
    {
        if (is_event_stream)
            events.feed(bytes);
        else
            document.append(bytes);
    }

    /// The next chunk of what has arrived; false where there is none yet, or the end has come.
    bool take(chat_chunk& into)
    {
        http::event e;
        while (!ended && events.next(e)) {
            if (e.data.empty())
                continue;
            if (e.data == "[DONE]") {
                ended = true;
                return false;
            }
            decode(e, into);
            return true;
        }
        return false;
    }

    /// The answer's body is complete.
    void on_end()
    {
        if (!is_event_stream)
            throw_not_a_stream();
        chat_chunk nowhere;
        events.feed("\n\n"); // an end marker without an empty line behind it
        if (take(nowhere); ended)
            return;
        // Azure always ends with [DONE]; of local servers some do not.
        if (!finish_seen || call.state->where.kind() != host_kind::other) {
            throw error(errc::stream_truncated,
                        "the stream ended without its end marker; what arrived until then was delivered");
        }
        ended = true;
    }

    [[noreturn]] void throw_not_a_stream() const
    {
        if (auto const found = find_service_error(call.context(), info, document))
            throw *found;
        failure f;
        f.service_message = "the answer is " + std::string{info.header("content-type")} + " instead of an event stream";
        f.advice = "use complete() where the service does not stream; check that the endpoint's URL is the API's";
        throw error(make_error_code(errc::unexpected_reply), std::move(f));
    }

    void decode(http::event const& e, chat_chunk& into)
    {
        if (e.type == "error")
            throw_error_event(e);
        if (!reader.read(into, e.data)) {
            failure f;
            f.service_message = "an event of the stream is not a chunk: " + reader.problem();
            f.advice = "check that the endpoint's URL is the API's";
            throw error(make_error_code(errc::unexpected_reply), std::move(f));
        }
        if (!into.extra.empty() && (into.extra.contains("error") || into.extra.contains("type")))
            throw_error_event(e);
        into.raw_storage() = e.data;
        for (chunk_choice& choice : into.choices) {
            finish_seen = finish_seen || choice.finish_reason;
            if (call.state->settings.split_think_tags)
                split_thoughts(choice);
        }
    }

    /// Throws where the event is an error; returns where it only looked like one.
    void throw_error_event(http::event const& e) const
    {
        if (auto const found = find_service_error(call.context(), info, e.data, e.type))
            throw *found;
    }

    void split_thoughts(chunk_choice& choice)
    {
        auto const i = static_cast<std::size_t>(choice.index);
        if (choice.index < 0 || i >= max_choices)
            return;
        if (splitters.size() <= i)
            splitters.resize(i + 1);
        std::string const text = std::exchange(choice.delta.content, {});
        splitters[i].add(text, choice.delta.content, choice.delta.reasoning_content);
        if (choice.finish_reason)
            splitters[i].finish(choice.delta.content, choice.delta.reasoning_content);
    }

    static constexpr std::size_t max_choices = 128; // the API's own limit of `n`

    prepared_call call;
    response_info info;
    http::event_parser events;
    json::reader reader;
    std::string document; // the body where it is not an event stream
    std::vector<think_splitter> splitters;
    bool is_event_stream = true;
    bool finish_seen = false;
    bool ended = false;
    std::unique_ptr<http::exchange> exchange; // null once the stream is over; last, for it delivers to the others
};

inline response_info const no_info;

} // namespace detail

FOUNDRY_DECL chat_stream::chat_stream() noexcept = default;
FOUNDRY_DECL chat_stream::chat_stream(chat_stream&&) noexcept = default;
FOUNDRY_DECL chat_stream& chat_stream::operator=(chat_stream&&) noexcept = default;
FOUNDRY_DECL chat_stream::~chat_stream() = default;
FOUNDRY_DECL chat_stream::chat_stream(std::unique_ptr<detail::stream_state> state) noexcept : state_(std::move(state))
{}

FOUNDRY_DECL response_info const& chat_stream::info() const noexcept { return state_ ? state_->info : detail::no_info; }

FOUNDRY_DECL void chat_stream::close() noexcept
{
    if (state_)
        state_->exchange.reset();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bool> chat_stream::read(chat_chunk& into)
{
    if (!state_ || !state_->exchange)
        co_return false;
    detail::stream_state& s = *state_;
    std::exception_ptr failed;
    try {
        for (;;) {
            if (s.take(into))
                co_return true;
            if (s.ended)
                break;
            if (!co_await s.exchange->read_more(s.call.timeouts.silence))
                s.on_end();
        }
        http::exchange::drain(std::move(s.exchange));
        co_return false;
    } catch (...) {
        failed = std::current_exception();
    }
    close();
    std::rethrow_exception(failed);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<chat_chunk>> chat_stream::next()
{
    chat_chunk chunk;
    std::optional<chat_chunk> result;
    if (co_await read(chunk))
        result.emplace(std::move(chunk));
    co_return result;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_completion> chat_stream::collect()
{
    chat_accumulator all;
    chat_chunk chunk;
    all.set_info(info());
    while (co_await read(chunk))
        all.add(chunk);
    co_return all.take();
}

} // namespace foundry::inline FOUNDRY_ABI
