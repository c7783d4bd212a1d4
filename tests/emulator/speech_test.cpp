// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Speech to text and text to speech: recorded exchanges are gone through again, and what is sent and what comes back.

#include "support/form_parts.hpp"
#include "support/interrupted_call.hpp"
#include "support/kept_members.hpp"
#include "support/plain_calls.hpp"
#include "support/recordings.hpp"
#include "support/report.hpp"
#include "support/temporary_file.hpp"

#include <foundry/detail/json/reader.hpp>
#include <foundry/speech.hpp>

namespace foundry_test::speech_test {

using foundry::errc;
using foundry::transcription_event_type;
using foundry::testing::recorded_request;

std::string const text = "Hello world, this is a test. It costs 5 \xE2\x82\xAC.";

/// A test with an emulator and a client of it.
template <class Body>
void with_service(Body body, char const* url = v1_url, foundry::options (*how)(emulator const&) = &trusting)
{
    run([](Body test, char const* where, foundry::options (*options)(emulator const&)) -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, where, options(service));
        co_await test(service, foundry::speech{client});
    }(std::move(body), url, how));
}

/// What is said in a file of sound, as the emulator hears it.
foundry::transcription_request talk(std::string const& model, std::string const& sound = text)
{
    return foundry::transcription_request(model, foundry::memory_source(sound), "talk.wav");
}

foundry::speech_request words(std::string const& model = "gpt-4o-mini-tts", std::string const& said = text)
{
    return foundry::speech_request{model, said, "alloy"};
}

asio::awaitable<std::vector<foundry::transcription_event>>
all_of(foundry::async_generator<foundry::transcription_event> events)
{
    std::vector<foundry::transcription_event> all;
    while (std::optional<foundry::transcription_event> one = co_await events.next())
        all.push_back(std::move(*one));
    co_return all;
}

asio::awaitable<std::vector<foundry::speech_chunk>> all_of(foundry::async_generator<foundry::speech_chunk> chunks)
{
    std::vector<foundry::speech_chunk> all;
    while (std::optional<foundry::speech_chunk> one = co_await chunks.next())
        all.push_back(std::move(*one));
    co_return all;
}

std::string sound_of(std::vector<foundry::speech_chunk> const& chunks)
{
    std::string bytes;
    for (foundry::speech_chunk const& each : chunks)
        bytes += each.audio;
    return bytes;
}

// Recordings

/// The request that an exchange was made with; its form was not always kept.
foundry::transcription_request recorded_talk(exchange const& e)
{
    std::map<std::string, form_part> parts = e.sent.empty() ? std::map<std::string, form_part>() : parts_of(e.sent);
    form_part const& file = parts["file"];
    std::string const model = parts.contains("model") ? parts["model"].bytes : "whisper";
    foundry::transcription_request what(model, foundry::memory_source(file.bytes.empty() ? "sound" : file.bytes),
                                        file.file_name);
    if (parts.contains("response_format"))
        what.response_format = parts["response_format"].bytes;
    else if (e.body.find(" --> ") != e.body.npos)
        what.response_format = "srt";
    if (parts.contains("language"))
        what.language = parts["language"].bytes;
    if (parts.contains("temperature"))
        what.temperature = std::stod(parts["temperature"].bytes);
    return what;
}

asio::awaitable<void> repeat_transcription(foundry::speech const& speech, exchange const& e, bool is_stream)
{
    foundry::transcription_request const what = recorded_talk(e);
    if (is_stream) {
        std::vector<foundry::transcription_event> const events = co_await all_of(speech.stream(what));
        REQUIRE(events.size() > 1);
        std::string joined;
        std::size_t at = 0;
        for (foundry::transcription_event const& each : events) {
            joined += each.delta;
            at = e.body.find("data: ", at) + 6;
            expect_kept(e.body.substr(at, e.body.find("\r\n", at) - at), each);
        }
        CHECK(events.back().type == transcription_event_type::done);
        CHECK(joined == events.back().text);
        CHECK(events.back().usage->input_token_details.audio_tokens == 17);
        CHECK(events.back().usage->total_tokens == 27);
        co_return;
    }
    bool const translates = e.url.find("translations") != e.url.npos;
    foundry::transcription heard;
    if (translates)
        heard = co_await speech.translate(what);
    else
        heard = co_await speech.transcribe(what);
    CHECK(heard.raw() == e.body);
    if (what.response_format == "srt")
        CHECK(heard.text == e.body);
    else
        expect_kept(e.body, heard);
}

asio::awaitable<void> repeat_speech(foundry::speech const& speech, exchange const& e)
{
    foundry::speech_request what;
    foundry::json::reader reader;
    CHECK(reader.read(what, e.sent));
    if (what.stream_format == "sse") {
        std::vector<foundry::speech_chunk> const chunks = co_await all_of(speech.stream(what));
        CHECK(chunks.size() == 16);
        CHECK(chunks.back().usage->total_tokens == 103);
        CHECK(sound_of(chunks).size() > 10'000);
        co_return;
    }
    foundry::binary_content const sound = co_await speech.speak(what);
    CHECK(sound.bytes == e.body);
    CHECK(sound.content_type() == e.header("content-type"));
}

/// The target that the client of an emulator sends for a recorded URL.
std::string target_of(exchange const& e)
{
    std::size_t const path = e.url.find('/', 8);
    return e.url.substr(path);
}

void expect_sent(exchange const& e, recorded_request const& got)
{
    CHECK(got.method == "POST");
    CHECK(got.target == target_of(e));
    if (!e.request.empty()) {
        CHECK(json::parse(got.body) == json::value(e.request));
    } else if (!e.sent.empty()) {
        std::map<std::string, form_part> mine = parts_of(got.body);
        std::map<std::string, form_part> const wanted = parts_of(e.sent);
        CHECK(mine.size() == wanted.size());
        for (auto const& [name, part] : wanted) {
            CAPTURE(name);
            CHECK(mine[name].bytes == part.bytes);
            CHECK(mine[name].file_name == part.file_name);
        }
    }
}

TEST_CASE("speech: each recorded exchange decodes to what it holds, and its request is the recorded one")
{
    int requests = 0;
    int refused = 0;
    for (auto const& entry : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/job_recordings")) {
        if (!entry.path().filename().string().starts_with("audio_"))
            continue;
        for (exchange const& e : load(entry.path())) {
            CAPTURE(e.name);
            bool const is_dated = e.url.find("azure.com") != e.url.npos;
            with_service(
                [&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
                    service.queue(answer::json(e.status, e.body).header("Content-Type", e.header("content-type")));
                    std::optional<foundry::error> failed;
                    try {
                        if (e.url.find("audio/speech") != e.url.npos)
                            co_await repeat_speech(speech, e);
                        else
                            co_await repeat_transcription(speech, e, e.name.find("_stream") != e.name.npos);
                    } catch (foundry::error const& thrown) {
                        failed = thrown;
                    }
                    CHECK(failed.has_value() == (e.status >= 300));
                    if (failed)
                        CHECK(failed->service_code() == "invalid_language_format");
                    expect_sent(e, service.journal().at(0));
                    requests += 1;
                    refused += failed ? 1 : 0;
                },
                is_dated ? dated_url : local_url);
        }
    }
    CHECK(requests == 14);
    MESSAGE("report: recorded exchanges with sound: " << requests << ", " << refused << " of them refused");
}

// On each form

TEST_CASE("speech: what is spoken is heard, on each form, into memory and into a file")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(std::string(url));
        with_service(
            [](emulator&, foundry::speech speech) -> asio::awaitable<void> {
                temporary_file const file("older", ".mp3");
                foundry::binary_content const sound = co_await speech.speak(words());
                co_await speech.speak(words(), file.path);
                CHECK(sound.content_type() == "audio/mpeg");
                CHECK(read_file(file.path) == sound.bytes);
                foundry::transcription_request const what("whisper", file.path);
                foundry::transcription const heard = co_await speech.transcribe(what);
                CHECK(heard.text == text);
                CHECK(heard.info().status() == 200);
                foundry::transcription const again = co_await speech.translate(what); // the file is read again
                CHECK(again.text == text);
            },
            url);
    }
}

TEST_CASE("speech: a Foundry Models endpoint has none, and the error names the one that has")
{
    with_service(
        [](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
            CHECK((co_await failure_of(speech.transcribe(talk("whisper")))).code() == errc::invalid_argument);
            foundry::error const e = co_await failure_of(speech.speak(words()));
            CHECK(e.code() == errc::invalid_argument);
            CHECK(std::string(e.what()).find("/openai/v1") != std::string::npos);
            CHECK(service.journal().empty());
        },
        foundry_url);
}

TEST_CASE("speech: what cannot work is refused before anything is sent")
{
    CHECK_THROWS_AS(foundry::transcription_request("whisper", "/no/such/talk.mp3"), foundry::error);
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        std::vector<foundry::speech_request> odd{words(""), words("tts-1", ""), words("tts-1", "Hello."), words()};
        odd[2].voice.clear();
        odd[3].stream_format = "sse"; // only a stream takes events
        for (foundry::speech_request const& what : odd)
            CHECK((co_await failure_of(speech.speak(what))).code() == errc::invalid_argument);
        CHECK((co_await failure_of(speech.transcribe(talk("")))).code() == errc::invalid_argument);
        foundry::error const e = co_await failure_of(speech.transcribe(talk("whisper", "")));
        CHECK(e.code() == errc::invalid_argument);
        CHECK(std::string(e.what()).find("talk.wav is empty") != std::string::npos);
        CHECK(service.journal().empty());
    });
}

// Speech to text

TEST_CASE("transcription: each member is a field of the form, lists one for each value")
{
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        foundry::transcription_request what = talk("whisper");
        what.media_type = "audio/wav";
        what.language = "en";
        what.prompt = "Names: Ada";
        what.response_format = "verbose_json";
        what.temperature = 0.25;
        what.timestamp_granularities = std::vector<std::string>(1, "word");
        what.include = std::vector<std::string>(1, "logprobs");
        what.chunking_strategy = "auto";
        what.known_speaker_names = std::vector<std::string>(1, "agent");
        what.known_speaker_references = std::vector<std::string>(1, "data:audio/wav;base64,AA==");
        what.extra.emplace_back("keywords[]", "Ada");
        service.queue(answer::json(200, R"({"text":"Hello."})"));
        co_await speech.transcribe(what);
        std::map<std::string, form_part> parts = parts_of(service.journal().at(0).body);
        CHECK(parts.size() == 12);
        CHECK(parts["model"].bytes == "whisper");
        CHECK(parts["language"].bytes == "en");
        CHECK(parts["prompt"].bytes == "Names: Ada");
        CHECK(parts["response_format"].bytes == "verbose_json");
        CHECK(parts["temperature"].bytes == "0.25");
        CHECK(parts["timestamp_granularities[]"].bytes == "word");
        CHECK(parts["include[]"].bytes == "logprobs");
        CHECK(parts["chunking_strategy"].bytes == "auto");
        CHECK(parts["known_speaker_names[]"].bytes == "agent");
        CHECK(parts["known_speaker_references[]"].bytes == "data:audio/wav;base64,AA==");
        CHECK(parts["keywords[]"].bytes == "Ada");
        CHECK(parts["file"].bytes == text);
        CHECK(parts["file"].file_name == "talk.wav");
        CHECK(parts["file"].content_type == "audio/wav");
    });
}

TEST_CASE("transcription: words and segments come with their times, subtitles and plain text as they are")
{
    with_service([](emulator&, foundry::speech speech) -> asio::awaitable<void> {
        foundry::transcription_request what = talk("whisper");
        what.response_format = "verbose_json";
        what.timestamp_granularities.push_back("word");
        what.timestamp_granularities.push_back("segment");
        foundry::transcription heard = co_await speech.transcribe(what);
        CHECK(heard.text == text);
        CHECK(heard.task == "transcribe");
        CHECK(heard.language == "english");
        REQUIRE(heard.duration);
        REQUIRE(!heard.words.empty());
        CHECK(heard.words.front().word == "Hello");
        CHECK(heard.words.back().end <= *heard.duration);
        REQUIRE(!heard.segments.empty());
        CHECK(heard.segments.front().start == 0);
        CHECK(std::get<std::int64_t>(heard.segments.front().id) == 0);
        CHECK(heard.segments.front().avg_logprob);

        for (auto const& [format, part] : std::map<std::string, std::string>{
                 {"srt", "00:00:00,000 --> "}, {"vtt", "WEBVTT\n"}, {"text", text + "\n"}}) {
            what.response_format = format;
            heard = co_await speech.transcribe(what);
            CHECK(heard.text.find(part) != std::string::npos);
            CHECK(heard.text == heard.raw());
            CHECK(heard.words.empty());
        }
    });
}

TEST_CASE("transcription: speakers, probabilities and members of tomorrow are kept")
{
    std::string const said =
        R"({"task":"transcribe","duration":4.5,"text":"Hi. Hello.","segments":[{"type":"transcript.text.segment",)"
        R"("id":"seg_1","start":0,"end":1.5,"text":"Hi.","speaker":"A"},{"type":"transcript.text.segment",)"
        R"("id":"seg_2","start":2,"end":4.5,"text":"Hello.","speaker":"agent"}],"logprobs":[{"token":"Hi",)"
        R"("logprob":-0.5,"bytes":[72,105]}],"languages":[{"code":"en"}],"usage":{"type":"duration","seconds":5}})";
    with_service([&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        service.queue(answer::json(200, said));
        foundry::transcription_request what = talk("gpt-4o-transcribe-diarize");
        what.response_format = "diarized_json";
        foundry::transcription const heard = co_await speech.transcribe(what);
        expect_kept(said, heard);
        CHECK(heard.segments.at(1).speaker == "agent");
        CHECK(std::get<std::string>(heard.segments.at(1).id) == "seg_2");
        CHECK(heard.usage->seconds == 5);
        CHECK(heard.logprobs.at(0).bytes.size() == 2);
    });
}

TEST_CASE("transcription: silence has an empty text; an answer without one is an error")
{
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        service.queue(answer::json(200, R"({"text":""})"));
        foundry::transcription const silence = co_await speech.transcribe(talk("whisper"));
        CHECK(silence.text.empty());
        for (char const* const odd : {"{}", R"({"text":null})", R"({"object":"text","status":"queued"})",
                                      R"({"usage":{"type":"duration","seconds":1}})", "null", "[]", "Hello."}) {
            CAPTURE(std::string(odd));
            service.queue(answer::json(200, odd));
            CHECK((co_await failure_of(speech.transcribe(talk("whisper")))).code() == errc::unexpected_reply);
        }
        service.queue(answer::json(200, R"({"error":{"code":"429","message":"Too many"}})"));
        foundry::error const e = co_await failure_of(speech.transcribe(talk("whisper")));
        CHECK(e.code() == errc::rate_limited);
        foundry::transcription_request subtitles = talk("whisper");
        subtitles.response_format = "srt"; // an unknown format is answered with JSON
        service.queue(answer::json(200, R"({"text":"Hello."})"));
        foundry::transcription const heard = co_await speech.transcribe(subtitles);
        CHECK(heard.text == "Hello.");
        CHECK(service.journal().back().header("accept") == "*/*");
        service.queue(answer::json(200, R"({"error":{"code":"429","message":"Too many"}})")
                          .header("Content-Type", "text/plain; charset=utf-8"));
        CHECK((co_await failure_of(speech.transcribe(subtitles))).code() == errc::rate_limited);
    });
}

TEST_CASE("transcription: a request that is refused at first is sent whole again")
{
    with_service(
        [](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
            service.queue(answer::json(429, R"({"error":{"code":"429"}})").header("Retry-After", "0"));
            service.queue(answer::json(503, "{}"));
            foundry::transcription const heard = co_await speech.transcribe(talk("whisper"));
            CHECK(heard.text == text);
            CHECK(service.journal().size() == 3);
            CHECK(service.journal().at(0).body == service.journal().at(2).body);
        },
        v1_url, &with_retries);
}

/// Sound that can be read once.
class live_sound
{
public:
    std::optional<std::uint64_t> size() const { return text.size(); }
    asio::awaitable<std::size_t> read(std::span<char> into)
    {
        std::size_t const count = at_ == 0 ? text.copy(into.data(), into.size()) : 0;
        at_ += count;
        co_return count;
    }
    bool rewind() { return false; }

private:
    std::size_t at_ = 0;
};

TEST_CASE("transcription: a sound that can be read once is sent once, and a second call says so")
{
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        foundry::transcription_request const what("whisper", live_sound(), "live.wav");
        foundry::transcription const heard = co_await speech.transcribe(what);
        CHECK(heard.text == text);
        foundry::error const e = co_await failure_of(speech.transcribe(what));
        CHECK(e.code() == errc::invalid_argument);
        CHECK(std::string(e.what()).find("cannot go back") != std::string::npos);
        CHECK(service.journal().size() == 1);
    });
}

TEST_CASE("transcription: calls that were prepared together, and awaited one after the other, send all of the audio")
{
    with_service([](emulator&, foundry::speech speech) -> asio::awaitable<void> {
        foundry::transcription_request const what = talk("whisper");
        asio::awaitable<foundry::transcription> first = speech.transcribe(what);
        asio::awaitable<foundry::transcription> second = speech.translate(what);
        foundry::transcription heard = co_await std::move(first);
        CHECK(heard.text == text);
        heard = co_await std::move(second);
        CHECK(heard.text == text);
    });
}

TEST_CASE("speech: the URL of an endpoint may name the deployment")
{
    with_service(
        [](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
            foundry::transcription const heard = co_await speech.transcribe(talk(""));
            CHECK(heard.text == text);
            CHECK(service.journal().at(0).target.find("/deployments/whisper/audio") != std::string::npos);
        },
        "https://contoso.openai.azure.com/openai/deployments/whisper");
}

TEST_CASE("transcription: a stream gives the words as they are understood, and the whole text in the end")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        with_service(
            [](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
                std::vector<foundry::transcription_event> const events =
                    co_await all_of(speech.stream(talk("gpt-4o-mini-transcribe")));
                std::string joined;
                for (foundry::transcription_event const& each : events)
                    joined += each.delta;
                CHECK(events.size() > 5);
                CHECK(joined == text);
                CHECK(events.back().type == transcription_event_type::done);
                CHECK(events.back().text == text);
                CHECK(events.back().usage->output_tokens > 0);
                CHECK(parts_of(service.journal().at(0).body)["stream"].bytes == "true");
            },
            url);
    }
}

TEST_CASE("transcription: a model that does not stream gives its text in one event")
{
    with_service([](emulator&, foundry::speech speech) -> asio::awaitable<void> {
        std::vector<foundry::transcription_event> const events = co_await all_of(speech.stream(talk("whisper")));
        REQUIRE(events.size() == 1);
        CHECK(events[0].type == transcription_event_type::done);
        CHECK(events[0].text == text);
        for (auto const& [format, part] : std::map<std::string, std::string>{
                 {"verbose_json", "Hello world"}, {"srt", "00:00:00,000 --> "}, {"vtt", "WEBVTT\n"}, {"text", text}}) {
            CAPTURE(format);
            foundry::transcription_request what = talk("whisper");
            what.response_format = format;
            std::vector<foundry::transcription_event> const whole = co_await all_of(speech.stream(what));
            REQUIRE(whole.size() == 1);
            CHECK(whole[0].type == transcription_event_type::done);
            CHECK(whole[0].text.find(part) != std::string::npos);
            CHECK(whole[0].extra.contains("segments") == (format == "verbose_json"));
        }
    });
}

TEST_CASE("transcription: events and documents are told by how they begin, if their type is another")
{
    std::string const events = "data:  {\"type\":\"transcript.text.delta\",\"delta\":\"Hi\"}\n\n"
                               "data: {\"type\":\"transcript.text.done\",\"text\":\"Hi\"}\n\ndata: [DONE]\n\n";
    with_service([&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        service.queue(answer::json(200, events));
        std::vector<foundry::transcription_event> got = co_await all_of(speech.stream(talk("gpt-4o-mini-transcribe")));
        REQUIRE(got.size() == 2);
        CHECK(got[0].delta == "Hi");
        service.queue(answer::json(200, R"({"text":"Hi"})").header("Content-Type", "text/plain"));
        got = co_await all_of(speech.stream(talk("gpt-4o-mini-transcribe")));
        REQUIRE(got.size() == 1);
        CHECK(got[0].text == "Hi");
    });
}

TEST_CASE("transcription: segments with their speakers, keep-alives and unknown events come through a stream")
{
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        service.queue(answer::events(
            ": alive\n\ndata: {}\n\n"
            R"(data: {"type":"transcript.text.delta","delta":"Hi","segment_id":"s1","logprobs":[{"token":"Hi","logprob":-1}]})"
            "\n\n"
            R"(data: {"type":"transcript.text.segment","id":"s1","start":0.5,"end":1,"text":"Hi","speaker":"A"})"
            "\n\n"
            R"(data: {"type":"transcript.text.language","code":"en"})"
            "\n\n"
            R"(data: {"type":"transcript.text.done","text":"Hi"})"
            "\n\n")); // no end marker
        std::vector<foundry::transcription_event> const events =
            co_await all_of(speech.stream(talk("gpt-4o-transcribe-diarize")));
        REQUIRE(events.size() == 4);
        CHECK(events[0].segment_id == "s1");
        CHECK(events[0].logprobs.at(0).logprob == -1);
        CHECK(events[1].type == transcription_event_type::segment);
        CHECK(events[1].speaker == "A");
        CHECK(events[1].start == 0.5);
        CHECK(events[2].type.name() == "transcript.text.language");
        CHECK(events[2].extra.at("code") == "en");
    });
}

asio::awaitable<errc> code_of_stream(emulator& service, foundry::speech const& speech, answer const& next)
{
    service.queue(next);
    foundry::error const e = co_await failure_of(all_of(speech.stream(talk("gpt-4o-mini-transcribe"))));
    co_return static_cast<errc>(e.code().value());
}

TEST_CASE("transcription: a stream that breaks off, reports an error or is none ends with that error")
{
    std::string const delta = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi\"}\n\n";
    std::string const refused = R"({"error":{"code":"429","message":"Too many"}})";
    with_service([&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        CHECK(co_await code_of_stream(service, speech, answer::events(delta)) == errc::stream_truncated);
        CHECK(co_await code_of_stream(service, speech, answer::events(delta + delta).cut_after_event(1)) ==
              errc::stream_truncated);
        CHECK(co_await code_of_stream(service, speech, answer::events(delta + "data: " + refused + "\n\n")) ==
              errc::rate_limited);
        CHECK(co_await code_of_stream(service, speech, answer::json(200, refused)) == errc::rate_limited);
        CHECK(co_await code_of_stream(service, speech, answer::json(200, "{}")) == errc::unexpected_reply);
        CHECK(co_await code_of_stream(service, speech, answer::json(200, "<html>")) == errc::unexpected_reply);
        CHECK(co_await code_of_stream(service, speech, answer::events("data: {\"delta\":\n\n")) ==
              errc::unexpected_reply);
        CHECK(
            co_await code_of_stream(service, speech, answer::json(404, R"({"error":{"code":"DeploymentNotFound"}})")) ==
            errc::model_not_found);
        std::vector<foundry::transcription_event> const events =
            co_await all_of(speech.stream(talk("gpt-4o-mini-transcribe"))); // the client stays usable
        CHECK(events.back().text == text);
    });
}

// Text to speech

TEST_CASE("speech: a stream has the bytes of the whole, in parts, as bytes and as events")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(std::string(url));
        with_service(
            [](emulator&, foundry::speech speech) -> asio::awaitable<void> {
                foundry::speech_request what = words();
                what.response_format = "wav";
                foundry::binary_content const whole = co_await speech.speak(what);
                std::vector<foundry::speech_chunk> const parts = co_await all_of(speech.stream(what));
                CHECK(parts.size() > 1);
                CHECK(sound_of(parts) == whole.bytes);
                what.stream_format = "sse";
                std::vector<foundry::speech_chunk> const events = co_await all_of(speech.stream(what));
                CHECK(events.size() > 2);
                CHECK(sound_of(events) == whole.bytes);
                CHECK(events.back().audio.empty());
                REQUIRE(events.back().usage);
                CHECK(events.back().usage->total_tokens > 0);
            },
            url);
    }
}

TEST_CASE("speech: the first part comes before the last one is made")
{
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nTransfer-Encoding: chunked\r\n\r\n";
        service.queue(answer::raw(head + http_chunk("first")).hang());
        foundry::async_generator<foundry::speech_chunk> sound = speech.stream(words());
        std::optional<foundry::speech_chunk> const part = co_await sound.next();
        REQUIRE(part);
        CHECK(part->audio == "first"); // leaving the rest closes the connection
    });
}

/// Counts what it gets.
struct counting_sink
{
    asio::awaitable<void> write(std::span<char const> bytes)
    {
        size += bytes.size();
        co_return;
    }
    bool rewind() { return false; }

    std::size_t size = 0;
};

TEST_CASE("speech: a sink of the program gets the bytes")
{
    with_service([](emulator&, foundry::speech speech) -> asio::awaitable<void> {
        counting_sink sink;
        co_await speech.speak(words(), sink);
        foundry::binary_content const whole = co_await speech.speak(words());
        CHECK(sink.size == whole.bytes.size());
    });
}

asio::awaitable<foundry::error> sound_error(emulator& service, foundry::speech const& speech, answer const& next,
                                            bool has_events = false)
{
    service.queue(next);
    foundry::speech_request what = words();
    if (has_events)
        what.stream_format = "sse";
    co_return co_await failure_of(all_of(speech.stream(what)));
}

TEST_CASE("speech: sound that breaks off, JSON instead of sound, and events without base64 are errors")
{
    std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string const delta = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAAA\"}\n\n";
    std::string const refused = R"({"error":{"code":"429","message":"Too many"}})";
    with_service([&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        CHECK((co_await sound_error(service, speech, answer::raw(head + http_chunk("sound")))).code() ==
              errc::stream_truncated);
        foundry::error const e = co_await sound_error(service, speech, answer::json(200, refused));
        CHECK(e.code() == errc::rate_limited);
        CHECK(e.message() == "Too many");
        CHECK((co_await sound_error(service, speech, answer::json(200, "{}"))).code() == errc::unexpected_reply);
        CHECK((co_await sound_error(service, speech, answer::json(400, R"({"error":{"code":"x","message":"y"}})")))
                  .code() == errc::bad_request);
        CHECK((co_await sound_error(service, speech, answer::events(delta), true)).code() == errc::stream_truncated);
        CHECK((co_await sound_error(service, speech, answer::events("data: {\"audio\":\"!\"}\n\n"), true)).code() ==
              errc::unexpected_reply);
        service.queue(answer::json(200, refused));
        CHECK((co_await failure_of(speech.speak(words()))).code() == errc::rate_limited);
        temporary_file const older("older", ".mp3");
        for (auto const& [odd, code] : std::map<std::string, errc>{
                 {"{}", errc::unexpected_reply}, {R"({"detail":"model is loading"})", errc::service_error}}) {
            service.queue(answer::json(200, odd));
            CHECK((co_await failure_of(speech.speak(words()))).code() == code);
            service.queue(answer::json(200, odd));
            CHECK((co_await failure_of(speech.speak(words(), older.path))).code() == code);
            CHECK(read_file(older.path) == "older");
        }
        foundry::binary_content const sound = co_await speech.speak(words()); // the client stays usable
        CHECK(!sound.bytes.empty());
    });
}

foundry::options small_bodies(emulator const& service)
{
    foundry::options with = trusting(service);
    with.limits.body = 4096;
    return with;
}

foundry::options small_downloads(emulator const& service)
{
    foundry::options with = trusting(service);
    with.limits.download = 4096;
    return with;
}

TEST_CASE("speech: what is kept in memory has a limit, and what is written or streamed has another")
{
    with_service(
        [](emulator&, foundry::speech speech) -> asio::awaitable<void> {
            CHECK((co_await failure_of(speech.speak(words()))).code() == errc::limit_exceeded);
            counting_sink sink;
            co_await speech.speak(words(), sink);
            CHECK(sink.size > 4096);
            std::vector<foundry::speech_chunk> const chunks = co_await all_of(speech.stream(words()));
            CHECK(sound_of(chunks).size() == sink.size);
        },
        v1_url, &small_bodies);
    with_service(
        [](emulator&, foundry::speech speech) -> asio::awaitable<void> {
            counting_sink sink;
            CHECK((co_await failure_of(speech.speak(words(), sink))).code() == errc::limit_exceeded);
            CHECK((co_await failure_of(all_of(speech.stream(words())))).code() == errc::limit_exceeded);
        },
        v1_url, &small_downloads);
}

TEST_CASE("speech: audio that came before a break is delivered before the error")
{
    std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n";
    with_service([&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        service.queue(answer::raw(head + http_chunk("first") + "no size\r\n")); // in one write
        foundry::async_generator<foundry::speech_chunk> chunks = speech.stream(words());
        std::optional<foundry::speech_chunk> const chunk = co_await chunks.next();
        REQUIRE(chunk);
        CHECK(chunk->audio == "first");
        foundry::error const e = co_await failure_of(chunks.next());
        CHECK(e.code() == errc::unexpected_reply);
        CHECK(e.status() == 200);
    });
}

TEST_CASE("speech: events without audio and usage are skipped")
{
    with_service([](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
        service.queue(answer::events("data: {\"type\":\"ping\"}\n\n"
                                     "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAAA\"}\n\n"
                                     "data: {\"type\":\"of tomorrow\"}\n\ndata: [DONE]\n\n"));
        std::vector<foundry::speech_chunk> const chunks = co_await all_of(speech.stream(words()));
        REQUIRE(chunks.size() == 1);
        CHECK(chunks[0].audio == std::string(3, '\0'));
    });
}

foundry::options hurried(emulator const& service)
{
    foundry::options with = trusting(service);
    with.timeouts.silence = with.timeouts.stall = 100ms;
    return with;
}

TEST_CASE("speech: the silence limit holds for audio that arrives in parts")
{
    std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n";
    with_service(
        [&](emulator& service, foundry::speech speech) -> asio::awaitable<void> {
            service.queue(answer::raw(head + http_chunk("first")).hang());
            foundry::error const e = co_await failure_of(all_of(speech.stream(words())));
            CHECK(e.code() == errc::silence_timeout);
        },
        v1_url, &hurried);
}

// The observer

/// Keeps how calls end.
class last_events final : public foundry::observer
{
public:
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::end)
            ends.push_back(e);
    }

    std::vector<foundry::call_event> ends;
};

TEST_CASE("speech: an observer is told the usage and the error that the program gets")
{
    run([]() -> asio::awaitable<void> {
        emulator service(unchecked());
        auto const seen = std::make_shared<last_events>();
        foundry::options with = trusting(service);
        with.observer = seen;
        foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url, with);
        foundry::speech const speech{client};
        std::string const usage =
            R"("usage":{"type":"tokens","input_tokens":5,"input_token_details":{"audio_tokens":4},"output_tokens":2}})";
        service.queue(answer::json(200, R"({"text":"Hi",)" + usage));
        co_await speech.transcribe(talk("gpt-4o-mini-transcribe"));
        service.queue(answer::json(200, R"({"text":"Hi",)" + usage));
        co_await all_of(speech.stream(talk("gpt-4o-mini-transcribe")));
        REQUIRE(seen->ends.size() == 2);
        for (foundry::call_event const& end : seen->ends) {
            CHECK(!end.code);
            CHECK(end.input_tokens == 5);
            CHECK(end.audio_input_tokens == 4);
            CHECK(end.output_tokens == 2);
        }
        std::vector<answer> const failing{answer::json(200, R"({"error":{"code":"429","message":"Too many"}})"),
                                          answer::json(200, "{}"), answer::events("data: {\"audio\":\"!\"}\n\n")};
        for (answer const& each : failing) {
            service.queue(each);
            foundry::error const e = co_await failure_of(all_of(speech.stream(words())));
            CHECK(seen->ends.back().code == e.code());
            CHECK(e.attempts().size() == 1);
            CHECK(e.status() == 200);
        }
    }());
}

TEST_CASE("speech: a stream ends with its client")
{
    with_service([](emulator& service, foundry::speech) -> asio::awaitable<void> {
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url);
        std::string const head = "HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nTransfer-Encoding: chunked\r\n\r\n";
        service.queue(answer::raw(head + http_chunk("first")).hang());
        foundry::async_generator<foundry::speech_chunk> sound = foundry::speech{client}.stream(words());
        CHECK((co_await sound.next()).has_value());
        client.close();
        foundry::error const e = co_await failure_of(sound.next());
        CHECK(e.code() == errc::client_closed);
    });
}

// Interruption

enum class stream_kind
{
    sound,
    sound_events,
    words
};

asio::awaitable<void> read_stream(foundry::client<> client, stream_kind what)
{
    foundry::speech const speech{client};
    if (what == stream_kind::words) {
        co_await all_of(speech.stream(talk("gpt-4o-mini-transcribe")));
    } else {
        foundry::speech_request request = words();
        if (what == stream_kind::sound_events)
            request.stream_format = "sse";
        co_await all_of(speech.stream(request));
    }
}

TEST_CASE("speech: a stream may be cancelled, closed with its client or destroyed with its context after any handler")
{
    emulator const service;
    int moments = 0;
    for (stream_kind const what : {stream_kind::sound, stream_kind::sound_events, stream_kind::words}) {
        CAPTURE(static_cast<int>(what));
        moments += interrupt_after_each_handler(
            service, [what](foundry::client<> const& client) { return read_stream(client, what); });
    }
    MESSAGE("report: streams of speech interrupted at " << moments << " moments");
}

} // namespace foundry_test::speech_test
