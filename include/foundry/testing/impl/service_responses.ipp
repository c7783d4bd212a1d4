// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The response to a prompt that the content filter blocks. Its shape differs from that of chat.
[[noreturn]] FOUNDRY_DECL void refuse_response_prompt()
{
    json::object found;
    found["filtered"] = true;
    found["detected"] = true;
    json::object verdict;
    verdict["blocked"] = true;
    verdict["source_type"] = "prompt";
    verdict["content_filter_raw"] = json::array();
    verdict["content_filter_results"] = filter_results(false);
    verdict["content_filter_results"].as_object()["jailbreak"] = std::move(found);
    auto body = openai_error("The response was filtered due to the prompt triggering Azure OpenAI's content management "
                             "policy. Please modify your prompt and retry.",
                             "invalid_request_error", "prompt", "content_filter");
    body.at("error").as_object()["content_filters"] = json::array(1, std::move(verdict));
    throw refusal(400, body);
}

/// What the model has said if it waits for an approval: the call that it wants has as many tokens as a short one.
FOUNDRY_DECL completion only_reasoning(completion const& whole)
{
    completion made;
    made.reasoning = whole.reasoning;
    made.reasoning_tokens = whole.reasoning_tokens;
    made.tokens = whole.reasoning_tokens + 2 * tokens_before_arguments;
    return made;
}

FOUNDRY_DECL reply service::responses(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const body = read_body(request, target, response_members());
    // The dated form has no deployment in this path, so it finds the model as v1 does.
    auto by_body = target;
    by_body.kind = target.kind == form::dated ? form::v1 : target.kind;
    auto const model = admit(body, request, by_body, options_.chat_deployments);
    bool const reasons = starts_with_one_of(model, {"deepseek-r", "o1", "o3", "o4", "gpt-5"});
    response_request const asked(body, say, responses_, reasons);
    auto chat_request = asked.chat();
    chat_model const reader(chat_request);
    if (asked.is_azure() && lower(reader.prompt()).find("jailbreak") != std::string::npos)
        refuse_response_prompt();

    auto const work = server_tools(asked, responses_, reader.question()).run();
    if (!work.result.empty())
        chat_request["messages"].as_array().push_back(message_of("tool", json::string(work.result)));
    chat_model const thinker(chat_request);
    auto const said = work.needs_approval ? only_reasoning(thinker.answer(0, reasons)) : thinker.answer(0, reasons);
    auto const items = output_maker(asked, responses_).make(said, work);
    auto const id = responses_.new_id("resp_");
    response_writer const writer(asked.unbegun(id, model, seconds_now()), items, said, thinker.prompt_tokens());

    bool const background = flag_of(body, "background", false);
    bool const streamed = flag_of(body, "stream", false);
    bool const obfuscated = !background && flag_of(object_of(body, "stream_options"), "include_obfuscation", true);
    auto events = streamed ? writer.events(obfuscated) : std::vector<std::string>();
    if (flag_of(body, "store", true))
        keep_response(asked, writer, background, events);
    if (!streamed)
        return reply(200, json_text(background ? writer.state("queued") : writer.whole()));
    return response_stream(id, std::move(events));
}

FOUNDRY_DECL void service::keep_response(response_request const& asked, response_writer const& writer, bool background,
                                         std::vector<std::string> const& events)
{
    stored_response kept;
    kept.object = background ? writer.state("queued") : writer.whole();
    if (background) {
        kept.later.push_back(writer.state("in_progress"));
        kept.later.push_back(writer.whole());
        kept.events = events;
    }
    kept.before = asked.before();
    kept.input = asked.input();
    responses_.keep(std::move(kept));
}

/// A response in the background is complete when its last event is sent.
FOUNDRY_DECL reply service::response_stream(std::string const& id, std::vector<std::string> events)
{
    auto made = stream_of(std::move(events));
    made.before_last = [this, id] { responses_.finish(id); };
    return made;
}

FOUNDRY_DECL reply service::response_by_id(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const path = segments_of(target.operation);
    auto const& id = path[1];
    if (path.back() == "cancel")
        return reply(200, json_text(responses_.cancel(id)));
    if (path.back() == "input_items")
        return reply(200, json_text(page_query(target, say).apply(responses_.get(id).input)));
    if (request.method == "DELETE")
        return reply(200, json_text(responses_.remove(id)));
    if (target.parameter("stream").value_or("false") == "true")
        return stream_again(id, target);
    return reply(200, json_text(responses_.poll(id)));
}

FOUNDRY_DECL reply service::stream_again(std::string const& id, route const& target)
{
    error_writer const say(target.kind);
    auto const& found = responses_.get(id);
    if (found.events.empty())
        say.bad_request("This response cannot be streamed: it was not created with 'background' and 'stream'.",
                        "invalid_value", "stream");
    if (found.object.at("status") == "cancelled")
        say.bad_request("This response cannot be streamed: it was cancelled.", "invalid_value", "stream");
    std::size_t first = 0;
    if (auto const after = target.parameter("starting_after")) {
        auto const read = std::from_chars(after->data(), after->data() + after->size(), first);
        if (read.ec != std::errc() || read.ptr != after->data() + after->size() || first >= found.events.size())
            say.bad_request("Invalid value for 'starting_after': expected the number of one of the events.",
                            "invalid_value", "starting_after");
        ++first;
    }
    return response_stream(
        id, std::vector<std::string>(found.events.begin() + static_cast<std::ptrdiff_t>(first), found.events.end()));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
