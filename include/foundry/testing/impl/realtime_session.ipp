// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/realtime_session.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

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
    auto const say = realtime_errors();
    auto const& type = require(given, "type", say);
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
    auto const say = realtime_errors();
    auto const& wanted = require(given, "session", say);
    config_.update(require_object(wanted, at, say), at);
    input_.configure(config_.detection());
    auto updated = event("session.updated");
    updated["session"] = config_.session_object(id_, expires_at_);
    send(updated);
    detect(now);
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
