// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_model.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The style of a deployment's responses.
class response_style
{
public:
    std::string id;    ///< Id of the completion.
    std::string model; ///< The model's name in the response.
    std::int64_t created = 0;
    bool filters = true;     ///< Azure's content filter results.
    bool mistral = false;    ///< Streams as Mistral does: finish reason and usage on the last chunk with content.
    bool think_tags = false; ///< Whether reasoning is in the content instead of in `reasoning_content`.
    bool logprobs = false;
    bool streamed_usage = false; ///< Whether the request asks for usage in the stream.
    local_server local;
};

/// Writes completions as the service does, whole or as a stream of events.
class chat_writer
{
public:
    chat_writer(response_style how, std::vector<completion> choices, std::size_t prompt_tokens)
        : how_(std::move(how)),
          choices_(std::move(choices)),
          prompt_tokens_(prompt_tokens)
    {}

    std::string whole() const;
    std::vector<std::string> events() const;

private:
    json::object envelope(std::string_view kind) const;
    json::object usage() const;
    void add_usage(json::object& to) const;
    void add_reasoning(json::object& to, std::string const& text) const;
    json::object choice(std::size_t index) const;
    std::string filter_event() const;
    std::string event(std::size_t index, json::object delta, json::value finish, bool with_usage) const;
    bool has_usage_event() const;
    std::string closing_usage_event() const;
    std::vector<std::string> events_of(std::size_t index) const;
    std::vector<json::object> deltas_of(completion const& one) const;
    void add_call_deltas(std::vector<json::object>& deltas, completion const& one) const;
    json::object call(tool_call const& one, std::size_t index, std::size_t position) const;

    response_style how_;
    std::vector<completion> choices_;
    std::size_t prompt_tokens_;
};

FOUNDRY_DECL json::object filter_results(bool with_jailbreak)
{
    json::object results;
    for (std::string_view const category : {"hate", "self_harm", "sexual", "violence"}) {
        json::object one;
        one["filtered"] = false;
        one["severity"] = "safe";
        results[category] = std::move(one);
    }
    if (with_jailbreak) {
        json::object one;
        one["filtered"] = false;
        one["detected"] = false;
        results["jailbreak"] = std::move(one);
    }
    return results;
}

FOUNDRY_DECL json::array prompt_filter_results()
{
    json::object one;
    one["prompt_index"] = 0;
    one["content_filter_results"] = filter_results(true);
    json::array all;
    all.push_back(std::move(one));
    return all;
}

FOUNDRY_DECL json::object logprobs_of(std::string_view text)
{
    json::array tokens;
    for (auto const& piece : pieces_of(text)) {
        json::array bytes;
        for (char const letter : piece)
            bytes.push_back(static_cast<unsigned char>(letter));
        json::object token;
        token["token"] = piece;
        token["logprob"] = -0.125;
        token["bytes"] = std::move(bytes);
        token["top_logprobs"] = json::array();
        tokens.push_back(std::move(token));
    }
    json::object all;
    all["content"] = std::move(tokens);
    all["refusal"] = nullptr;
    return all;
}

FOUNDRY_DECL std::string with_think_tags(completion const& one)
{
    return one.reasoning.empty() ? one.content : "<think>\n" + one.reasoning + "\n</think>\n\n" + one.content;
}

FOUNDRY_DECL json::object chat_writer::envelope(std::string_view kind) const
{
    json::object made;
    made["id"] = how_.id;
    made["object"] = kind;
    made["created"] = how_.created;
    made["model"] = how_.model;
    if (how_.local.own_members) {
        made["IsDelta"] = false;
        made["Successful"] = true;
        made["error"] = nullptr;
        made["HttpStatusCode"] = 0;
    }
    return made;
}

FOUNDRY_DECL json::object chat_writer::usage() const
{
    std::size_t tokens = 0;
    std::size_t reasoning = 0;
    for (auto const& one : choices_) {
        tokens += one.tokens;
        reasoning += one.reasoning_tokens;
    }
    json::object made;
    made["prompt_tokens"] = prompt_tokens_;
    made["completion_tokens"] = tokens;
    made["total_tokens"] = prompt_tokens_ + tokens;
    if (how_.mistral)
        return made;
    json::object completion_details;
    completion_details["accepted_prediction_tokens"] = 0;
    completion_details["audio_tokens"] = 0;
    completion_details["reasoning_tokens"] = reasoning;
    completion_details["rejected_prediction_tokens"] = 0;
    json::object prompt_details;
    prompt_details["audio_tokens"] = 0;
    prompt_details["cached_tokens"] = 0;
    made["completion_tokens_details"] = std::move(completion_details);
    made["prompt_tokens_details"] = std::move(prompt_details);
    return made;
}

FOUNDRY_DECL void chat_writer::add_usage(json::object& to) const
{
    to["usage"] = usage();
    if (!how_.local.timings)
        return;
    json::object timings;
    timings["prompt_n"] = prompt_tokens_;
    timings["prompt_ms"] = 20.5;
    timings["predicted_n"] = to["usage"].as_object().at("completion_tokens");
    timings["predicted_ms"] = 250.25;
    to["timings"] = std::move(timings);
}

FOUNDRY_DECL void chat_writer::add_reasoning(json::object& to, std::string const& text) const
{
    if (how_.local.reasoning_content)
        to["reasoning_content"] = text;
    if (how_.local.reasoning)
        to["reasoning"] = text;
}

FOUNDRY_DECL json::object chat_writer::call(tool_call const& one, std::size_t index, std::size_t position) const
{
    json::object function;
    function["name"] = one.name;
    function["arguments"] = one.arguments;
    json::object made;
    made["id"] = one.id;
    if (one.id.empty() && how_.local.call_ids)
        made["id"] = "call_" + how_.id.substr(how_.id.size() - std::min<std::size_t>(how_.id.size(), 12)) +
                     std::to_string(index) + std::to_string(position);
    made["type"] = "function";
    made["function"] = std::move(function);
    return made;
}

FOUNDRY_DECL json::object chat_writer::choice(std::size_t index) const
{
    auto const& one = choices_[index];
    json::object message;
    message["role"] = "assistant";
    if (one.calls.empty() && one.refusal.empty())
        message["content"] = how_.think_tags ? with_think_tags(one) : one.content;
    else
        message["content"] = nullptr;
    if (!how_.think_tags && !one.reasoning.empty())
        add_reasoning(message, one.reasoning);
    if (!one.refusal.empty())
        message["refusal"] = one.refusal;
    else if (!how_.mistral)
        message["refusal"] = nullptr;
    json::array calls;
    for (std::size_t i = 0; i < one.calls.size(); ++i)
        calls.push_back(call(one.calls[i], index, i));
    if (!calls.empty())
        message["tool_calls"] = std::move(calls);
    else if (how_.mistral)
        message["tool_calls"] = nullptr;

    json::object made;
    made["index"] = index;
    made["finish_reason"] = one.finish_reason;
    made["logprobs"] = how_.logprobs ? json::value(logprobs_of(one.content)) : json::value(nullptr);
    if (how_.local.own_members)
        made["delta"] = message;
    made["message"] = std::move(message);
    if (how_.filters)
        made["content_filter_results"] = one.calls.empty() ? filter_results(false) : json::object();
    return made;
}

FOUNDRY_DECL std::string chat_writer::whole() const
{
    json::array choices;
    for (std::size_t i = 0; i < choices_.size(); ++i)
        choices.push_back(choice(i));
    auto made = envelope("chat.completion");
    made["choices"] = std::move(choices);
    if (how_.filters)
        made["prompt_filter_results"] = prompt_filter_results();
    made["system_fingerprint"] = nullptr;
    if (how_.local.usage != local_server::usage_place::nowhere)
        add_usage(made);
    return json_text(made);
}

FOUNDRY_DECL std::string as_event(json::object const& data) { return "data: " + json_text(data) + "\n\n"; }

/// The first event of an Azure stream: no choices, no id, only the filter's result for the prompt.
FOUNDRY_DECL std::string chat_writer::filter_event() const
{
    json::object made;
    made["choices"] = json::array();
    made["created"] = 0;
    made["id"] = "";
    made["model"] = "";
    made["object"] = "";
    made["prompt_filter_results"] = prompt_filter_results();
    return as_event(made);
}

FOUNDRY_DECL std::string chat_writer::event(std::size_t index, json::object delta, json::value finish,
                                            bool with_usage) const
{
    auto const* const content = delta.if_contains("content");
    bool const says = content && content->is_string() && !content->get_string().empty();
    json::object choice;
    if (how_.filters)
        choice["content_filter_results"] = says ? filter_results(false) : json::object();
    choice["logprobs"] = how_.logprobs && says ? json::value(logprobs_of(content->get_string())) : json::value(nullptr);
    if (how_.local.own_members) {
        if (!delta.contains("tool_calls"))
            delta["tool_calls"] = json::array();
        choice["message"] = delta;
    }
    choice["delta"] = std::move(delta);
    if (how_.local.finish_reason)
        choice["finish_reason"] = std::move(finish);
    choice["index"] = index;
    json::array choices;
    choices.push_back(std::move(choice));
    auto made = envelope("chat.completion.chunk");
    made["choices"] = std::move(choices);
    made["system_fingerprint"] = nullptr;
    if (with_usage)
        add_usage(made);
    else if (how_.streamed_usage && has_usage_event())
        made["usage"] = nullptr;
    return as_event(made);
}

FOUNDRY_DECL bool chat_writer::has_usage_event() const
{
    auto const stands = how_.local.usage;
    bool const asked = how_.streamed_usage && stands == local_server::usage_place::if_asked;
    return !how_.mistral && (asked || stands == local_server::usage_place::own_event);
}

FOUNDRY_DECL std::string chat_writer::closing_usage_event() const
{
    auto made = envelope("chat.completion.chunk");
    made["choices"] = json::array();
    made["system_fingerprint"] = nullptr;
    add_usage(made);
    return as_event(made);
}

/// The text in pieces of about this many bytes. Splits no UTF-8 sequence.
FOUNDRY_DECL std::vector<std::string> fragments_of(std::string_view text, std::size_t size)
{
    std::vector<std::string> fragments;
    while (!text.empty()) {
        auto end = (std::min)(size, text.size());
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
            ++end;
        fragments.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return fragments;
}

/// Streams calls as OpenAI models do: id and name first, then the arguments in pieces. Mistral sends each call whole, without index and
/// type.
FOUNDRY_DECL void chat_writer::add_call_deltas(std::vector<json::object>& deltas, completion const& one) const
{
    for (std::size_t i = 0; i < one.calls.size(); ++i) {
        auto first = call(one.calls[i], 0, i);
        std::vector<json::object> pieces;
        if (how_.mistral) {
            first.erase("type");
        } else if (how_.local.whole_calls) {
            first["index"] = i;
        } else {
            first["index"] = i;
            first["function"].as_object()["arguments"] = "";
            for (auto const& fragment : fragments_of(one.calls[i].arguments, 7)) {
                json::object function;
                function["arguments"] = fragment;
                json::object piece;
                piece["index"] = i;
                piece["function"] = std::move(function);
                pieces.push_back(std::move(piece));
            }
        }
        pieces.insert(pieces.begin(), std::move(first));
        for (auto& piece : pieces) {
            json::array calls;
            calls.push_back(std::move(piece));
            json::object delta;
            delta["tool_calls"] = std::move(calls);
            deltas.push_back(std::move(delta));
        }
    }
}

FOUNDRY_DECL std::vector<json::object> chat_writer::deltas_of(completion const& one) const
{
    std::vector<json::object> deltas;
    json::object role;
    role["role"] = "assistant";
    if (one.calls.empty() || how_.mistral)
        role["content"] = "";
    else
        role["content"] = nullptr;
    deltas.push_back(std::move(role));
    auto const add = [&deltas](std::string_view member, std::string const& text) {
        json::object delta;
        delta[member] = text;
        deltas.push_back(std::move(delta));
    };
    if (!how_.think_tags) {
        for (auto const& piece : pieces_of(one.reasoning))
            add_reasoning(deltas.emplace_back(), piece);
    }
    auto const pieces =
        one.pieces.empty() ? pieces_of(how_.think_tags ? with_think_tags(one) : one.content) : one.pieces;
    for (auto const& piece : pieces)
        add("content", piece);
    for (auto const& piece : pieces_of(one.refusal))
        add("refusal", piece);
    add_call_deltas(deltas, one);
    return deltas;
}

FOUNDRY_DECL std::vector<std::string> chat_writer::events_of(std::size_t index) const
{
    auto const& one = choices_[index];
    auto deltas = deltas_of(one);
    if (!(how_.mistral || how_.local.text_in_last_event) || deltas.size() == 1)
        deltas.emplace_back();
    for (auto& delta : deltas) {
        if (how_.local.role == local_server::role_place::every_delta)
            delta["role"] = "assistant";
        else if (how_.local.role == local_server::role_place::nowhere)
            delta.erase("role");
    }
    bool const last_choice = index + 1 == choices_.size();
    bool const usage_comes_last = how_.mistral || how_.local.usage == local_server::usage_place::last_event;
    std::vector<std::string> made;
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        bool const last = i + 1 == deltas.size();
        made.push_back(event(index, std::move(deltas[i]), last ? json::value(one.finish_reason) : json::value(nullptr),
                             last && last_choice && usage_comes_last));
    }
    return made;
}

/// Replaces `data: ` by `data:` at the beginning of each line.
FOUNDRY_DECL void remove_blanks(std::string& events)
{
    constexpr std::string_view field = "data: ";
    for (std::size_t begin = 0; begin < events.size(); begin = events.find('\n', begin) + 1) {
        if (std::string_view(events).substr(begin).starts_with(field))
            events.erase(begin + field.size() - 1, 1);
    }
}

/// All events. `[DONE]`, if any, is in the same part as the last event. Several choices alternate.
FOUNDRY_DECL std::vector<std::string> chat_writer::events() const
{
    std::vector<std::vector<std::string>> each;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        each.push_back(events_of(i));
        longest = (std::max)(longest, each.back().size());
    }
    std::vector<std::string> all;
    if (how_.filters)
        all.push_back(filter_event());
    for (std::size_t turn = 0; turn < longest; ++turn) {
        for (auto& one : each) {
            if (turn < one.size())
                all.push_back(std::move(one[turn]));
        }
    }
    if (has_usage_event())
        all.push_back(closing_usage_event());
    if (how_.local.done_event)
        all.back() += "data: [DONE]\n\n";
    if (!how_.local.blank_after_data) {
        for (auto& event : all)
            remove_blanks(event);
    }
    return all;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
