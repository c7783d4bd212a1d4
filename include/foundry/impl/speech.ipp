// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/detail/operations/byte_stream_state.hpp>
#include <foundry/detail/operations/event_stream_state.hpp>
#include <foundry/speech.hpp>

#include <boost/describe/class.hpp>

#include <exception>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline void check_named(std::string const& text, char const* member, char const* advice)
{
    if (text.empty())
        throw error(errc::invalid_argument, std::string(member) + " is empty; " + advice);
}

inline bool has_json(response_info const& info)
{
    return info.header("content-type").find("json") != std::string_view::npos;
}

// Speech to text

inline multipart make_form(transcription_request const& what, std::shared_ptr<http::byte_source> sound, bool is_stream)
{
    multipart form;
    form.add("model", what.model);
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
    form.add_source("file", what.file_name, what.media_type, std::move(sound));
    return form;
}

/// An error found here is kept for the coroutine to throw.
inline std::shared_ptr<pending_request> prepare_form(std::shared_ptr<client_state> state, std::string_view path,
                                                     transcription_request const& what,
                                                     std::shared_ptr<http::byte_source> sound, bool is_stream,
                                                     call_options const& with)
{
    http::request_body body;
    std::exception_ptr failed;
    try {
        check_named(what.model, "model", "name the deployment that hears");
        if (sound->size() == 0)
            throw error(errc::invalid_argument, "the file " + what.file_name + " is empty; there is nothing to hear");
        body = make_form(what, std::move(sound), is_stream).as_request();
    } catch (...) {
        failed = std::current_exception();
    }
    std::shared_ptr<pending_request> request =
        prepare_call(std::move(state), route{"POST", path}.deployment(what.model), with,
                     is_stream ? response_form::events : response_form::json, std::move(body));
    if (failed)
        request->validation_error = failed;
    return request;
}

inline std::string missing_text(transcription const& heard, std::string_view raw)
{
    bool const is_there = !heard.text.empty() || raw.find("\"text\"") != raw.npos; // of silence it is empty
    return is_there ? "" : "the answer has no text";
}

/// Takes what is not JSON as the text.
class transcription_sink final : public json_sink
{
public:
    explicit transcription_sink(transcription& heard, bool may_be_text)
        : json_sink({&heard, &json::type_of<transcription>::value}, &heard.raw_storage()),
          heard_(heard),
          may_be_text_(may_be_text)
    {}

    void finish(pending_request const& request, response_info const& info) override
    {
        if (!may_be_text_ || has_json(info))
            return json_sink::finish(request, info);
        std::string all = std::move(heard_.raw_storage());
        heard_ = transcription(); // without what looked like JSON
        heard_.text = all;
        heard_.raw_storage() = std::move(all);
    }

private:
    std::string missing() const override { return missing_text(heard_, heard_.raw()); }

    transcription& heard_;
    bool may_be_text_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<transcription> hear(std::shared_ptr<pending_request> request,
                                                                     bool may_be_text)
{
    transcription heard;
    transcription_sink body(heard, may_be_text);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    if (head.observer)
        head.observer->note_json(body.text());
    heard.set_info(std::move(head.info));
    co_return heard;
}

inline bool is_text_format(transcription_request const& what)
{
    return what.response_format == "text" || what.response_format == "srt" || what.response_format == "vtt";
}

/// False for an event without content.
template <class Event>
bool decode_event(json::reader& reader, Event& event, raw_event const& from)
{
    if (!from.data.starts_with('{') || from.data == "{}")
        return false;
    if (!reader.read(event, from.data))
        throw error(errc::unexpected_reply, "an event of the stream is not of the expected shape: " + reader.problem());
    return true;
}

/// The event of a service that does not stream.
inline transcription_event make_only_event(std::string const& document, error_context const& context,
                                           response_info const& info)
{
    transcription whole;
    json::reader reader;
    bool const is_read = reader.read(whole, document);
    throw_service_error_in(document, context, info);
    if (!is_read || !missing_text(whole, document).empty())
        throw_incomplete("the answer is neither a stream of events nor the text of a speech");
    transcription_event event;
    event.type = transcription_event_type::done;
    event.text = std::move(whole.text);
    event.logprobs = std::move(whole.logprobs);
    event.usage = std::move(whole.usage);
    event.extra = std::move(whole.extra);
    return event;
}

FOUNDRY_DECL FOUNDRY_CORO async_generator<transcription_event> stream_text(std::shared_ptr<pending_request> request)
{
    open_response response;
    co_await send_with_retries(*request, nullptr, response);
    if (has_json(response.info)) {
        error_context const context = request->context();
        byte_stream_state body(*request, std::move(response));
        std::string const document = co_await read_rest(body);
        co_yield make_only_event(document, context, body.info());
        co_return;
    }
    event_stream_state events(std::move(*request), std::move(response));
    json::reader reader;
    for (;;) {
        raw_event const* const from = co_await read_from(&events);
        if (from == nullptr)
            break;
        transcription_event event;
        if (decode_event(reader, event, *from))
            co_yield std::move(event);
    }
}

// Text to speech

/// An event of speech. Wire format: `SpeechAudioDeltaEvent`, `SpeechAudioDoneEvent` (OpenAI).
struct speech_event
{
    speech_event() = default;

    std::string type;
    std::string audio; // base64
    std::optional<response_usage> usage;
};
BOOST_DESCRIBE_STRUCT(speech_event, (), (type, audio, usage))

inline speech_chunk make_chunk(speech_event&& event)
{
    std::optional<std::string> bytes = from_base64(event.audio);
    if (!bytes)
        throw error(errc::unexpected_reply, "the sound in an event of the stream is not base64");
    speech_chunk chunk;
    chunk.audio = std::move(*bytes);
    chunk.usage = std::move(event.usage);
    return chunk;
}

FOUNDRY_DECL FOUNDRY_CORO async_generator<speech_chunk> stream_sound_events(std::shared_ptr<pending_request> request)
{
    open_response response;
    co_await send_with_retries(*request, nullptr, response);
    event_stream_state events(std::move(*request), std::move(response));
    json::reader reader;
    for (;;) {
        raw_event const* const from = co_await read_from(&events);
        if (from == nullptr)
            break;
        speech_event event;
        if (decode_event(reader, event, *from))
            co_yield make_chunk(std::move(event));
    }
}

[[noreturn]] inline void throw_no_sound(std::string const& document, error_context const& context,
                                        response_info const& info)
{
    throw_service_error_in(document, context, info);
    throw_incomplete("the answer is JSON instead of sound");
}

FOUNDRY_DECL FOUNDRY_CORO async_generator<speech_chunk> stream_sound(std::shared_ptr<pending_request> request)
{
    open_response response;
    co_await send_with_retries(*request, nullptr, response);
    bool const is_refused = has_json(response.info);
    error_context const context = request->context();
    byte_stream_state sound(*request, std::move(response));
    if (is_refused) {
        std::string const document = co_await read_rest(sound);
        throw_no_sound(document, context, sound.info());
    }
    for (;;) {
        std::string const* const bytes = co_await read_from(&sound);
        if (bytes == nullptr)
            break;
        speech_chunk chunk;
        chunk.audio = *bytes;
        co_yield std::move(chunk);
    }
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<transcription> speech::transcribe(transcription_request what,
                                                                      call_options const& with) const
{
    return detail::hear(detail::prepare_form(state_, "audio/transcriptions", what, what.sound_, false, with),
                        detail::is_text_format(what));
}
FOUNDRY_DECL boost::asio::awaitable<transcription> speech::transcribe(transcription_request what) const
{
    return transcribe(std::move(what), call_options());
}

FOUNDRY_DECL boost::asio::awaitable<transcription> speech::translate(transcription_request what,
                                                                     call_options const& with) const
{
    return detail::hear(detail::prepare_form(state_, "audio/translations", what, what.sound_, false, with),
                        detail::is_text_format(what));
}
FOUNDRY_DECL boost::asio::awaitable<transcription> speech::translate(transcription_request what) const
{
    return translate(std::move(what), call_options());
}

FOUNDRY_DECL async_generator<transcription_event> speech::stream(transcription_request what,
                                                                 call_options const& with) const
{
    return detail::stream_text(detail::prepare_form(state_, "audio/transcriptions", what, what.sound_, true, with));
}
FOUNDRY_DECL async_generator<transcription_event> speech::stream(transcription_request what) const
{
    return stream(std::move(what), call_options());
}

FOUNDRY_DECL std::shared_ptr<detail::pending_request> speech::prepare_speech(speech_request const& what,
                                                                             call_options const& with) const
{
    json::const_object_ref const body{&what, &json::type_of<speech_request>::value};
    std::shared_ptr<detail::pending_request> request =
        detail::prepare_call(state_, route{"POST", "audio/speech"}, with, detail::response_form::bytes, body);
    try {
        detail::check_named(what.model, "model", "name the deployment that speaks");
        detail::check_named(what.input, "input", "pass the words to say");
        detail::check_named(what.voice, "voice", "name one, such as alloy");
    } catch (...) {
        request->validation_error = std::current_exception();
    }
    return request;
}

FOUNDRY_DECL boost::asio::awaitable<binary_content> speech::speak(speech_request const& what,
                                                                  call_options const& with) const
{
    return detail::fetch_bytes(prepare_speech(what, with));
}
FOUNDRY_DECL boost::asio::awaitable<binary_content> speech::speak(speech_request const& what) const
{
    return speak(what, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> speech::speak(speech_request const& what, std::filesystem::path const& path,
                                                        call_options const& with) const
{
    return detail::download(prepare_speech(what, with), path);
}
FOUNDRY_DECL boost::asio::awaitable<void> speech::speak(speech_request const& what,
                                                        std::filesystem::path const& path) const
{
    return speak(what, path, call_options());
}

FOUNDRY_DECL async_generator<speech_chunk> speech::stream(speech_request const& what, call_options const& with) const
{
    bool const has_events = what.stream_format == "sse";
    auto const begin = has_events ? &detail::stream_sound_events : &detail::stream_sound;
    return begin(prepare_speech(what, with));
}
FOUNDRY_DECL async_generator<speech_chunk> speech::stream(speech_request const& what) const
{
    return stream(what, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
