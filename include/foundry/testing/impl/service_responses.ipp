// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

#include <charconv>

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

/// Adds an output to a conversation.
FOUNDRY_DECL void add_output(json::array& messages, json::array const& items)
{
    for (auto const& item : items) {
        if (item.at("type") == "message") {
            messages.push_back(message_of("assistant", item.at("content").at(0).at("text")));
        } else if (item.at("type") == "function_call") {
            json::object call;
            call["id"] = item.at("call_id");
            auto said = message_of("assistant", nullptr);
            said["tool_calls"] = json::array(1, std::move(call));
            messages.push_back(std::move(said));
        }
    }
}

FOUNDRY_DECL reply service::responses(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const body = read_body(request, target, response_members());
    // The dated form has no deployment in this path, so it finds the model as v1 does.
    auto by_body = target;
    by_body.kind = target.kind == form::dated ? form::v1 : target.kind;
    auto const model = find_model(body, request, by_body, options_.chat_deployments);
    bool const reasons = starts_with_one_of(model, {"deepseek-r"});
    response_request const asked(body, say, store_, reasons);
    auto const chat_request = asked.chat();
    chat_model const thinker(chat_request);
    bool const azure = target.kind != form::compatible;
    if (azure && lower(thinker.prompt()).find("jailbreak") != std::string::npos)
        refuse_response_prompt();

    auto const said = thinker.answer(0, reasons);
    auto const items = output_items(said, store_);
    json::object settings;
    settings["id"] = store_.new_id("resp_");
    settings["object"] = "response";
    settings["created_at"] = seconds_now();
    settings["status"] = nullptr;
    if (azure)
        settings["content_filters"] = nullptr;
    settings["model"] = model;
    auto const repeated = asked.settings();
    settings.insert(repeated.begin(), repeated.end());
    response_writer const writer(std::move(settings), items, said, thinker.prompt_tokens());

    bool const background = flag_of(body, "background", false);
    bool const streamed = flag_of(body, "stream", false);
    auto events = streamed ? writer.events() : std::vector<std::string>();
    if (flag_of(body, "store", true)) {
        stored_response kept;
        kept.object = writer.whole();
        kept.messages = asked.messages();
        add_output(kept.messages, items);
        if (background)
            kept.events = events;
        store_.keep_response(std::move(kept));
    }
    if (streamed)
        return stream_of(std::move(events));
    return reply(200, json_text(background ? writer.queued() : writer.whole()));
}

FOUNDRY_DECL reply service::response_by_id(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    auto const id = segments_of(target.operation).back();
    if (request.method == "DELETE")
        return reply(200, json_text(store_.remove_response(id)));
    auto const& found = store_.response(id);
    if (target.parameter("stream").value_or("false") != "true")
        return reply(200, json_text(found.object));
    if (found.events.empty())
        say.bad_request("This response cannot be streamed: it was not created with 'background' and 'stream'.",
                        "invalid_value", "stream");
    std::size_t first = 0;
    if (auto const after = target.parameter("starting_after")) {
        auto const read = std::from_chars(after->data(), after->data() + after->size(), first);
        if (read.ec != std::errc() || read.ptr != after->data() + after->size() || first >= found.events.size())
            say.bad_request("Invalid value for 'starting_after': expected the number of one of the events.",
                            "invalid_value", "starting_after");
        ++first;
    }
    return stream_of(
        std::vector<std::string>(found.events.begin() + static_cast<std::ptrdiff_t>(first), found.events.end()));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
