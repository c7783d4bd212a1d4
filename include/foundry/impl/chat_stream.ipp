// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_stream.hpp>
#include <foundry/detail/call/event_source.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/operations/aliases.hpp>
#include <foundry/detail/operations/think_splitter.hpp>

#include <memory>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Turns events into chunks.
struct stream_state final : event_source
{
    using event_source::event_source;

    bool take_value(chat_chunk& into)
    {
        http::event e;
        while (take(e)) {
            if (is_bare_end_marker(e.data)) {
                end();
                return false;
            }
            if (is_keep_alive(e) || !decode(e, into))
                continue;
            note_content();
            return true;
        }
        return false;
    }

    /// A stream without an end marker may end where its body ends, after the finish reason of each choice; one that brought nothing is
    /// no success.
    void check_end(bool at_marker) const
    {
        if (!at_marker && !(ended_by_framing() && ends.all_ended()))
            throw_truncated();
        if (has_brought)
            return;
        failure f;
        f.service_message = "the stream has neither a choice nor usage";
        f.advice = "check that the endpoint serves this operation for this model";
        f.body = nothing_yet;
        throw error(make_error_code(errc::unexpected_reply), std::move(f));
    }

    /// False if the event is of no interest.
    bool decode(http::event const& e, chat_chunk& into)
    {
        if (e.type == "error")
            throw_error_event(e);
        if (!reader.read(into, e.data)) {
            failure f;
            f.service_message = "an event of the stream is not a chunk: " + reader.problem();
            f.advice = "check that the endpoint's URL is the API's";
            f.body = e.data.substr(0, max_kept_body);
            throw error(make_error_code(errc::unexpected_reply), std::move(f));
        }
        bool const brings = !into.choices.empty() || into.usage || !into.prompt_filter_results.empty() ||
                            into.extra.contains("prompt_annotations");
        if (!brings && into.extra.contains("type") && is_keep_alive_name(type_of_event(e)))
            return false;
        if (!brings)
            throw_any_error_in(e.data, call_.context(), info());
        else if (!into.extra.empty() && (into.extra.contains("error") || into.extra.contains("type")))
            throw_error_event(e);
        has_brought = has_brought || brings;
        if (!has_brought)
            nothing_yet = e.data.substr(0, max_kept_body);
        into.raw_storage() = e.data;
        normalize_aliases(into);
        if (watch_)
            watch_->on_chunk(into);
        for (chunk_choice& choice : into.choices)
            note(choice);
        return true;
    }

    void note(chunk_choice& choice)
    {
        ends.note(choice.index, static_cast<bool>(choice.finish_reason));
        filtered_ = filtered_ || choice.finish_reason == finish_reason::content_filter;
        if (call_.state->settings.split_think_tags)
            split_thoughts(choice);
    }

    void split_thoughts(chunk_choice& choice)
    {
        auto const i = static_cast<std::size_t>(choice.index);
        if (choice.index < 0 || i >= choice_ends::max_choices)
            return;
        if (!splitters)
            splitters.reset(new splitter_list);
        std::string const text = std::exchange(choice.delta.content, {});
        splitters->of_choice[i].add(text, choice.delta.content, choice.delta.reasoning_content);
        if (choice.finish_reason)
            splitters->of_choice[i].finish(choice.delta.content, choice.delta.reasoning_content);
    }

    json::reader reader;
    struct splitter_list
    {
        think_splitter of_choice[choice_ends::max_choices];
    };
    std::unique_ptr<splitter_list> splitters; // where options.split_think_tags is set
    choice_ends ends;
    bool has_brought = false; // a choice, usage or the filter's results
    std::string nothing_yet;  // the last event, if none before it has brought anything
};

inline response_info const no_info;

} // namespace detail

FOUNDRY_DECL chat_stream::chat_stream() noexcept = default;
FOUNDRY_DECL chat_stream::chat_stream(chat_stream&&) noexcept = default;
FOUNDRY_DECL chat_stream& chat_stream::operator=(chat_stream&&) noexcept = default;
FOUNDRY_DECL chat_stream::~chat_stream() = default;
FOUNDRY_DECL chat_stream::chat_stream(std::unique_ptr<detail::stream_state> state) noexcept : state_(std::move(state))
{}

FOUNDRY_DECL response_info const& chat_stream::info() const noexcept
{
    return state_ ? state_->info() : detail::no_info;
}

FOUNDRY_DECL void chat_stream::close() noexcept
{
    if (state_)
        state_->close();
}

FOUNDRY_DECL boost::asio::awaitable<bool> chat_stream::read(chat_chunk& into)
{
    return detail::read_from(state_.get(), into);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<chat_chunk>> chat_stream::next()
{
    std::optional<chat_chunk> chunk;
    if (!co_await read(chunk.emplace()))
        chunk.reset();
    co_return chunk;
}

} // namespace foundry::inline FOUNDRY_ABI
