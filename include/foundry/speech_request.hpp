// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>
#include <foundry/usage.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <utility>

/// Text-to-speech requests and audio chunks. `foundry::speech` of <foundry/speech.hpp> sends and receives them.
namespace foundry::inline FOUNDRY_ABI {

/// A text to speak. Wire format: `CreateSpeechRequest` (OpenAI).
struct speech_request
{
    speech_request() = default;
    /// @param model_name the deployment's name.
    /// @param words the text, at most 4,096 characters.
    /// @param voice_name `alloy`, `ash`, `ballad`, `coral`, `echo`, `fable`, `nova`, `onyx`, `sage`, `shimmer`, `verse`, ...
    speech_request(std::string model_name, std::string words, std::string voice_name)
        : model(std::move(model_name)),
          input(std::move(words)),
          voice(std::move(voice_name))
    {}

    std::string model; ///< May be empty if the URL of the endpoint names the deployment.
    std::string input;
    std::string voice;
    std::optional<std::string> instructions; ///< How to say it: `Whisper, as if it were a secret`. Not for `tts-1`.
    std::optional<std::string>
        response_format;         ///< `mp3`, `opus`, `aac`, `flac`, `wav`, `pcm` (24 kHz, 16 bits, mono); not set: mp3
    std::optional<double> speed; ///< 0.25 to 4; not set: 1
    std::optional<std::string>
        stream_format;         ///< `sse`: for `speech::stream()`, whose last chunk then has the usage. Not for `tts-1`.
    boost::json::object extra; ///< Further members.

    friend bool operator==(speech_request const&, speech_request const&) = default;
};
BOOST_DESCRIBE_STRUCT(speech_request, (),
                      (model, input, voice, instructions, response_format, speed, stream_format, extra))

/// A part of the audio, as it arrives.
struct speech_chunk
{
    speech_chunk() = default;

    std::string audio; ///< Bytes in the format that was asked for, which follow those of the chunk before.
    std::optional<response_usage> usage; ///< In the last chunk of an `sse` stream, which has no audio.
};

} // namespace foundry::inline FOUNDRY_ABI
