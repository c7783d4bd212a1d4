// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/ids.ipp>
#include <foundry/testing/impl/realtime_answer.ipp>
#include <foundry/testing/impl/realtime_backend.hpp>
#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The dialect of a form of address.
FOUNDRY_DECL realtime_dialect dialect_of(form kind)
{
    return kind == form::dated        ? realtime_dialect::preview
           : kind == form::compatible ? realtime_dialect::openai
                                      : realtime_dialect::azure;
}

/// A realtime session without its connection: takes the client's events and makes the server's. Independent of sockets and clocks. Used by
/// one thread.
class realtime_session
{
public:
    using time_point = running_answer::time_point;
    using answer_source = std::function<std::optional<answer>()>;

    realtime_session(realtime_opening const& opening, emulator_options const& emulator, realtime_options const& options,
                     std::uint64_t number, answer_source scripted);

    void begin(std::int64_t expires_at);                  ///< The first events.
    void receive(std::string_view event, time_point now); ///< An event of the client.
    void refuse_binary();                                 ///< A message that is not text.
    void run(time_point now);                             ///< The steps of responses that are due.
    std::optional<time_point> next_step() const;          ///< Time of the next one.
    std::deque<std::string>& outbox() { return outbox_; } ///< Events to send.
    bool has_events() const { return !outbox_.empty(); }

private:
    using handler = void (realtime_session::*)(json::object const&, time_point);

    void dispatch(json::object const& event, time_point now);
    void update_session(json::object const& event, time_point now);
    void append_audio(json::object const& event, time_point now);
    void commit_audio(json::object const& event, time_point now);
    void clear_audio(json::object const& event, time_point now);
    void create_item(json::object const& event, time_point now);
    void retrieve_item(json::object const& event, time_point now);
    void delete_item(json::object const& event, time_point now);
    void truncate_item(json::object const& event, time_point now);
    void create_response(json::object const& event, time_point now);
    void cancel_response(json::object const& event, time_point now);

    void detect(time_point now);
    void keep_speech(std::string audio, bool answers, time_point now);
    void transcribe(std::string const& item_id);
    void start(running_answer made, std::optional<std::string> transcribed, time_point now);
    void think(running_answer& made, answer_pace& pace);
    void add_parts(running_answer& made, completion said);
    std::deque<realtime_item> items_for(running_answer& made);
    void step(running_answer& made);
    void add_part(running_answer& made, answer_part& part, std::size_t index);
    void send_text(running_answer& made, answer_part& part, std::size_t index);
    void send_audio(running_answer& made, answer_part& part, std::size_t index, std::size_t size);
    void finish_part(running_answer& made, answer_part& part, std::size_t index);
    void finish(running_answer& made);
    void cancel(running_answer& made, std::string_view reason);
    void forget_finished();
    running_answer* active();

    json::object event(std::string_view type);
    json::object part_event(std::string_view type, running_answer const& made, answer_part const& part,
                            std::size_t index);
    json::object item_of(running_answer const& made, answer_part const& part) const;
    json::object part_content(running_answer const& made, answer_part const& part) const;
    json::object response_object(running_answer const& made, bool ended) const;
    json::object usage_of(running_answer const& made) const;
    void add_item(realtime_item item, std::optional<std::string> const& previous, bool at_end);
    void send(json::object const& event);
    void send_item(std::string_view type, json::object const& item, json::value const& previous);
    void send_obfuscated(json::object event, std::string const& delta);
    void send_error(json::object error, json::value event_id);
    std::string new_id(std::string_view lead);
    realtime_item& known_item(json::object const& event, std::string_view verb);

    emulator_options const& emulator_;
    realtime_options const& options_;
    answer_source scripted_;
    std::uint64_t ids_;
    bool wrong_key_;
    realtime_config config_;
    std::string id_;
    std::string conversation_id_;
    std::string speech_item_id_; ///< Of the speech that has begun.
    std::int64_t expires_at_ = 0;
    realtime_items items_;
    speech_detector input_;
    std::deque<running_answer> answers_;
    std::deque<std::string> outbox_;
};

FOUNDRY_DECL realtime_session::realtime_session(realtime_opening const& opening, emulator_options const& emulator,
                                                realtime_options const& options, std::uint64_t number,
                                                answer_source scripted)
    : emulator_(emulator),
      options_(options),
      scripted_(std::move(scripted)),
      ids_(number * 1'000'000'000),
      wrong_key_(opening.wrong_key),
      config_(dialect_of(opening.kind), opening.only_transcribes, opening.deployment)
{
    id_ = new_id("sess_");
    conversation_id_ = new_id("conv_");
    if (!opening.configuration.empty() && !config_.is_preview()) // the preview has no such keys
        config_.update(opening.configuration, path_to("session"));
    input_.configure(config_.detection());
}

FOUNDRY_DECL std::string realtime_session::new_id(std::string_view lead) { return make_id(lead, ++ids_); }

FOUNDRY_DECL json::object realtime_session::event(std::string_view type)
{
    json::object made;
    made["type"] = type;
    made["event_id"] = new_id("event_");
    return made;
}

FOUNDRY_DECL void realtime_session::send(json::object const& event) { outbox_.push_back(json_text(event)); }

FOUNDRY_DECL void realtime_session::send_error(json::object error, json::value event_id)
{
    json::object inner;
    for (char const* const name : {"type", "code", "message", "param"})
        inner[name] = error.contains(name) ? error.at(name) : json::value();
    inner["event_id"] = std::move(event_id);
    auto made = event("error");
    made["error"] = std::move(inner);
    send(made);
}

FOUNDRY_DECL void realtime_session::begin(std::int64_t expires_at)
{
    expires_at_ = expires_at;
    if (wrong_key_) {
        json::object error;
        error["type"] = "invalid_request_error";
        error["code"] = "invalid_api_key";
        error["message"] = "Incorrect API key provided. You can find your API key at "
                           "https://platform.openai.com/account/api-keys.";
        return send_error(std::move(error), nullptr);
    }
    auto created = event("session.created");
    created["session"] = config_.session_object(id_, expires_at_);
    send(created);
    if (!config_.is_preview())
        return;
    json::object conversation;
    conversation["id"] = conversation_id_;
    conversation["object"] = "realtime.conversation";
    auto begun = event("conversation.created");
    begun["conversation"] = std::move(conversation);
    send(begun);
}

FOUNDRY_DECL void realtime_session::refuse_binary()
{
    json::object error;
    error["type"] = "invalid_request_error";
    error["code"] = "invalid_message";
    error["message"] = "Binary messages are not supported.";
    send_error(std::move(error), nullptr);
}

FOUNDRY_DECL void realtime_session::receive(std::string_view text, time_point now)
{
    boost::system::error_code failed;
    auto const parsed = json::parse(text, failed);
    json::value id;
    try {
        if (failed || !parsed.is_object())
            realtime_errors().bad_request("The event is not a JSON object.", "invalid_json", nullptr);
        if (auto const given = text_of(parsed.get_object(), "event_id"))
            id = json::string(*given);
        dispatch(parsed.get_object(), now);
        run(now);
    } catch (refusal const& refused) {
        auto body = json::parse(refused.as_reply().parts.front());
        send_error(std::move(body.at("error").as_object()), std::move(id));
    } catch (std::exception const& broken) { // such as an answer of the test that is no chat
        json::object error;
        error["type"] = "server_error";
        error["message"] = broken.what();
        send_error(std::move(error), std::move(id));
    }
}

FOUNDRY_DECL void realtime_session::dispatch(json::object const& given, time_point now)
{
    static constexpr std::array<std::pair<std::string_view, handler>, 11> handlers = {{
        {"session.update", &realtime_session::update_session},
        {"input_audio_buffer.append", &realtime_session::append_audio},
        {"input_audio_buffer.commit", &realtime_session::commit_audio},
        {"input_audio_buffer.clear", &realtime_session::clear_audio},
        {"conversation.item.create", &realtime_session::create_item},
        {"conversation.item.retrieve", &realtime_session::retrieve_item},
        {"conversation.item.delete", &realtime_session::delete_item},
        {"conversation.item.truncate", &realtime_session::truncate_item},
        {"response.create", &realtime_session::create_response},
        {"response.cancel", &realtime_session::cancel_response},
        {"transcription_session.update", &realtime_session::update_session},
    }};
    auto const& type = require(given, "type", realtime_errors());
    std::vector<std::string_view> names;
    for (auto const& [name, call] : handlers) {
        if (type == json::value(json::string(name)))
            return (this->*call)(given, now);
        names.push_back(name);
    }
    check_choice(type, names, path_to("type"));
}

FOUNDRY_DECL void realtime_session::update_session(json::object const& given, time_point now)
{
    auto const at = path_to("session");
    auto const& wanted = require(given, "session", realtime_errors());
    config_.update(require_object(wanted, at, realtime_errors()), at);
    input_.configure(config_.detection());
    auto updated = event("session.updated");
    updated["session"] = config_.session_object(id_, expires_at_);
    send(updated);
    detect(now);
}

// ---- Audio of the user

FOUNDRY_DECL void realtime_session::append_audio(json::object const& given, time_point now)
{
    constexpr std::size_t max_size = 15 * 1024 * 1024;
    auto const audio = read_audio(require(given, "audio", realtime_errors()), path_to("audio"));
    if (audio.size() > max_size || input_.size() + audio.size() > 4 * max_size)
        realtime_errors().bad_request("The input audio buffer is full.", "input_audio_buffer_full", "audio");
    input_.append(audio);
    detect(now);
}

/// Reacts to the beginnings and ends of speech in the audio so far.
FOUNDRY_DECL void realtime_session::detect(time_point now)
{
    while (auto found = input_.next()) {
        if (found->started) {
            speech_item_id_ = new_id("item_");
            auto started = event("input_audio_buffer.speech_started");
            started["audio_start_ms"] = found->ms;
            started["item_id"] = speech_item_id_;
            send(started);
            if (auto* const interrupted = active(); interrupted && config_.detects("interrupt_response"))
                cancel(*interrupted, "turn_detected");
            forget_finished();
            continue;
        }
        auto stopped = event("input_audio_buffer.speech_stopped");
        stopped["audio_end_ms"] = found->ms;
        stopped["item_id"] = speech_item_id_;
        send(stopped);
        keep_speech(std::move(found->audio), config_.detects("create_response"), now);
        run(now);
    }
}

FOUNDRY_DECL void realtime_session::commit_audio(json::object const&, time_point now)
{
    constexpr std::size_t min_ms = 100;
    if (input_.size() < min_ms * bytes_per_ms) {
        auto const hundredths = input_.size() * 100 / bytes_per_ms;
        auto const fraction = std::to_string(100 + hundredths % 100).substr(1);
        realtime_errors().bad_request(
            "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only "
            "has " +
                std::to_string(hundredths / 100) + "." + fraction + "ms of audio.",
            "input_audio_buffer_commit_empty", nullptr);
    }
    if (!input_.is_speaking())
        speech_item_id_ = new_id("item_");
    keep_speech(input_.take(), false, now);
}

FOUNDRY_DECL void realtime_session::clear_audio(json::object const&, time_point)
{
    input_.take();
    send(event("input_audio_buffer.cleared"));
}

/// Makes an item of speech, and an answer to it if it is wanted and none is in progress.
FOUNDRY_DECL void realtime_session::keep_speech(std::string audio, bool answers, time_point now)
{
    realtime_item item;
    auto const id = speech_item_id_;
    item.audio_ms = audio.size() / bytes_per_ms;
    item.spoken = heard_in(audio);
    json::object part;
    part["type"] = "input_audio";
    part["transcript"] = nullptr;
    item.body["id"] = id;
    item.body["type"] = "message";
    item.body["status"] = "completed";
    item.body["role"] = "user";
    item.body["content"] = json::array(1, std::move(part));
    auto committed = event("input_audio_buffer.committed");
    committed["previous_item_id"] =
        items_.size() == 0 ? json::value() : json::value(json::string(items_.all().back().id()));
    committed["item_id"] = id;
    send(committed);
    add_item(std::move(item), std::nullopt, true);
    if (answers && !active() && !config_.only_transcribes())
        start(running_answer(config_), id, now);
    else
        transcribe(id);
}

/// Sends the transcription of an item, if the session has transcriptions.
FOUNDRY_DECL void realtime_session::transcribe(std::string const& item_id)
{
    auto* const item = items_.find(item_id);
    if (!item || config_.transcription().is_null())
        return;
    std::string const model(config_.transcription().at("model").as_string());
    auto about = [&](std::string_view what) {
        auto made = event("conversation.item.input_audio_transcription." + std::string(what));
        made["item_id"] = item_id;
        made["content_index"] = 0;
        return made;
    };
    if (!contains(emulator_.transcription_deployments, model)) {
        json::object error;
        error["type"] = "server_error";
        error["code"] = "DeploymentNotFound";
        error["message"] = "Input transcription failed for item '" + item_id + "'.";
        error["param"] = nullptr;
        auto failed = about("failed");
        failed["error"] = std::move(error);
        return send(failed);
    }
    auto const words = pieces_of(item->spoken);
    for (auto const& word : words)
        send_obfuscated(about("delta"), word);
    auto completed = about("completed");
    completed["transcript"] = item->spoken;
    json::object usage;
    if (model.find("whisper") != std::string::npos) {
        usage["type"] = "duration";
        usage["seconds"] = (item->audio_ms + 999) / 1000;
    } else {
        json::object details;
        details["text_tokens"] = 0;
        details["audio_tokens"] = item->audio_ms / 100;
        usage["type"] = "tokens";
        usage["total_tokens"] = item->audio_ms / 100 + words.size();
        usage["input_tokens"] = item->audio_ms / 100;
        usage["input_token_details"] = std::move(details);
        usage["output_tokens"] = words.size();
    }
    completed["usage"] = std::move(usage);
    item->body.at("content").as_array().front().as_object()["transcript"] = item->spoken;
    send(completed);
}

// ---- Items

FOUNDRY_DECL void realtime_session::send_item(std::string_view type, json::object const& item,
                                              json::value const& previous)
{
    auto made = event(type);
    made["previous_item_id"] = previous;
    made["item"] = in_dialect(item, config_.is_preview());
    send(made);
}

/// Inserts a complete item, and says so. `previous` is empty for the front.
FOUNDRY_DECL void realtime_session::add_item(realtime_item item, std::optional<std::string> const& previous,
                                             bool at_end)
{
    auto const body = item.body;
    auto const id = item.id();
    if (at_end)
        items_.append(std::move(item));
    else
        items_.insert_after(previous, std::move(item));
    auto const before = items_.before(id);
    send_item(config_.is_preview() ? "conversation.item.created" : "conversation.item.added", body, before);
    if (!config_.is_preview())
        send_item("conversation.item.done", body, before);
}

FOUNDRY_DECL void realtime_session::create_item(json::object const& given, time_point)
{
    auto const say = realtime_errors();
    auto const at = path_to("item");
    auto item = read_item(require_object(require(given, "item", say), at, say), config_.is_preview(), path_to("item"));
    if (!item.body.contains("id")) {
        json::object with_id;
        with_id["id"] = new_id("item_");
        for (auto const& entry : item.body)
            with_id[entry.key()] = entry.value();
        item.body = std::move(with_id);
    }
    if (items_.find(item.id()))
        say.bad_request("Error adding item: the item with id '" + item.id() + "' already exists in the conversation.",
                        "item_create_duplicate_item_id", nullptr);
    if (item.is("function_call_output") && !items_.has_call(*text_of(item.body, "call_id")))
        say.bad_request("Tool call ID '" + std::string(*text_of(item.body, "call_id")) + "' not found in conversation.",
                        "invalid_tool_call_id", nullptr);
    auto const previous = text_of(given, "previous_item_id");
    if (previous && *previous != "root" && !items_.find(*previous))
        say.bad_request("Error adding item: the previous item with id '" + std::string(*previous) + "' does not exist.",
                        "item_create_invalid_previous_item_id", nullptr);
    bool const at_front = previous == "root";
    add_item(std::move(item), at_front ? std::nullopt : std::optional<std::string>(previous.value_or("")), !previous);
}

FOUNDRY_DECL realtime_item& realtime_session::known_item(json::object const& given, std::string_view verb)
{
    auto const& id = require(given, "item_id", realtime_errors());
    auto* const found = id.is_string() ? items_.find(id.get_string()) : nullptr;
    if (!found)
        realtime_errors().bad_request("Error with item: the item with id '" +
                                          (id.is_string() ? std::string(id.get_string()) : json_text(id)) +
                                          "' does not exist.",
                                      "item_" + std::string(verb) + "_invalid_item_id", nullptr);
    return *found;
}

FOUNDRY_DECL void realtime_session::retrieve_item(json::object const& given, time_point)
{
    auto const& item = known_item(given, "retrieve");
    auto made = event("conversation.item.retrieved");
    made["item"] = in_dialect(item.body, config_.is_preview());
    send(made);
}

FOUNDRY_DECL void realtime_session::delete_item(json::object const& given, time_point)
{
    auto const id = known_item(given, "delete").id();
    items_.erase(id);
    auto made = event("conversation.item.deleted");
    made["item_id"] = id;
    send(made);
}

/// Shortens what was spoken; its transcript is removed, because the service does not know which words were heard.
FOUNDRY_DECL void realtime_session::truncate_item(json::object const& given, time_point)
{
    auto const say = realtime_errors();
    auto& item = known_item(given, "truncate");
    auto const end = count_of(given, "audio_end_ms");
    require(given, "audio_end_ms", say);
    if (!end)
        say.wrong_type(path_to("audio_end_ms"), "an integer", given.at("audio_end_ms"));
    if (count_of(given, "content_index").value_or(0) != 0)
        say.bad_value(path_to("content_index"), "the item has no such content.", given.at("content_index"));
    if (text_of(item.body, "role") != "assistant" || item.audio_ms == 0)
        say.bad_request("Only model output audio messages can be truncated", "unsupported_content_type", nullptr);
    if (*end > item.audio_ms)
        say.bad_request("Audio content of " + std::to_string(item.audio_ms) + "ms is already shorter than " +
                            std::to_string(*end) + "ms",
                        "invalid_value", "audio_end_ms");
    item.audio_ms = *end;
    item.spoken = first_bytes(item.spoken, *end * bytes_per_ms / (samples_per_tone * 2));
    auto made = event("conversation.item.truncated");
    made["item_id"] = item.id();
    made["content_index"] = 0;
    made["audio_end_ms"] = *end;
    for (auto& part : item.body.at("content").as_array())
        part.as_object().erase("transcript");
    send(made);
}

// ---- Responses

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
    auto const& list = made.input.get_array();
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const at = inside(inside(path_to("response"), "input"), i);
        auto const& one = require_object(list[i], at, realtime_errors());
        if (text_of(one, "type") != "item_reference") {
            items.push_back(read_item(one, config_.is_preview(), at));
            continue;
        }
        json::object reference;
        reference["item_id"] = require(one, "id", at, realtime_errors());
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
    delta["delta"] = foundry::detail::to_base64(std::string_view(part.audio).substr(part.sent_audio, size));
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
