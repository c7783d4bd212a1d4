// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/realtime_session.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

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

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
