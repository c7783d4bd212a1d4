// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_model.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// One server-sent event with a name.
FOUNDRY_DECL std::string named_event(std::string_view name, json::value const& data)
{
    return "event: " + std::string(name) + "\ndata: " + json::serialize(data) + "\n\n";
}

/// Writes an answer as the Responses API does, whole or as a stream of events.
class response_writer
{
public:
    response_writer(std::string id, std::string model, std::string text)
        : id_(std::move(id)),
          model_(std::move(model)),
          text_(std::move(text))
    {}

    json::object whole(std::string_view status) const;
    std::vector<std::string> events() const;

private:
    json::object item(std::string_view status, std::string_view text) const;
    json::object part(std::string_view text) const;

    std::string id_;
    std::string model_;
    std::string text_;
};

FOUNDRY_DECL json::object response_writer::part(std::string_view text) const
{
    json::object made;
    made["type"] = "output_text";
    made["text"] = text;
    made["annotations"] = json::array();
    return made;
}

FOUNDRY_DECL json::object response_writer::item(std::string_view status, std::string_view text) const
{
    json::object made;
    made["id"] = "msg_" + id_;
    made["type"] = "message";
    made["role"] = "assistant";
    made["status"] = status;
    json::array content;
    if (!text.empty())
        content.push_back(part(text));
    made["content"] = std::move(content);
    return made;
}

FOUNDRY_DECL json::object response_writer::whole(std::string_view status) const
{
    bool const done = status == "completed";
    json::object made;
    made["id"] = id_;
    made["object"] = "response";
    made["created_at"] = 1741369938.0;
    made["status"] = status;
    made["error"] = nullptr;
    made["model"] = model_;
    json::array output;
    if (done)
        output.push_back(item(status, text_));
    made["output"] = std::move(output);
    made["usage"] = nullptr;
    if (done) {
        json::object usage;
        usage["input_tokens"] = 10;
        usage["output_tokens"] = pieces_of(text_).size();
        usage["total_tokens"] = 10 + pieces_of(text_).size();
        made["usage"] = std::move(usage);
    }
    return made;
}

FOUNDRY_DECL std::vector<std::string> response_writer::events() const
{
    std::vector<std::string> made;
    auto const add = [&made](std::string_view type, json::object data) {
        data["type"] = type;
        data["sequence_number"] = made.size();
        made.push_back(named_event(type, data));
    };
    auto const inside_part = [&] {
        json::object data;
        data["item_id"] = "msg_" + id_;
        data["output_index"] = 0;
        data["content_index"] = 0;
        return data;
    };
    auto const add_response = [&](std::string_view type, std::string_view status) {
        json::object data;
        data["response"] = whole(status);
        add(type, std::move(data));
    };
    auto const add_item = [&](std::string_view type, json::object what) {
        json::object data;
        data["output_index"] = 0;
        data["item"] = std::move(what);
        add(type, std::move(data));
    };
    add_response("response.created", "in_progress");
    add_response("response.in_progress", "in_progress");
    add_item("response.output_item.added", item("in_progress", ""));
    for (auto const& piece : pieces_of(text_)) {
        json::object data = inside_part();
        data["delta"] = piece;
        add("response.output_text.delta", std::move(data));
    }
    json::object done = inside_part();
    done["text"] = text_;
    add("response.output_text.done", std::move(done));
    add_item("response.output_item.done", item("completed", text_));
    add_response("response.completed", "completed");
    return made;
}

/// What a request to the Responses API asks, whichever way it is put.
FOUNDRY_DECL std::string question_in(json::object const& body)
{
    auto const* const input = body.if_contains("input");
    if (input && input->is_string())
        return std::string(input->get_string());
    std::string text;
    for (auto const& item : array_of(body, "input")) {
        if (item.is_object() && has_role(item, "user"))
            text = text_of_message(item);
    }
    return text;
}

/// The events of a run of an assistant.
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
