// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/typed_answer.hpp>
#include <foundry/error.hpp>

#include <memory>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void set_response_format(chat_request& request, json::schema const& schema)
{
    if (request.response_format)
        throw error(errc::invalid_argument, "response_format is set; leave it to the typed call, or make a plain one");
    request.response_format = response_format::from_schema(schema.name, json::parse_schema(schema.text), true);
    if (!schema.is_strict)
        request.response_format->json_schema->strict.reset();
}

[[noreturn]] inline void throw_answer_error(errc code, answer const& reply, std::string text, std::string message,
                                            std::string advice,
                                            std::shared_ptr<dictionary<filter_result> const> verdicts = nullptr)
{
    response_info const& info = reply.info();
    failure f;
    f.status = info.status();
    f.service_message = std::move(message);
    f.advice = std::move(advice);
    f.request_id = info.request_id();
    f.apim_request_id = info.apim_request_id();
    f.client_request_id = info.client_request_id();
    f.info = info;
    f.body = std::move(text);
    f.content_filter = std::move(verdicts);
    throw error(make_error_code(code), std::move(f));
}

FOUNDRY_DECL void throw_misfit(answer const& reply, std::string text, std::string const& problem)
{
    throw_answer_error(
        errc::answer_misfit, reply, std::move(text), problem,
        "see error::body() for the text; a model without structured output needs the schema in its prompt");
}

FOUNDRY_DECL void throw_cut_off(answer const& reply, std::string text, std::string advice)
{
    throw_answer_error(errc::answer_cut_off, reply, std::move(text), "the token limit ended the answer",
                       std::move(advice));
}

FOUNDRY_DECL void throw_refused(answer const& reply, std::string reason)
{
    throw_answer_error(errc::refused, reply, std::move(reason), "", "see error::body() for the model's reason");
}

FOUNDRY_DECL void throw_filtered(answer const& reply, std::string text, dictionary<filter_result> const& verdicts)
{
    throw_answer_error(errc::content_filter, reply, std::move(text), "the filter ended the answer",
                       "see error::content_filter() for its verdicts",
                       std::make_shared<dictionary<filter_result> const>(verdicts));
}

FOUNDRY_DECL std::string correction_text(std::string const& problem)
{
    return "The answer does not fit its schema: " + problem + ". Answer again.";
}

FOUNDRY_DECL void check_answer(chat_completion const& reply)
{
    chat_message const message = reply.message();
    if (message.refusal && !message.refusal->empty())
        throw_refused(reply, *message.refusal);
    std::string text = message.text();
    open_enum<finish_reason> const reason = reply.finish_reason();
    if (reason == finish_reason::content_filter)
        throw_filtered(reply, std::move(text), reply.choices.front().content_filter_results);
    if (reason == finish_reason::length)
        throw_cut_off(reply, std::move(text), "raise max_completion_tokens or max_tokens, or ask for less");
    if (!text.empty())
        return;
    if (!message.tool_calls.empty())
        throw_misfit(reply, text, "the model calls a function instead; give complete() the toolbox, too");
    throw_misfit(reply, text, "the answer has no text");
}

FOUNDRY_DECL std::string read_typed(chat_completion const& reply, json::object_ref into)
{
    check_answer(reply);
    json::reader reader;
    return reader.read(into, reply.text(), json::reading::strict) ? std::string() : reader.problem();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
