// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/detail/operations/speech_stream_state.hpp>
#include <foundry/detail/operations/transcription_stream_state.hpp>
#include <foundry/speech.hpp>

#include <exception>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// The deployment that a request names, or else the endpoint.
inline std::string deployment_of(client_state const& state, std::string const& named)
{
    std::string const& deployment = named.empty() ? state.target.endpoint.deployment() : named;
    if (deployment.empty())
        throw error(errc::invalid_argument, "model is empty; name a deployment");
    return deployment;
}

// Speech to text

inline multipart make_form(transcription_request const& what, std::string const& deployment,
                           std::shared_ptr<http::byte_source> audio, bool is_stream)
{
    multipart form;
    form.add("model", deployment);
    std::pair<char const*, std::optional<std::string> transcription_request::*> const texts[] = {
        {"language", &transcription_request::language},
        {"prompt", &transcription_request::prompt},
        {"response_format", &transcription_request::response_format},
        {"chunking_strategy", &transcription_request::chunking_strategy}};
    for (auto const& [name, member] : texts) {
        if (what.*member)
            form.add(name, *(what.*member));
    }
    if (what.temperature)
        form.add("temperature", json::to_text(*what.temperature));
    std::pair<char const*, std::vector<std::string> transcription_request::*> const lists[] = {
        {"timestamp_granularities[]", &transcription_request::timestamp_granularities},
        {"include[]", &transcription_request::include},
        {"known_speaker_names[]", &transcription_request::known_speaker_names},
        {"known_speaker_references[]", &transcription_request::known_speaker_references}};
    for (auto const& [name, member] : lists) {
        for (std::string const& each : what.*member)
            form.add(name, each);
    }
    for (auto const& [name, value] : what.extra)
        form.add(name, value);
    if (is_stream)
        form.add("stream", "true");
    form.add_source("file", what.file_name, what.media_type, std::move(audio));
    return form;
}

inline bool is_text_format(transcription_request const& what)
{
    return what.response_format == "text" || what.response_format == "srt" || what.response_format == "vtt";
}

/// An error found here is kept for the coroutine to throw.
inline std::shared_ptr<pending_request> prepare_form(std::shared_ptr<client_state> state, std::string_view path,
                                                     transcription_request const& what,
                                                     std::shared_ptr<http::byte_source> audio, response_form form,
                                                     call_options const& with)
{
    http::request_body body;
    std::string deployment;
    std::exception_ptr failed;
    try {
        deployment = deployment_of(*state, what.model);
        if (audio->size() == 0)
            throw error(errc::invalid_argument,
                        "the file " + what.file_name + " is empty; there is nothing to transcribe");
        bool const is_stream = form == response_form::events;
        body = make_form(what, deployment, std::move(audio), is_stream).as_request();
    } catch (...) {
        failed = std::current_exception();
    }
    std::shared_ptr<pending_request> request =
        prepare_call(std::move(state), route{"POST", path}.deployment(deployment), with, form, std::move(body));
    if (failed)
        request->validation_error = failed;
    return request;
}

/// Takes what is not JSON as the text, if it may be that.
class transcription_sink final : public json_sink
{
public:
    explicit transcription_sink(transcription& reply, bool may_be_text)
        : json_sink({&reply, &json::type_of<transcription>::value}, &reply.raw_storage()),
          reply_(reply),
          may_be_text_(may_be_text)
    {}

    void finish(pending_request const& request, response_info const& info) override
    {
        if (!may_be_text_ || has_json(info))
            return json_sink::finish(request, info);
        throw_service_error_in(reply_.raw(), request.context(), info);
        std::string all = std::move(reply_.raw_storage());
        reply_ = transcription(); // without what looked like JSON
        reply_.text = all;
        reply_.raw_storage() = std::move(all);
    }

private:
    std::string missing() const override
    {
        bool const has_text = !reply_.text.empty() || has_text_member(reply_.raw()); // of silence it is empty
        return has_text ? "" : "the answer has no text";
    }

    transcription& reply_;
    bool may_be_text_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<transcription>
fetch_transcription(std::shared_ptr<pending_request> request, bool may_be_text)
{
    transcription reply;
    transcription_sink body(reply, may_be_text);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    if (head.observer)
        head.observer->note_json(body.text());
    reply.set_info(std::move(head.info));
    co_return reply;
}

inline boost::asio::awaitable<transcription> transcribe(std::shared_ptr<client_state> state, std::string_view path,
                                                        transcription_request const& what,
                                                        std::shared_ptr<http::byte_source> audio,
                                                        call_options const& with)
{
    bool const may_be_text = is_text_format(what);
    response_form const form = may_be_text ? response_form::bytes : response_form::json;
    return fetch_transcription(prepare_form(std::move(state), path, what, std::move(audio), form, with), may_be_text);
}

/// The values of a response as they arrive.
template <class State>
FOUNDRY_CORO async_generator<typename State::value_type> stream_values(std::shared_ptr<pending_request> request)
{
    open_response response;
    co_await send_with_retries(*request, nullptr, response);
    State state(std::move(*request), std::move(response));
    for (;;) {
        typename State::value_type const* const value = co_await read_from(&state);
        if (value == nullptr)
            break;
        co_yield *value;
    }
}

// Text to speech

inline void check_speech(speech_request const& what)
{
    if (what.input.empty())
        throw error(errc::invalid_argument, "input is empty; pass the words to say");
    if (what.voice.empty())
        throw error(errc::invalid_argument, "voice is empty; name one, such as alloy");
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<transcription> speech::transcribe(transcription_request what,
                                                                      call_options const& with) const
{
    return detail::transcribe(state_, "audio/transcriptions", what, what.audio_, with);
}
FOUNDRY_DECL boost::asio::awaitable<transcription> speech::transcribe(transcription_request what) const
{
    return transcribe(std::move(what), call_options());
}

FOUNDRY_DECL boost::asio::awaitable<transcription> speech::translate(transcription_request what,
                                                                     call_options const& with) const
{
    return detail::transcribe(state_, "audio/translations", what, what.audio_, with);
}
FOUNDRY_DECL boost::asio::awaitable<transcription> speech::translate(transcription_request what) const
{
    return translate(std::move(what), call_options());
}

FOUNDRY_DECL async_generator<transcription_event> speech::stream(transcription_request what,
                                                                 call_options const& with) const
{
    return detail::stream_values<detail::transcription_stream_state>(
        detail::prepare_form(state_, "audio/transcriptions", what, what.audio_, detail::response_form::events, with));
}
FOUNDRY_DECL async_generator<transcription_event> speech::stream(transcription_request what) const
{
    return stream(std::move(what), call_options());
}

FOUNDRY_DECL std::shared_ptr<detail::pending_request>
speech::prepare_speech(speech_request what, call_options const& with, bool is_stream) const
{
    std::exception_ptr failed;
    try {
        what.model = detail::deployment_of(*state_, what.model);
        detail::check_speech(what);
        if (what.stream_format == "sse" && !is_stream)
            throw error(errc::invalid_argument, "stream_format is sse, whose events only stream() takes; leave it off");
    } catch (...) {
        failed = std::current_exception();
    }
    std::shared_ptr<detail::pending_request> request =
        detail::prepare_call(state_, route{"POST", "audio/speech"}, with, detail::response_form::bytes,
                             json::const_object_ref{&what, &json::type_of<speech_request>::value});
    request->is_media = true;
    if (is_stream)
        request->limit = &size_limits::download;
    if (failed)
        request->validation_error = failed;
    return request;
}

FOUNDRY_DECL boost::asio::awaitable<binary_content> speech::speak(speech_request const& what,
                                                                  call_options const& with) const
{
    return detail::fetch_bytes(prepare_speech(what, with, false));
}
FOUNDRY_DECL boost::asio::awaitable<binary_content> speech::speak(speech_request const& what) const
{
    return speak(what, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> speech::speak(speech_request const& what, std::filesystem::path const& path,
                                                        call_options const& with) const
{
    return detail::download(prepare_speech(what, with, false), path);
}
FOUNDRY_DECL boost::asio::awaitable<void> speech::speak(speech_request const& what,
                                                        std::filesystem::path const& path) const
{
    return speak(what, path, call_options());
}

FOUNDRY_DECL async_generator<speech_chunk> speech::stream(speech_request const& what, call_options const& with) const
{
    return detail::stream_values<detail::speech_stream_state>(prepare_speech(what, with, true));
}
FOUNDRY_DECL async_generator<speech_chunk> speech::stream(speech_request const& what) const
{
    return stream(what, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
