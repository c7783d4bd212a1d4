// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/operations/aliases.hpp>
#include <foundry/detail/operations/chat_stream_state.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL bool stream_state::take_value()
{
    http::event e;
    while (take(e)) {
        if (is_bare_end_marker(e.data)) {
            end();
            return false;
        }
        if (is_keep_alive(e) || !decode(e))
            continue;
        note_content();
        return true;
    }
    return false;
}

FOUNDRY_DECL void stream_state::check_end(bool at_marker) const
{
    if (!at_marker && !(ended_by_framing() && ends_.all_ended()))
        throw_truncated();
    if (has_content_)
        return;
    failure f;
    f.service_message = "the stream has neither a choice nor usage";
    f.advice = "check that the endpoint serves this operation for this model";
    f.body = last_empty_;
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

FOUNDRY_DECL bool stream_state::decode(http::event const& e)
{
    if (e.type == "error")
        throw_error_event(e);
    if (!reader_.read(value, e.data)) {
        failure f;
        f.service_message = "an event of the stream is not a chunk: " + reader_.problem();
        f.advice = "check that the endpoint's URL is the API's";
        f.body = e.data.substr(0, max_kept_body);
        throw error(make_error_code(errc::unexpected_reply), std::move(f));
    }
    bool const has_content = !value.choices.empty() || value.usage || !value.prompt_filter_results.empty() ||
                             value.extra.contains("prompt_annotations");
    if (!has_content && value.extra.contains("type") && is_keep_alive_name(type_of_event(e)))
        return false;
    if (!has_content)
        throw_any_error_in(e.data, request_.context(), info());
    else if (!value.extra.empty() && (value.extra.contains("error") || value.extra.contains("type")))
        throw_error_event(e);
    has_content_ = has_content_ || has_content;
    if (!has_content_)
        last_empty_ = e.data.substr(0, max_kept_body);
    value.raw_storage() = e.data;
    if (normalize_aliases(value))
        reader_.forget();
    if (observer_)
        observer_->on_chunk(value);
    for (chunk_choice& choice : value.choices)
        note(choice);
    return true;
}

FOUNDRY_DECL void stream_state::note(chunk_choice& choice)
{
    ends_.note(choice.index, static_cast<bool>(choice.finish_reason));
    filtered_ = filtered_ || choice.finish_reason == finish_reason::content_filter;
    if (request_.state->settings.split_think_tags) {
        split_thoughts(choice);
        reader_.forget();
    }
}

FOUNDRY_DECL void stream_state::split_thoughts(chunk_choice& choice)
{
    auto const i = static_cast<std::size_t>(choice.index);
    if (choice.index < 0 || i >= choice_ends::max_choices)
        return;
    if (!splitters_)
        splitters_.reset(new splitter_list);
    std::string const text = std::exchange(choice.delta.content, {});
    splitters_->of_choice[i].add(text, choice.delta.content, choice.delta.reasoning_content);
    if (choice.finish_reason)
        splitters_->of_choice[i].finish(choice.delta.content, choice.delta.reasoning_content);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
