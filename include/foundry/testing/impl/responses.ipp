// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_reply.ipp>
#include <foundry/testing/impl/response_tools.ipp>

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
    /// `unbegun` has every member of the response; see `response_request::unbegun`.
    response_writer(json::object unbegun, json::array items, completion const& answer, std::size_t input_tokens);

    json::object whole() const { return state(ending_); }
    json::object state(std::string_view status) const;

    /// `obfuscated`: whether deltas have a member that hides their length.
    std::vector<std::string> events(bool obfuscated) const;

private:
    json::object usage() const;
    json::array content_filters() const;

    json::object unbegun_;
    json::array items_;
    std::size_t input_tokens_;
    std::size_t output_tokens_;
    std::size_t reasoning_tokens_;
    std::string ending_; ///< The final status.
};

FOUNDRY_DECL response_writer::response_writer(json::object unbegun, json::array items, completion const& answer,
                                              std::size_t input_tokens)
    : unbegun_(std::move(unbegun)),
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

FOUNDRY_DECL json::object refusal_part(std::string_view text)
{
    json::object made;
    made["type"] = "refusal";
    made["refusal"] = text;
    return made;
}

FOUNDRY_DECL json::object summary_part(std::string_view text)
{
    json::object made;
    made["type"] = "summary_text";
    made["text"] = text;
    return made;
}

/// A citation of the whole text. Indexes count characters.
FOUNDRY_DECL json::object citation_of(json::object const& source, std::string_view text)
{
    auto const is_first_byte = [](char letter) { return (static_cast<unsigned char>(letter) & 0xC0U) != 0x80U; };
    json::object made;
    made["type"] = "url_citation";
    made["end_index"] = std::count_if(text.begin(), text.end(), is_first_byte);
    made["start_index"] = 0;
    made["title"] = source.at("title");
    made["url"] = source.at("url");
    return made;
}

/// Makes the items of an output.
class output_maker
{
public:
    output_maker(response_request const& asked, response_store& ids) : asked_(asked), ids_(ids) {}

    /// What the tools of the service listed, the reasoning, what these tools did, and the message or the function calls.
    json::array make(completion const& answer, tool_work const& work);

private:
    json::object reasoning(std::string const& thought);

    response_request const& asked_;
    response_store& ids_;
};

FOUNDRY_DECL json::object output_maker::reasoning(std::string const& thought)
{
    auto made = ids_.new_item("reasoning");
    if (asked_.includes("reasoning.encrypted_content")) {
        std::string secret = "gAAAAAB";
        for (auto const& piece : pieces_of(thought))
            secret += in_hex(hash_of(piece));
        made["content"] = json::array();
        made["encrypted_content"] = secret + "==";
    }
    made["summary"] = json::array();
    if (asked_.wants_summary())
        made["summary"].as_array().push_back(summary_part("**Considering the question**\n\n" + thought));
    return made;
}

/// Whether the last item of an incomplete output is itself incomplete.
FOUNDRY_DECL bool is_cut_off(json::value const& last)
{
    return last.at("type") == "message" || last.at("type") == "function_call";
}

FOUNDRY_DECL json::array output_maker::make(completion const& answer, tool_work const& work)
{
    auto made = work.listed;
    if (!answer.reasoning.empty())
        made.push_back(reasoning(answer.reasoning));
    made.insert(made.end(), work.calls.begin(), work.calls.end());
    if (!answer.content.empty() || !answer.refusal.empty()) {
        auto part = answer.refusal.empty() ? text_part(answer.content) : refusal_part(answer.refusal);
        if (!work.source.empty() && answer.refusal.empty())
            part["annotations"].as_array().push_back(citation_of(work.source, answer.content));
        auto message = ids_.new_item("message");
        message["status"] = "completed";
        message["content"] = json::array(1, std::move(part));
        message["role"] = "assistant";
        made.push_back(std::move(message));
    }
    for (auto const& one : answer.calls) {
        auto call = ids_.new_item("function_call");
        call["status"] = "completed";
        call["arguments"] = one.arguments;
        call["call_id"] = ids_.new_id("call_");
        call["name"] = one.name;
        made.push_back(std::move(call));
    }
    if (answer.finish_reason == "length" && !made.empty() && is_cut_off(made.back()))
        made.back().get_object()["status"] = "incomplete";
    return made;
}

FOUNDRY_DECL json::object response_writer::usage() const
{
    json::object input_details;
    input_details["cache_write_tokens"] = 0;
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

/// Azure's verdict on the prompt or the completion; `size` is the size of the text.
FOUNDRY_DECL json::object content_filter_of(std::string_view source, std::size_t size)
{
    json::object absent;
    absent["detected"] = false;
    absent["filtered"] = false;
    json::object results;
    if (source == "completion") {
        results["protected_material_code"] = absent;
        results["protected_material_text"] = absent;
    }
    auto const severities = filter_results(false);
    for (std::string_view const category : {"hate", "sexual", "violence", "self_harm"})
        results[category] = severities.at(category);
    if (source == "prompt")
        results["jailbreak"] = absent;
    json::object offsets;
    offsets["start_offset"] = 0;
    offsets["end_offset"] = size;
    offsets["check_offset"] = 0;
    json::object made;
    made["blocked"] = false;
    made["source_type"] = source;
    made["content_filter_raw"] = json::array();
    made["content_filter_results"] = std::move(results);
    made["content_filter_offsets"] = std::move(offsets);
    return made;
}

/// The emulator counts a token as four characters here.
FOUNDRY_DECL json::array response_writer::content_filters() const
{
    json::array made;
    made.push_back(content_filter_of("prompt", input_tokens_ * 4));
    made.push_back(content_filter_of("completion", output_tokens_ * 4));
    return made;
}

/// The response in one of its states. Only the final state has the output.
FOUNDRY_DECL json::object response_writer::state(std::string_view status) const
{
    auto made = unbegun_;
    made["status"] = status;
    if (status != ending_)
        return made;
    if (status == "incomplete") {
        json::object details;
        details["reason"] = "max_output_tokens";
        made["incomplete_details"] = std::move(details);
    } else {
        made["completed_at"] = made["created_at"];
        if (made.contains("content_filters"))
            made["content_filters"] = content_filters();
    }
    if (made["service_tier"] == "auto")
        made["service_tier"] = "default";
    auto const searches = std::count_if(items_.begin(), items_.end(),
                                        [](json::value const& item) { return item.at("type") == "web_search_call"; });
    made["tool_usage"] = tool_usage(static_cast<std::size_t>(searches));
    made["output"] = items_;
    made["usage"] = usage();
    return made;
}

/// Makes the events of a response, which are numbered from 0.
class response_events
{
public:
    explicit response_events(bool obfuscated) : obfuscated_(obfuscated) {}

    void add(std::string const& type, json::object const& data);
    void add_response(std::string const& type, json::object const& response);
    void add_item(json::object const& item, std::size_t index);

    std::vector<std::string> take() { return std::move(made_); }

private:
    void add_inside(json::object const& item, json::object const& common);
    void add_summary(json::object const& item, json::object const& common);
    void add_content(json::object const& item, json::object common);
    void add_deltas(std::string const& type, json::object const& common, std::vector<std::string> const& pieces);
    void add_done(std::string const& type, json::object const& common, std::string_view name, json::value value);

    std::vector<std::string> made_;
    bool obfuscated_;
};

FOUNDRY_DECL void response_events::add(std::string const& type, json::object const& data)
{
    json::object made;
    made["type"] = type;
    made["sequence_number"] = made_.size();
    made.insert(data.begin(), data.end());
    made_.push_back(named_event(type, made));
}

FOUNDRY_DECL void response_events::add_response(std::string const& type, json::object const& response)
{
    json::object data;
    data["response"] = response;
    add(type, data);
}

/// An item before it has content.
FOUNDRY_DECL json::object begun(json::object const& item)
{
    auto made = item;
    auto const empty = [&made](std::string_view name, json::value nothing) {
        if (made.contains(name))
            made[name] = std::move(nothing);
    };
    auto const& kind = item.at("type");
    if (kind == "mcp_approval_request")
        return made;
    empty("status", "in_progress");
    empty("summary", json::array());
    empty("arguments", "");
    empty("output", nullptr);
    empty("code", "");
    empty("tools", json::array());
    if (kind == "message")
        made["content"] = json::array();
    if (kind == "web_search_call")
        made["action"].as_object().erase("query");
    if (kind == "code_interpreter_call" && made["outputs"].is_array())
        made["outputs"] = json::array();
    return made;
}

FOUNDRY_DECL void response_events::add_item(json::object const& item, std::size_t index)
{
    json::object data;
    data["output_index"] = index;
    data["item"] = begun(item);
    add("response.output_item.added", data);
    json::object common;
    common["item_id"] = item.at("id");
    common["output_index"] = index;
    add_inside(item, common);
    data["item"] = item;
    add("response.output_item.done", data);
}

FOUNDRY_DECL void response_events::add_inside(json::object const& item, json::object const& common)
{
    auto const& kind = item.at("type");
    if (kind == "message") {
        add_content(item, common);
    } else if (kind == "reasoning") {
        add_summary(item, common);
    } else if (kind == "function_call") {
        add_deltas("response.function_call_arguments", common, fragments_of(item.at("arguments").as_string(), 7));
        add_done("response.function_call_arguments", common, "arguments", item.at("arguments"));
    } else if (kind == "web_search_call") {
        add("response.web_search_call.in_progress", common);
        add("response.web_search_call.searching", common);
        if (item.at("status") == "completed")
            add("response.web_search_call.completed", common);
    } else if (kind == "code_interpreter_call") {
        add("response.code_interpreter_call.in_progress", common);
        add_deltas("response.code_interpreter_call_code", common, pieces_of(item.at("code").as_string()));
        add_done("response.code_interpreter_call_code", common, "code", item.at("code"));
        add("response.code_interpreter_call.interpreting", common);
        add("response.code_interpreter_call.completed", common);
    } else if (kind == "mcp_list_tools") {
        add("response.mcp_list_tools.in_progress", common);
        add("response.mcp_list_tools.completed", common);
    } else if (kind == "mcp_call") {
        std::vector<std::string> const whole(1, std::string(item.at("arguments").as_string()));
        add("response.mcp_call.in_progress", common);
        add_deltas("response.mcp_call_arguments", common, whole);
        add_done("response.mcp_call_arguments", common, "arguments", item.at("arguments"));
        add("response.mcp_call.completed", common);
    }
}

/// The text that makes the length of a delta a multiple of 16.
FOUNDRY_DECL std::string obfuscation_for(std::string const& delta, std::size_t number)
{
    constexpr std::size_t block = 16;
    auto const letters = in_hex(hash_of(delta + std::to_string(number))) + "0123456789abcdef";
    return letters.substr(0, (block - delta.size() % block) % block);
}

FOUNDRY_DECL void response_events::add_deltas(std::string const& type, json::object const& common,
                                              std::vector<std::string> const& pieces)
{
    for (auto const& piece : pieces) {
        auto data = common;
        data["delta"] = piece;
        if (type == "response.output_text")
            data["logprobs"] = json::array();
        if (obfuscated_ && type != "response.refusal")
            data["obfuscation"] = obfuscation_for(piece, made_.size());
        add(type + ".delta", data);
    }
}

FOUNDRY_DECL void response_events::add_done(std::string const& type, json::object const& common, std::string_view name,
                                            json::value value)
{
    auto data = common;
    data[name] = std::move(value);
    if (type == "response.output_text")
        data["logprobs"] = json::array();
    add(type + ".done", data);
}

FOUNDRY_DECL void response_events::add_summary(json::object const& item, json::object const& common)
{
    auto const& summary = item.at("summary").as_array();
    for (std::size_t i = 0; i < summary.size(); ++i) {
        auto inside = common;
        inside["summary_index"] = i;
        auto data = inside;
        data["part"] = summary_part("");
        add("response.reasoning_summary_part.added", data);
        add_deltas("response.reasoning_summary_text", inside, pieces_of(summary[i].at("text").as_string()));
        add_done("response.reasoning_summary_text", inside, "text", summary[i].at("text"));
        add_done("response.reasoning_summary_part", inside, "part", summary[i]);
    }
}

/// The events of a message's only part.
FOUNDRY_DECL void response_events::add_content(json::object const& item, json::object common)
{
    auto const& part = item.at("content").at(0).as_object();
    bool const refused = part.at("type") == "refusal";
    std::string const type = refused ? "response.refusal" : "response.output_text";
    std::string_view const name = refused ? "refusal" : "text";
    common["content_index"] = 0;
    auto data = common;
    data["part"] = refused ? refusal_part("") : text_part("");
    add("response.content_part.added", data);
    add_deltas(type, common, pieces_of(part.at(name).as_string()));
    auto const annotations = array_of(part, "annotations");
    for (std::size_t i = 0; i < annotations.size(); ++i) {
        auto annotated = common;
        annotated["annotation_index"] = i;
        annotated["annotation"] = annotations[i];
        add("response.output_text.annotation.added", annotated);
    }
    add_done(type, common, name, part.at(name));
    add_done("response.content_part", common, "part", part);
}

FOUNDRY_DECL std::vector<std::string> response_writer::events(bool obfuscated) const
{
    response_events made(obfuscated);
    if (unbegun_.at("background") == true) {
        made.add_response("response.created", state("queued"));
        made.add_response("response.queued", state("queued"));
    } else {
        made.add_response("response.created", state("in_progress"));
    }
    made.add_response("response.in_progress", state("in_progress"));
    for (std::size_t i = 0; i < items_.size(); ++i)
        made.add_item(items_[i].get_object(), i);
    made.add_response("response." + ending_, whole());
    return made.take();
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
