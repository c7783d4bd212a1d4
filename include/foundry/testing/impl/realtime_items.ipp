// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/realtime_config.ipp>
#include <foundry/testing/impl/sound.ipp>
#include <foundry/testing/tones.hpp>

#include <openssl/evp.h>

#include <deque>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// An item of a conversation.
class realtime_item
{
public:
    std::string id() const { return std::string(body.at("id").as_string()); }
    bool is(std::string_view kind) const { return text_of(body, "type") == kind; }

    json::object body;        ///< In the shape of general availability.
    std::string spoken;       ///< The text of its audio, transcribed or not.
    std::size_t audio_ms = 0; ///< Length of its audio.
};

/// The items of a conversation in their order. At most `max_items`; then the oldest are dropped.
class realtime_items
{
public:
    static constexpr std::size_t max_items = 10000;

    realtime_item* find(std::string_view id);

    /// The id of the item before it, or null.
    json::value before(std::string_view id) const;

    /// The same in the last events of a response's item: null also if the item before it is the first of the conversation, as the service
    /// has it.
    json::value before_at_end(std::string_view id) const;

    bool has_call(std::string_view call_id) const;
    void insert_after(std::optional<std::string> const& previous, realtime_item added); ///< Empty: at the front.
    void append(realtime_item added);
    bool erase(std::string_view id);
    std::size_t size() const { return items_.size(); }
    std::deque<realtime_item> const& all() const { return items_; }

private:
    std::size_t index_of(std::string_view id) const;

    std::deque<realtime_item> items_;
};

/// The text that audio says: in tones, as the emulator's speech carries it, or else the length of the audio.
FOUNDRY_DECL std::string heard_in(std::string_view pcm)
{
    auto text = from_tones(from_pcm16(pcm));
    if (!text.empty() && is_utf8(text))
        return text;
    std::vector<std::string> carried;
    append_speech(carried, low_bytes(pcm, 0));
    if (!carried.empty())
        return std::string(trim_left(carried.front()));
    std::string made;
    auto const tenths = static_cast<double>((pcm.size() / bytes_per_ms + 50) / 100);
    append_number(made, tenths / 10);
    return made + " s of audio";
}

FOUNDRY_DECL std::size_t realtime_items::index_of(std::string_view id) const
{
    auto const found = std::find_if(items_.begin(), items_.end(),
                                    [&](realtime_item const& one) { return text_of(one.body, "id") == id; });
    return static_cast<std::size_t>(found - items_.begin());
}

FOUNDRY_DECL realtime_item* realtime_items::find(std::string_view id)
{
    auto const index = index_of(id);
    return index == items_.size() ? nullptr : &items_[index];
}

FOUNDRY_DECL json::value realtime_items::before(std::string_view id) const
{
    auto const index = index_of(id);
    if (index == 0 || index == items_.size())
        return nullptr;
    return json::string(items_[index - 1].id());
}

FOUNDRY_DECL json::value realtime_items::before_at_end(std::string_view id) const
{
    return index_of(id) < 2 ? json::value() : before(id);
}

FOUNDRY_DECL bool realtime_items::has_call(std::string_view call_id) const
{
    return std::any_of(items_.begin(), items_.end(), [&](realtime_item const& one) {
        return one.is("function_call") && text_of(one.body, "call_id") == call_id;
    });
}

FOUNDRY_DECL void realtime_items::insert_after(std::optional<std::string> const& previous, realtime_item added)
{
    auto const index = previous ? index_of(*previous) + 1 : 0;
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(index), std::move(added));
    if (items_.size() > max_items)
        items_.pop_front();
}

FOUNDRY_DECL void realtime_items::append(realtime_item added)
{
    items_.push_back(std::move(added));
    if (items_.size() > max_items)
        items_.pop_front();
}

FOUNDRY_DECL bool realtime_items::erase(std::string_view id)
{
    auto const index = index_of(id);
    if (index == items_.size())
        return false;
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
    return true;
}

/// Empty if the text is not base64.
FOUNDRY_DECL std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    auto* const into = reinterpret_cast<unsigned char*>(bytes.data());
    auto const* const from = reinterpret_cast<unsigned char const*>(text.data());
    if (EVP_DecodeBlock(into, from, static_cast<int>(text.size())) < 0)
        return std::nullopt;
    bytes.resize(bytes.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
    return bytes;
}

/// Base64 of PCM16; refuses anything else.
FOUNDRY_DECL std::string read_audio(json::value const& value, json_path const& at)
{
    auto const bytes = value.is_string() ? from_base64(value.get_string()) : std::nullopt;
    if (!bytes || bytes->size() % 2 != 0)
        realtime_errors().bad_request("Invalid '" + in_words(at) +
                                          "'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an "
                                          "invalid value.",
                                      "invalid_value", json::string(in_words(at)));
    return *bytes;
}

/// The parts of a message that a role may have. The preview names those of the assistant differently.
FOUNDRY_DECL std::vector<std::string_view> part_types(std::string_view role, bool is_preview)
{
    if (role == "user")
        return {"input_text", "input_audio", "input_image"};
    if (role == "assistant")
        return is_preview ? std::vector<std::string_view>{"text", "audio"}
                          : std::vector<std::string_view>{"output_text", "output_audio"};
    return {"input_text"};
}

FOUNDRY_DECL json::object read_part(json::object const& given, std::string_view role, bool is_preview,
                                    json_path const& at, realtime_item& item)
{
    auto const say = realtime_errors();
    check_choice(require(given, "type", at, say), part_types(role, is_preview), inside(at, "type"));
    std::string kind(given.at("type").as_string());
    if (kind == "text" || kind == "audio")
        kind = "output_" + kind;
    json::object made;
    made["type"] = kind;
    if (kind == "input_image") {
        made["image_url"] = require(given, "image_url", at, say);
    } else if (kind.ends_with("audio")) {
        std::string audio;
        if (kind == "input_audio")
            audio = read_audio(require(given, "audio", at, say), inside(at, "audio"));
        auto const transcript = text_of(given, "transcript");
        item.audio_ms += audio.size() / bytes_per_ms;
        item.spoken = transcript || audio.empty() ? std::string(transcript.value_or("")) : heard_in(audio);
        made["transcript"] = transcript ? json::value(json::string(*transcript)) : json::value();
    } else {
        auto const& text = require(given, "text", at, say);
        if (!text.is_string())
            say.wrong_type(inside(at, "text"), "a string", text);
        made["text"] = text;
    }
    return made;
}

/// An item that a client gives, without an id unless it has one.
FOUNDRY_DECL realtime_item read_item(json::object const& given, bool is_preview, json_path const& at)
{
    static constexpr std::array<std::string_view, 3> kinds = {"message", "function_call", "function_call_output"};
    static constexpr std::array<std::string_view, 3> roles = {"user", "assistant", "system"};
    static constexpr std::array<member, 6> message = {{{"id", type::string},
                                                       {"object", type::string},
                                                       {"type", type::string},
                                                       {"status", type::string},
                                                       {"role", type::string},
                                                       {"content", type::array}}};
    static constexpr std::array<member, 8> call = {{{"id", type::string},
                                                    {"object", type::string},
                                                    {"type", type::string},
                                                    {"status", type::string},
                                                    {"name", type::string},
                                                    {"call_id", type::string},
                                                    {"arguments", type::string},
                                                    {"output", type::string}}};
    auto const say = realtime_errors();
    check_choice(require(given, "type", at, say), kinds, inside(at, "type"));
    std::string const kind(given.at("type").as_string());
    check_members(given, kind == "message" ? members(message) : members(call), at, say);
    realtime_item made;
    if (auto const id = text_of(given, "id"); id && !id->empty())
        made.body["id"] = *id;
    made.body["type"] = kind;
    if (kind == "message") {
        check_choice(require(given, "role", at, say), roles, inside(at, "role"));
        auto const& role = given.at("role").as_string();
        made.body["status"] = "completed";
        made.body["role"] = role;
        json::array content;
        auto const& parts = require(given, "content", at, say).get_array();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            auto const place = inside(inside(at, "content"), i);
            content.push_back(read_part(require_object(parts[i], place, say), role, is_preview, place, made));
        }
        made.body["content"] = std::move(content);
    } else if (kind == "function_call") {
        made.body["status"] = "completed";
        for (char const* const name : {"name", "call_id", "arguments"})
            made.body[name] = require(given, name, at, say);
    } else {
        for (char const* const name : {"call_id", "output"})
            made.body[name] = require(given, name, at, say);
    }
    return made;
}

/// The text of an item: what is written in it, and what is said.
FOUNDRY_DECL std::string text_of_item(realtime_item const& item)
{
    std::string text;
    for (auto const& part : array_of(item.body, "content")) {
        auto const written = text_of(part.get_object(), "text");
        bool const is_audio = text_of(part.get_object(), "type").value_or("").ends_with("audio");
        auto const one = is_audio ? item.spoken : std::string(written.value_or(""));
        text += (text.empty() || one.empty() ? "" : " ") + one;
    }
    return text;
}

/// An item as a message of a chat.
FOUNDRY_DECL json::object message_of_item(realtime_item const& item)
{
    json::object made;
    if (item.is("function_call_output")) {
        made["role"] = "tool";
        made["tool_call_id"] = item.body.at("call_id");
        made["content"] = item.body.at("output");
    } else if (item.is("function_call")) {
        json::object function;
        function["name"] = item.body.at("name");
        function["arguments"] = item.body.at("arguments");
        json::object call;
        call["id"] = item.body.at("call_id");
        call["type"] = "function";
        call["function"] = std::move(function);
        made["role"] = "assistant";
        made["tool_calls"] = json::array(1, std::move(call));
    } else {
        made["role"] = item.body.at("role");
        made["content"] = text_of_item(item);
    }
    return made;
}

/// An item as the events of a dialect have it.
FOUNDRY_DECL json::object in_dialect(json::object const& item, bool is_preview)
{
    if (!is_preview)
        return item;
    json::object made;
    made["id"] = item.at("id");
    made["object"] = "realtime.item";
    for (auto const& entry : item)
        made[entry.key()] = entry.value();
    if (auto* const content = made.if_contains("content")) {
        for (auto& part : content->as_array()) {
            auto& kind = part.at("type");
            if (kind == "output_text" || kind == "output_audio")
                kind = kind == "output_text" ? "text" : "audio";
        }
    }
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
