// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/typed_answer.hpp>
#include <foundry/detail/operations/typed_response.hpp>
#include <foundry/error.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void set_text_format(response_request& request, json::schema const& schema)
{
    if (request.text && request.text->format)
        throw error(errc::invalid_argument, "text.format is set; leave it to the typed call, or make a plain one");
    if (request.background.value_or(false))
        throw error(errc::invalid_argument, "background is set; a typed call waits for its response");
    if (!request.text)
        request.text.emplace();
    text_format& format = request.text->format.emplace();
    format.type = format_type::json_schema;
    format.name = schema.name;
    format.schema = json::parse_schema(schema.text);
    if (schema.is_strict)
        format.strict = true;
}

/// The filter's verdicts on the completion.
inline filter_results verdicts_of(response const& reply)
{
    filter_results found;
    for (response_filter const& one : reply.content_filters) {
        if (one.blocked || one.source_type == "completion")
            found = one.content_filter_results;
    }
    return found;
}

[[noreturn]] inline void throw_failed(response const& reply)
{
    failure f;
    f.status = reply.info().status();
    f.service_code = reply.error ? reply.error->code : std::string(reply.status.name());
    f.service_message = reply.error ? reply.error->message : "the response is " + std::string(reply.status.name());
    f.info = reply.info();
    throw error(make_error_code(errc::service_error), std::move(f));
}

inline void check_response(response const& reply)
{
    std::string refusal = reply.refusal();
    if (!refusal.empty())
        throw_refused(reply, std::move(refusal));
    std::string text = reply.text();
    if (reply.status == response_status::incomplete) {
        if (reply.incomplete_details && reply.incomplete_details->reason == "content_filter")
            throw_filtered(reply, std::move(text), verdicts_of(reply));
        throw_cut_off(reply, std::move(text), "raise max_output_tokens, or ask for less");
    }
    if (reply.status != response_status::completed && !reply.status.name().empty())
        throw_failed(reply);
    if (!text.empty())
        return;
    if (!reply.tool_calls().empty())
        throw_misfit(reply, text, "the model calls a function instead; give create() the toolbox, too");
    throw_misfit(reply, text, "the answer has no text");
}

FOUNDRY_DECL std::vector<response_item> items_without_calls(response const& reply)
{
    std::vector<response_item> kept;
    bool is_next_kept = false;
    for (auto item = reply.output.rbegin(); item != reply.output.rend(); ++item) {
        open_enum<item_type> const type = item->type();
        is_next_kept = type != item_type::function_call && (type != item_type::reasoning || is_next_kept);
        if (is_next_kept)
            kept.push_back(*item);
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
}

FOUNDRY_DECL std::string read_typed_response(response const& reply, json::object_ref into)
{
    check_response(reply);
    json::reader reader;
    return reader.read(into, reply.text(), json::reading::strict) ? std::string() : reader.problem();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
