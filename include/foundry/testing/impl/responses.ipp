// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_reply.ipp>
#include <foundry/testing/impl/objects.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// One server-sent event with a name.
FOUNDRY_DECL std::string named_event(std::string_view name, json::value const& data)
{
    return "event: " + std::string(name) + "\ndata: " + json_text(data) + "\n\n";
}

/// Writes an output as the Responses API does, whole or as a stream of events.
class response_writer
{
public:
    response_writer(json::object settings, json::array items, completion const& answer, std::size_t input_tokens);

    json::object whole() const { return state(ending_); }
    json::object queued() const { return state("queued"); }
    std::vector<std::string> events() const;

private:
    json::object state(std::string_view status) const;
    json::object usage() const;
    json::array content_filters() const;
    void add_item(std::vector<std::string>& events, std::size_t index) const;
    void add_text(std::vector<std::string>& events, json::object const& item, std::size_t index) const;
    void add_arguments(std::vector<std::string>& events, json::object const& item, std::size_t index) const;

    json::object settings_;
    json::array items_;
    std::size_t input_tokens_;
    std::size_t output_tokens_;
    std::size_t reasoning_tokens_;
    std::string ending_; ///< The final status.
};

FOUNDRY_DECL response_writer::response_writer(json::object settings, json::array items, completion const& answer,
                                              std::size_t input_tokens)
    : settings_(std::move(settings)),
      items_(std::move(items)),
      input_tokens_(input_tokens),
      output_tokens_(answer.tokens),
      reasoning_tokens_(answer.reasoning_tokens),
      ending_(answer.finish_reason == "length" ? "incomplete" : "completed")
{}

FOUNDRY_DECL json::object text_part(std::string_view text)
{
    json::object made;
    made["type"] = "output_text";
    made["annotations"] = json::array();
    made["logprobs"] = json::array();
    made["text"] = text;
    return made;
}

/// The items of an output: the reasoning, then the message or the function calls.
FOUNDRY_DECL json::array output_items(completion const& answer, object_store& ids)
{
    json::array made;
    auto const add = [&](std::string_view lead, std::string_view kind) -> json::object& {
        json::object item;
        item["id"] = ids.new_id(lead);
        item["type"] = kind;
        return made.emplace_back(std::move(item)).get_object();
    };
    if (!answer.reasoning.empty())
        add("rs_", "reasoning")["summary"] = json::array();
    if (!answer.content.empty()) {
        auto& item = add("msg_", "message");
        item["status"] = answer.finish_reason == "length" ? "incomplete" : "completed";
        item["content"] = json::array(1, text_part(answer.content));
        item["role"] = "assistant";
    }
    for (auto const& call : answer.calls) {
        auto& item = add("fc_", "function_call");
        item["status"] = "completed";
        item["arguments"] = call.arguments;
        item["call_id"] = ids.new_id("call_");
        item["name"] = call.name;
    }
    return made;
}

FOUNDRY_DECL json::object response_writer::usage() const
{
    json::object input_details;
    input_details["cached_tokens"] = 0;
    json::object output_details;
    output_details["reasoning_tokens"] = reasoning_tokens_;
    json::object made;
    made["input_tokens"] = input_tokens_;
    made["input_tokens_details"] = std::move(input_details);
    made["output_tokens"] = output_tokens_;
    made["output_tokens_details"] = std::move(output_details);
    made["total_tokens"] = input_tokens_ + output_tokens_;
    return made;
}

FOUNDRY_DECL json::array response_writer::content_filters() const
{
    json::array made;
    for (std::string_view const source : {"prompt", "completion"}) {
        json::object one;
        one["blocked"] = false;
        one["source_type"] = source;
        one["content_filter_raw"] = json::array();
        one["content_filter_results"] = filter_results(source == "prompt");
        made.push_back(std::move(one));
    }
    return made;
}

/// The response in one of its states. Only the final state has the output.
FOUNDRY_DECL json::object response_writer::state(std::string_view status) const
{
    bool const done = status == ending_;
    auto made = settings_;
    made["status"] = status;
    made["error"] = nullptr;
    made["incomplete_details"] = nullptr;
    made["completed_at"] = nullptr;
    made["output"] = json::array();
    made["usage"] = nullptr;
    if (!done)
        return made;
    if (status == "incomplete") {
        json::object details;
        details["reason"] = "max_output_tokens";
        made["incomplete_details"] = std::move(details);
    } else {
        made["completed_at"] = made["created_at"];
    }
    if (made.contains("content_filters"))
        made["content_filters"] = content_filters();
    if (made["service_tier"] == "auto")
        made["service_tier"] = "default";
    made["output"] = items_;
    made["usage"] = usage();
    return made;
}

/// Appends an event with the next sequence number.
FOUNDRY_DECL void add_response_event(std::vector<std::string>& events, std::string_view type, json::object const& data)
{
    json::object made;
    made["type"] = type;
    made["sequence_number"] = events.size();
    made.insert(data.begin(), data.end());
    events.push_back(named_event(type, made));
}

/// The common members of events inside an item.
FOUNDRY_DECL json::object inside_item(json::object const& item, std::size_t index)
{
    json::object made;
    made["item_id"] = item.at("id");
    made["output_index"] = index;
    return made;
}

FOUNDRY_DECL void response_writer::add_text(std::vector<std::string>& events, json::object const& item,
                                            std::size_t index) const
{
    auto const text = std::string(item.at("content").at(0).at("text").as_string());
    auto common = inside_item(item, index);
    common["content_index"] = 0;
    auto const add = [&](std::string_view type, std::string_view name, json::value value) {
        auto data = common;
        data[name] = std::move(value);
        if (name != "part")
            data["logprobs"] = json::array();
        add_response_event(events, type, data);
    };
    add("response.content_part.added", "part", text_part(""));
    for (auto const& piece : pieces_of(text))
        add("response.output_text.delta", "delta", json::string(piece));
    add("response.output_text.done", "text", json::string(text));
    add("response.content_part.done", "part", text_part(text));
}

FOUNDRY_DECL void response_writer::add_arguments(std::vector<std::string>& events, json::object const& item,
                                                 std::size_t index) const
{
    auto const& arguments = item.at("arguments").as_string();
    for (auto const& fragment : fragments_of(arguments, 7)) {
        auto data = inside_item(item, index);
        data["delta"] = fragment;
        add_response_event(events, "response.function_call_arguments.delta", data);
    }
    auto data = inside_item(item, index);
    data["arguments"] = arguments;
    add_response_event(events, "response.function_call_arguments.done", data);
}

FOUNDRY_DECL void response_writer::add_item(std::vector<std::string>& events, std::size_t index) const
{
    auto const& item = items_[index].get_object();
    auto begun = item;
    json::object data;
    data["output_index"] = index;
    if (begun.contains("status"))
        begun["status"] = "in_progress";
    if (begun.contains("content"))
        begun["content"] = json::array();
    if (begun.contains("arguments"))
        begun["arguments"] = "";
    data["item"] = std::move(begun);
    add_response_event(events, "response.output_item.added", data);
    if (item.at("type") == "message")
        add_text(events, item, index);
    else if (item.at("type") == "function_call")
        add_arguments(events, item, index);
    data["item"] = item;
    add_response_event(events, "response.output_item.done", data);
}

FOUNDRY_DECL std::vector<std::string> response_writer::events() const
{
    std::vector<std::string> made;
    auto const add = [&](std::string_view type, std::string_view status) {
        json::object data;
        data["response"] = state(status);
        add_response_event(made, type, data);
    };
    if (settings_.at("background") == true) {
        add("response.created", "queued");
        add("response.queued", "queued");
    } else {
        add("response.created", "in_progress");
    }
    add("response.in_progress", "in_progress");
    for (std::size_t i = 0; i < items_.size(); ++i)
        add_item(made, i);
    add("response." + ending_, ending_);
    return made;
}

/// The events of an assistant's run.
FOUNDRY_DECL std::vector<std::string> run_events(std::string const& thread, std::string const& run,
                                                 std::string const& text)
{
    auto const state = [&](std::string_view status) {
        json::object made;
        made["id"] = run;
        made["object"] = "thread.run";
        made["thread_id"] = thread;
        made["status"] = status;
        return made;
    };
    std::vector<std::string> made;
    made.push_back(named_event("thread.run.created", state("queued")));
    made.push_back(named_event("thread.run.in_progress", state("in_progress")));
    for (auto const& piece : pieces_of(text)) {
        json::object value;
        value["value"] = piece;
        json::object content;
        content["index"] = 0;
        content["type"] = "text";
        content["text"] = std::move(value);
        json::array list;
        list.push_back(std::move(content));
        json::object delta;
        delta["content"] = std::move(list);
        json::object event;
        event["object"] = "thread.message.delta";
        event["delta"] = std::move(delta);
        made.push_back(named_event("thread.message.delta", event));
    }
    made.push_back(named_event("thread.run.completed", state("completed")));
    made.push_back("event: done\ndata: [DONE]\n\n");
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
