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

/// The messages of a chat, one described class for each object on the wire.
///
/// Only what is set is sent. A member `extra` takes what the class does not have (requests) and keeps it (answers). A name that
/// would be another member of the class ends with an underscore here: `user_`. All of it is as in the services' own reference:
/// Azure AI Model Inference 2024-05-01-preview, Azure OpenAI 2024-10-21 and v1.
///
/// Thread safety: as values.
namespace foundry::inline FOUNDRY_ABI {

enum class chat_role
{
    system,
    developer,
    user,
    assistant,
    tool
};
inline constexpr std::string_view chat_role_names[] = {"system", "developer", "user", "assistant", "tool"};
constexpr auto& wire_names(chat_role) { return chat_role_names; }

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

enum class image_detail
{
    automatic,
    low,
    high
};
inline constexpr std::string_view image_detail_names[] = {"auto", "low", "high"};
constexpr auto& wire_names(image_detail) { return image_detail_names; }

struct image_reference
{
    image_reference() = default;

    std::string url; ///< `https:` or `data:image/...;base64,...`
    open_enum<image_detail> detail;
    boost::json::object extra;

    friend bool operator==(image_reference const&, image_reference const&) = default;
};
BOOST_DESCRIBE_STRUCT(image_reference, (), (url, detail, extra))

struct audio_data
{
    audio_data() = default;

    std::string data;   ///< Base64, without a `data:` in front.
    std::string format; ///< `wav` or `mp3`
    boost::json::object extra;

    friend bool operator==(audio_data const&, audio_data const&) = default;
};
BOOST_DESCRIBE_STRUCT(audio_data, (), (data, format, extra))

struct audio_reference
{
    audio_reference() = default;

    std::string url;
    boost::json::object extra;

    friend bool operator==(audio_reference const&, audio_reference const&) = default;
};
BOOST_DESCRIBE_STRUCT(audio_reference, (), (url, extra))

/// One piece of a message that has several: text, an image or audio.
struct content_part
{
    content_part() = default;

    static content_part from_text(std::string text);
    static content_part from_image_url(std::string url, open_enum<image_detail> detail = {});
    static content_part from_audio(std::string base64, std::string format);
    static content_part from_audio_url(std::string url);

    open_enum<part_type> type;
    std::optional<std::string> text;
    std::optional<image_reference> image_url;
    std::optional<audio_data> input_audio;
    std::optional<audio_reference> audio_url;
    std::optional<std::string> refusal;
    boost::json::object extra;

    friend bool operator==(content_part const&, content_part const&) = default;
};
BOOST_DESCRIBE_STRUCT(content_part, (), (type, text, image_url, input_audio, audio_url, refusal, extra))

/// Text, or parts, or nothing.
using message_content = std::variant<std::monostate, std::string, std::vector<content_part>>;

struct called_function
{
    called_function() = default;

    std::string name;
    std::string arguments; ///< JSON text that the model wrote: check it before use.
    boost::json::object extra;

    friend bool operator==(called_function const&, called_function const&) = default;
};
BOOST_DESCRIBE_STRUCT(called_function, (), (name, arguments, extra))

/// The model asks for a function to be called; answer with a message of role `tool` and this id.
struct tool_call
{
    tool_call() = default;

    std::string id;
    std::string type;
    called_function function;
    boost::json::object extra;

    friend bool operator==(tool_call const&, tool_call const&) = default;
};
BOOST_DESCRIBE_STRUCT(tool_call, (), (id, type, function, extra))

/// Spoken output.
struct message_audio
{
    message_audio() = default;

    std::string id;
    std::optional<std::string> data; ///< Base64.
    std::optional<std::string> format;
    std::optional<std::string> transcript;
    std::optional<std::int64_t> expires_at; ///< Seconds since 1970.
    boost::json::object extra;

    friend bool operator==(message_audio const&, message_audio const&) = default;
};
BOOST_DESCRIBE_STRUCT(message_audio, (), (id, data, format, transcript, expires_at, extra))

/// A message, sent or received.
struct chat_message
{
    chat_message() = default;
    chat_message(open_enum<chat_role> who, std::string text) : role(who), content(std::move(text)) {}
    chat_message(open_enum<chat_role> who, std::vector<content_part> parts) : role(who), content(std::move(parts)) {}

    /// The text of the content; the text parts in a row where it has several.
    std::string text() const;

    open_enum<chat_role> role;
    message_content content;
    std::optional<std::string> name;
    std::optional<std::string> refusal;
    std::optional<std::string> reasoning_content; ///< Also where the service calls it `reasoning`.
    std::vector<foundry::tool_call> tool_calls;
    std::optional<std::string> tool_call_id;
    std::optional<message_audio> audio;
    boost::json::object extra; ///< Such as `context` (On Your Data) and `annotations`.

    friend bool operator==(chat_message const&, chat_message const&) = default;
};
BOOST_DESCRIBE_STRUCT(chat_message, (),
                      (role, content, name, refusal, reasoning_content, tool_calls, tool_call_id, audio, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/chat_message.ipp>
#endif
