// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/open_enum.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The messages of a chat: one described class for each object of the wire format.
///
/// A request contains only the members that are set. The member `extra` adds members that the class does not declare; in an answer it keeps
/// the members that the class does not know. A member name ends with an underscore if the plain name is taken: `user_` is `user` on the
/// wire.
///
/// "Wire format" names the schema in the OpenAPI document of each service:
/// * Models: "AI Model Inference" 2024-05-01-preview, in Azure/azure-rest-api-specs, specification/ai/data-plane/ModelInference;
/// * v1: Azure OpenAI v1, in the same repository, specification/ai/data-plane/OpenAI.v1/azure-v1-v1-generated.json;
/// * dated: Azure OpenAI 2024-10-21, in the same repository, specification/cognitiveservices/data-plane/AzureOpenAI/inference;
/// * OpenAI: "OpenAI API" 2.3.0, in openai/openai-openapi, for members that the Azure documents do not have.
///
/// Thread safety: as values; const members may be called from several threads.
namespace foundry::inline FOUNDRY_ABI {

/// Author of a message. Wire format: `ChatRole` (Models).
enum class chat_role
{
    system,    ///< Instructions for the model.
    developer, ///< Instructions for a reasoning model; replaces `system` there.
    user,      ///< Input of the user.
    assistant, ///< Output of the model.
    tool       ///< Result of a tool call.
};
inline constexpr std::string_view chat_role_names[] = {"system", "developer", "user", "assistant", "tool"};
constexpr auto& wire_names(chat_role) { return chat_role_names; }

/// Type of a `content_part`; each value names the member that holds the content.
enum class part_type
{
    text,
    image_url,
    input_audio,
    audio_url,
    refusal
};
inline constexpr std::string_view part_type_names[] = {"text", "image_url", "input_audio", "audio_url", "refusal"};
constexpr auto& wire_names(part_type) { return part_type_names; }

/// Resolution at which the model reads an image; a lower one is faster and takes fewer tokens.
enum class image_detail
{
    automatic,
    low,
    high
};
inline constexpr std::string_view image_detail_names[] = {"auto", "low", "high"};
constexpr auto& wire_names(image_detail) { return image_detail_names; }

/// Address or data of an image.
/// Wire format: `ChatMessageImageUrl` (Models), `chatCompletionRequestMessageContentPartImage` (dated).
struct image_reference
{
    image_reference() = default;

    std::string url;                ///< `https:` address, or the image itself as `data:image/...;base64,...`.
    open_enum<image_detail> detail; ///< Resolution that the model reads; not set: `auto`.
    boost::json::object extra;      ///< Other members.

    friend bool operator==(image_reference const&, image_reference const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_reference, (), (url, detail, extra))

/// Audio input. Wire format: `ChatMessageInputAudio` (Models).
struct audio_data
{
    audio_data() = default;

    std::string data;          ///< Base64 of the audio file, without a `data:` prefix.
    std::string format;        ///< `wav` or `mp3`.
    boost::json::object extra; ///< Other members.

    friend bool operator==(audio_data const&, audio_data const&) = default;
};
BOOST_DESCRIBE_STRUCT(audio_data, (), (data, format, extra))

/// Address of audio input. Wire format: `ChatMessageAudioUrl` (Models).
struct audio_reference
{
    audio_reference() = default;

    std::string url;           ///< `https:` address of the audio file.
    boost::json::object extra; ///< Other members.

    friend bool operator==(audio_reference const&, audio_reference const&) = default;
};
BOOST_DESCRIBE_STRUCT(audio_reference, (), (url, extra))

/// One part of a message that has several: text, an image or audio. The functions `from_...` make parts with the right `type`.
/// Wire format: `ChatMessageContentItem` (Models), `OpenAI.ChatCompletionRequestMessageContentPart` (v1).
struct content_part
{
    content_part() = default;

    /// A part of type `text`.
    static content_part from_text(std::string text);
    /// A part of type `image_url`; `url` as in `image_reference::url`.
    static content_part from_image_url(std::string url, open_enum<image_detail> detail = {});
    /// A part of type `input_audio`; `format` is `wav` or `mp3`.
    static content_part from_audio(std::string base64, std::string format);
    /// A part of type `audio_url`.
    static content_part from_audio_url(std::string url);

    open_enum<part_type> type;                ///< Selects the member that holds the content.
    std::optional<std::string> text;          ///< Content of a part of type `text`.
    std::optional<image_reference> image_url; ///< Content of a part of type `image_url`.
    std::optional<audio_data> input_audio;    ///< Content of a part of type `input_audio`.
    std::optional<audio_reference> audio_url; ///< Content of a part of type `audio_url`.
    std::optional<std::string> refusal;       ///< Content of a part of type `refusal`, which only the assistant sends.
    boost::json::object extra;                ///< Other members.

    friend bool operator==(content_part const&, content_part const&) = default;
};
BOOST_DESCRIBE_STRUCT(content_part, (), (type, text, image_url, input_audio, audio_url, refusal, extra))

/// Content of a message: text, a list of parts, or nothing.
using message_content = std::variant<std::monostate, std::string, std::vector<content_part>>;

/// Function of a tool call. Wire format: `FunctionCall` (Models).
struct called_function
{
    called_function() = default;

    std::string name;          ///< Name of the function, as in the request.
    std::string arguments;     ///< JSON text that the model wrote; it may be invalid, so check it before use.
    boost::json::object extra; ///< Other members.

    friend bool operator==(called_function const&, called_function const&) = default;
};
BOOST_DESCRIBE_STRUCT(called_function, (), (name, arguments, extra))

/// The model requests a function call. Answer with a message of role `tool` and this id.
/// Wire format: `ChatCompletionsToolCall` (Models), `OpenAI.ChatCompletionMessageToolCall` (v1).
struct tool_call
{
    tool_call() = default;

    std::string id;            ///< Identifies the call; its result refers to it by `tool_call_id`.
    std::string type;          ///< `function`.
    called_function function;  ///< Function to call.
    boost::json::object extra; ///< Other members.

    friend bool operator==(tool_call const&, tool_call const&) = default;
};
BOOST_DESCRIBE_STRUCT(tool_call, (), (id, type, function, extra))

/// Spoken output. In a request, `id` alone refers to earlier output.
/// Wire format: `ChatCompletionsAudio` and `ChatRequestAudioReference` (Models).
struct message_audio
{
    message_audio() = default;

    std::string id;                         ///< Identifies the output.
    std::optional<std::string> data;        ///< Base64 of the audio file.
    std::optional<std::string> format;      ///< `wav` or `mp3`; not set: the format that the request asked for.
    std::optional<std::string> transcript;  ///< Text of the speech.
    std::optional<std::int64_t> expires_at; ///< When the service forgets the id, in seconds since 1970.
    boost::json::object extra;              ///< Other members.

    friend bool operator==(message_audio const&, message_audio const&) = default;
};
BOOST_DESCRIBE_STRUCT(message_audio, (), (id, data, format, transcript, expires_at, extra))

/// A message, sent or received.
/// Wire format: `ChatRequestMessage` and `ChatResponseMessage` (Models), `OpenAI.ChatCompletionRequestMessage` and
/// `AzureChatCompletionResponseMessage` (v1).
struct chat_message
{
    chat_message() = default;
    chat_message(open_enum<chat_role> who, std::string text) : role(who), content(std::move(text)) {}
    chat_message(open_enum<chat_role> who, std::vector<content_part> parts) : role(who), content(std::move(parts)) {}

    /// Text of the content; if the content is a list of parts, their texts joined.
    std::string text() const;

    open_enum<chat_role> role;                    ///< Author of the message; required.
    message_content content;                      ///< Text or parts; on Azure OpenAI at most 1,048,576 characters.
    std::optional<std::string> name;              ///< Distinguishes participants of the same role.
    std::optional<std::string> refusal;           ///< Why the model does not answer.
    std::optional<std::string> reasoning_content; ///< Reasoning of the model; also read from `reasoning`.
    std::vector<foundry::tool_call> tool_calls;   ///< Functions that the assistant calls.
    std::optional<std::string> tool_call_id;      ///< Call that this message of role `tool` answers.
    std::optional<message_audio> audio;           ///< Spoken output of the assistant.
    boost::json::object extra;                    ///< Others, such as `context` (On Your Data) and `annotations`.

    friend bool operator==(chat_message const&, chat_message const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_message, (),
                      (role, content, name, refusal, reasoning_content, tool_calls, tool_call_id, audio, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/chat_message.ipp>
#endif
