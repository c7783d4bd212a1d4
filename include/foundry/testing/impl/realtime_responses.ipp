// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/realtime_session.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL running_answer* realtime_session::active()
{
    auto const found =
        std::find_if(answers_.begin(), answers_.end(), [](running_answer const& one) { return one.in_conversation; });
    return found == answers_.end() ? nullptr : &*found;
}

FOUNDRY_DECL void realtime_session::create_response(json::object const& given, time_point now)
{
    auto const say = realtime_errors();
    auto const at = path_to("response");
    auto const wanted = object_of(given, "response");
    if (config_.only_transcribes())
        say.bad_request("A transcription session has no responses.", "invalid_request", "type");
    running_answer made(config_);
    made.how.update_response(wanted, at);
    static constexpr std::array<std::string_view, 2> conversations = {"auto", "none"};
    if (auto const* const conversation = wanted.if_contains("conversation")) {
        check_choice(*conversation, conversations, inside(at, "conversation"));
        made.in_conversation = *conversation != "none";
    }
    if (auto const* const metadata = wanted.if_contains("metadata")) {
        if (!metadata->is_null())
            require_object(*metadata, inside(at, "metadata"), say);
        made.metadata = *metadata;
    }
    if (auto const* const input = wanted.if_contains("input"); input && !input->is_null()) {
        if (!input->is_array())
            say.wrong_type(inside(at, "input"), "an array", *input);
        made.input = *input;
        items_for(made); // refuses what is wrong
    }
    if (auto const* const other = active(); other && made.in_conversation)
        say.bad_request("Conversation already has an active response in progress: " + other->id +
                            ". Wait until the response is finished before creating a new one.",
                        "conversation_already_has_active_response", nullptr);
    start(std::move(made), std::nullopt, now);
}

FOUNDRY_DECL void realtime_session::cancel_response(json::object const& given, time_point)
{
    auto const id = text_of(given, "response_id");
    auto const found = std::find_if(answers_.begin(), answers_.end(), [&](running_answer const& one) {
        return id ? one.id == *id : one.in_conversation;
    });
    if (found == answers_.end())
        realtime_errors().bad_request("Cancellation failed: no active response found", "response_cancel_not_active",
                                      nullptr);
    cancel(*found, "client_cancelled");
    forget_finished();
}

/// The items that a response sees.
FOUNDRY_DECL std::deque<realtime_item> realtime_session::items_for(running_answer& made)
{
    if (!made.input.is_array())
        return items_.all();
    std::deque<realtime_item> items;
    auto const say = realtime_errors();
    auto const& list = made.input.get_array();
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = inside(inside(path_to("response"), "input"), i);
        auto const& one = require_object(list[i], at, say);
        if (text_of(one, "type") != "item_reference") {
            items.push_back(read_item(one, config_.is_preview(), at));
            continue;
        }
        json::object reference;
        reference["item_id"] = require(one, "id", at, say);
        items.push_back(known_item(reference, "reference"));
    }
    return items;
}

FOUNDRY_DECL void realtime_session::start(running_answer made, std::optional<std::string> transcribed, time_point now)
{
    made.id = new_id("resp_");
    made.next = now;
    answer_pace pace;
    pace.transcribes = transcribed.has_value();
    made.transcribed = std::move(transcribed).value_or("");
    pace.late_transcription = options_.late_transcription;
    pace.audio_speed = options_.speed;
    auto const delta_ms = (std::max)(options_.audio_delta.count(), std::chrono::milliseconds::rep{1});
    pace.audio_bytes = static_cast<std::size_t>(delta_ms) * bytes_per_ms;
    if (emulator_.words_per_second > 0)
        pace.text = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / emulator_.words_per_second));
    think(made, pace);
    for (auto& part : made.parts) {
        part.item_id = new_id("item_");
        part.todo = !part.pieces.empty() ? part.pieces : pieces_of(part.text);
        if (part.call) {
            part.todo.clear();
            for (std::size_t i = 0; i < part.call->arguments.size(); i += 4)
                part.todo.push_back(part.call->arguments.substr(i, 4));
            if (part.call->id.empty())
                part.call->id = new_id("call_");
        } else if (made.how.speaks()) {
            part.audio = to_pcm16(to_tones(part.text));
        }
        std::reverse(part.todo.begin(), part.todo.end());
    }
    plan_steps(made, pace);
    auto created = event("response.created");
    created["response"] = response_object(made, false);
    send(created);
    made.next += made.steps.empty() ? std::chrono::nanoseconds(0) : made.steps.front().after;
    answers_.push_back(std::move(made));
}

/// Decides what to answer.
FOUNDRY_DECL void realtime_session::think(running_answer& made, answer_pace& pace)
{
    auto const items = items_for(made);
    for (auto const& item : items) {
        made.input_audio_tokens += item.audio_ms / 100;
        made.input_text_tokens += item.audio_ms == 0 ? pieces_of(text_of_item(item)).size() + 4 : 4;
    }
    made.input_text_tokens += pieces_of(made.how.instructions()).size();
    if (auto given = scripted_()) {
        answer_reader const reader(std::move(*given));
        made.hangs = reader.hangs();
        pace.before = reader.delay();
        pace.every = reader.pace();
        if (reader.status() < 400)
            return add_parts(made, scripted_completion(reader));
        boost::system::error_code failed;
        auto const body = json::parse(reader.body(), failed);
        auto const error = failed || !body.is_object() ? json::object() : object_of(body.get_object(), "error");
        json::object inner;
        inner["type"] = text_of(error, "type").value_or("server_error");
        inner["code"] = error.contains("code") ? error.at("code") : json::value();
        inner["message"] = text_of(error, "message").value_or("The server had an error while processing your request.");
        json::object details;
        details["type"] = "failed";
        details["error"] = std::move(inner);
        made.status = "failed";
        made.status_details = std::move(details);
        return;
    }
    auto const request = chat_request_of(made, items);
    chat_model const thinker(request);
    json::object details;
    details["type"] = "incomplete";
    if (config_.dialect() != realtime_dialect::openai &&
        lower(thinker.prompt()).find("jailbreak") != std::string::npos) {
        details["reason"] = "content_filter";
        made.status = "incomplete";
        made.status_details = std::move(details);
        return;
    }
    auto said = thinker.answer(0, false);
    if (said.finish_reason == "length") {
        details["reason"] = "max_output_tokens";
        made.status = "incomplete";
        made.status_details = std::move(details);
    }
    if (!said.calls.empty() && options_.message_with_calls)
        said.content = "One moment, I will look that up for you.";
    add_parts(made, std::move(said));
}

FOUNDRY_DECL void realtime_session::add_parts(running_answer& made, completion said)
{
    if (!said.content.empty() || said.calls.empty()) {
        answer_part part;
        part.text = said.content;
        part.pieces = std::move(said.pieces);
        if (config_.dialect() == realtime_dialect::openai)
            part.phase = said.calls.empty() ? "final_answer" : "commentary";
        made.parts.push_back(std::move(part));
    }
    for (auto& call : said.calls) {
        answer_part part;
        part.call = std::move(call);
        made.parts.push_back(std::move(part));
    }
}

FOUNDRY_DECL std::optional<realtime_session::time_point> realtime_session::next_step() const
{
    std::optional<time_point> first;
    for (auto const& one : answers_) {
        if (!one.steps.empty() && (!first || one.next < *first))
            first = one.next;
    }
    return first;
}

FOUNDRY_DECL void realtime_session::run(time_point now)
{
    for (auto next = next_step(); next && *next <= now; next = next_step()) {
        for (auto& one : answers_) {
            if (one.steps.empty() || one.next != *next)
                continue;
            step(one);
            break;
        }
        forget_finished();
    }
}

FOUNDRY_DECL void realtime_session::forget_finished()
{
    std::erase_if(answers_, [](running_answer const& one) { return one.steps.empty() && !one.hangs; });
}

FOUNDRY_DECL void realtime_session::step(running_answer& made)
{
    auto const now = made.steps.front();
    made.steps.pop_front();
    if (!made.steps.empty())
        made.next += made.steps.front().after;
    switch (now.what) {
    case answer_step::kind::transcription:
        return transcribe(made.transcribed);
    case answer_step::kind::add:
        return add_part(made, made.parts[now.part], now.part);
    case answer_step::kind::text:
        return send_text(made, made.parts[now.part], now.part);
    case answer_step::kind::audio:
        return send_audio(made, made.parts[now.part], now.part, now.size);
    case answer_step::kind::finish:
        return finish_part(made, made.parts[now.part], now.part);
    case answer_step::kind::done:
        return finish(made);
    }
}

FOUNDRY_DECL json::object realtime_session::part_event(std::string_view type, running_answer const& made,
                                                       answer_part const& part, std::size_t index)
{
    auto one = event(type);
    one["response_id"] = made.id;
    one["item_id"] = part.item_id;
    one["output_index"] = index;
    if (part.call)
        one["call_id"] = part.call->id;
    else
        one["content_index"] = 0;
    return one;
}

/// The part of a message in events about parts: its type has another name there than in items.
FOUNDRY_DECL json::object realtime_session::part_content(running_answer const& made, answer_part const& part) const
{
    json::object content;
    content["type"] = made.how.speaks() ? "audio" : "text";
    content[made.how.speaks() ? "transcript" : "text"] = part.sent_text;
    return content;
}

/// An item as far as it has come.
FOUNDRY_DECL json::object realtime_session::item_of(running_answer const& made, answer_part const& part) const
{
    json::object item;
    item["id"] = part.item_id;
    item["type"] = part.call ? "function_call" : "message";
    item["status"] = part.status;
    if (part.call) {
        item["name"] = part.call->name;
        item["call_id"] = part.call->id;
        item["arguments"] = part.sent_text;
        return item;
    }
    json::array content;
    if (part.is_done()) {
        json::object one;
        one["type"] = made.how.speaks() ? "output_audio" : "output_text";
        one[made.how.speaks() ? "transcript" : "text"] = part.sent_text;
        content.push_back(std::move(one));
    }
    item["role"] = "assistant";
    item["content"] = std::move(content);
    if (!part.phase.empty())
        item["phase"] = part.phase;
    return item;
}

FOUNDRY_DECL void realtime_session::add_part(running_answer& made, answer_part& part, std::size_t index)
{
    part.is_added = true;
    auto const item = item_of(made, part);
    auto added = event("response.output_item.added");
    added["response_id"] = made.id;
    added["output_index"] = index;
    added["item"] = in_dialect(item, config_.is_preview());
    send(added);
    if (made.in_conversation) {
        realtime_item kept;
        kept.body = item;
        items_.append(std::move(kept));
        send_item(config_.is_preview() ? "conversation.item.created" : "conversation.item.added", item,
                  items_.before(part.item_id));
    }
    if (part.call)
        return;
    auto content = part_event("response.content_part.added", made, part, index);
    content["part"] = part_content(made, part);
    if (config_.dialect() == realtime_dialect::azure)
        content["content"] = part_content(made, part);
    send(content);
}

/// The name of an event about text or audio.
FOUNDRY_DECL std::string output_event(std::string_view what, std::string_view end, bool is_preview)
{
    return "response." + std::string(is_preview ? "" : "output_") + std::string(what) + "." + std::string(end);
}

/// Adds a delta, and letters that hide its length.
FOUNDRY_DECL void realtime_session::send_obfuscated(json::object made, std::string const& delta)
{
    constexpr std::size_t block = 16;
    made["delta"] = delta;
    if (!config_.is_preview()) {
        auto letters = in_hex(hash_of(delta + std::to_string(ids_)));
        letters.resize(block - delta.size() % block, 'x');
        made["obfuscation"] = letters;
    }
    send(made);
}

FOUNDRY_DECL void realtime_session::send_text(running_answer& made, answer_part& part, std::size_t index)
{
    auto const delta = part.todo.back();
    part.todo.pop_back();
    part.sent_text += delta;
    auto const type =
        part.call ? std::string("response.function_call_arguments.delta")
                  : output_event(made.how.speaks() ? "audio_transcript" : "text", "delta", config_.is_preview());
    send_obfuscated(part_event(type, made, part, index), delta);
}

FOUNDRY_DECL void realtime_session::send_audio(running_answer& made, answer_part& part, std::size_t index,
                                               std::size_t size)
{
    auto delta = part_event(output_event("audio", "delta", config_.is_preview()), made, part, index);
    delta["delta"] = base64(std::string_view(part.audio).substr(part.sent_audio, size));
    part.sent_audio += size;
    send(delta);
}

/// The last events of an item, complete or not.
FOUNDRY_DECL void realtime_session::finish_part(running_answer& made, answer_part& part, std::size_t index)
{
    bool const is_preview = config_.is_preview();
    part.status = part.is_complete() && made.status == "completed" ? "completed" : "incomplete";
    if (part.call) {
        auto done = part_event("response.function_call_arguments.done", made, part, index);
        done["name"] = part.call->name;
        done["arguments"] = part.sent_text;
        send(done);
    } else if (made.how.speaks()) {
        send(part_event(output_event("audio", "done", is_preview), made, part, index));
        auto done = part_event(output_event("audio_transcript", "done", is_preview), made, part, index);
        done["transcript"] = part.sent_text;
        send(done);
    } else {
        auto done = part_event(output_event("text", "done", is_preview), made, part, index);
        done["text"] = part.sent_text;
        send(done);
    }
    if (!part.call) {
        auto content = part_event("response.content_part.done", made, part, index);
        content["part"] = part_content(made, part);
        if (config_.dialect() == realtime_dialect::azure)
            content["content"] = part_content(made, part);
        send(content);
    }
    auto const item = item_of(made, part);
    if (made.in_conversation) {
        if (auto* const kept = items_.find(part.item_id)) {
            kept->body = item;
            kept->spoken = part.call ? std::string() : part.sent_text;
            kept->audio_ms = part.sent_audio / bytes_per_ms;
        }
        if (!is_preview)
            send_item("conversation.item.done", item, items_.before_at_end(part.item_id));
    }
    auto done = event("response.output_item.done");
    done["response_id"] = made.id;
    done["output_index"] = index;
    done["item"] = in_dialect(item, is_preview);
    send(done);
}

FOUNDRY_DECL json::object realtime_session::usage_of(running_answer const& made) const
{
    std::size_t text = 0;
    std::size_t audio = 0;
    for (auto const& part : made.parts) {
        text += part.call ? tokens_before_arguments + part.sent_text.size() / 4 : pieces_of(part.sent_text).size();
        audio += part.sent_audio / bytes_per_ms / 50;
    }
    json::object cached;
    json::object input;
    json::object output;
    json::object made_usage;
    for (char const* const name : {"text_tokens", "audio_tokens", "image_tokens"})
        cached[name] = 0;
    input["text_tokens"] = made.input_text_tokens;
    input["audio_tokens"] = made.input_audio_tokens;
    input["image_tokens"] = 0;
    input["cached_tokens"] = 0;
    input["cached_tokens_details"] = std::move(cached);
    output["text_tokens"] = text;
    output["audio_tokens"] = audio;
    auto const inputs = made.input_text_tokens + made.input_audio_tokens;
    made_usage["total_tokens"] = inputs + text + audio;
    made_usage["input_tokens"] = inputs;
    made_usage["output_tokens"] = text + audio;
    made_usage["input_token_details"] = std::move(input);
    made_usage["output_token_details"] = std::move(output);
    return made_usage;
}

FOUNDRY_DECL json::object realtime_session::response_object(running_answer const& made, bool ended) const
{
    json::array output;
    for (auto const& part : made.parts) {
        if (ended && part.is_added)
            output.push_back(in_dialect(item_of(made, part), config_.is_preview()));
    }
    json::object response;
    response["object"] = "realtime.response";
    response["id"] = made.id;
    response["status"] = ended ? made.status : std::string("in_progress");
    response["status_details"] = ended ? made.status_details : json::value();
    response["output"] = std::move(output);
    response["conversation_id"] = made.in_conversation ? json::value(json::string(conversation_id_)) : json::value();
    made.how.add_to_response(response);
    response["usage"] = ended ? json::value(usage_of(made)) : json::value();
    response["metadata"] = made.metadata;
    return response;
}

/// The end of a response. A compatible server also says what is left of its limits.
FOUNDRY_DECL void realtime_session::finish(running_answer& made)
{
    auto done = event("response.done");
    done["response"] = response_object(made, true);
    send(done);
    if (config_.dialect() != realtime_dialect::openai)
        return;
    json::object tokens;
    tokens["name"] = "tokens";
    tokens["limit"] = 15000000;
    tokens["remaining"] = 14998954;
    tokens["reset_seconds"] = 0.004;
    auto limits = event("rate_limits.updated");
    limits["rate_limits"] = json::array(1, std::move(tokens));
    send(limits);
}

/// Ends a response at once: its items stay incomplete. The transcription of the user's speech comes nevertheless.
FOUNDRY_DECL void realtime_session::cancel(running_answer& made, std::string_view reason)
{
    json::object details;
    details["type"] = "cancelled";
    details["reason"] = reason;
    made.status = "cancelled";
    made.status_details = std::move(details);
    bool const transcribes = std::any_of(made.steps.begin(), made.steps.end(), [](answer_step const& one) {
        return one.what == answer_step::kind::transcription;
    });
    made.steps.clear();
    made.hangs = false;
    for (std::size_t i = 0; i < made.parts.size(); ++i) {
        if (made.parts[i].is_added && !made.parts[i].is_done())
            finish_part(made, made.parts[i], i);
    }
    finish(made);
    if (transcribes)
        transcribe(made.transcribed);
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
