// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/content_filter.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/event_parser.hpp>
#include <foundry/detail/json/reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Maximum size of a text that is parsed.
inline constexpr std::size_t longest_error = 1024 * 1024;

/// Converts UTF-16 to UTF-8, if it has a byte order mark or begins with an ASCII character.
inline std::string from_utf16(std::string_view text)
{
    bool const big = text.starts_with("\xfe\xff") || text.front() == '\0';
    std::string out;
    std::uint32_t lead = 0;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        auto const high = static_cast<unsigned char>(text[big ? i : i + 1]);
        auto const low = static_cast<unsigned char>(text[big ? i + 1 : i]);
        std::uint32_t const unit = static_cast<std::uint32_t>(high << 8 | low);
        bool const leads = unit >= 0xd800 && unit < 0xdc00;
        bool const trails = unit >= 0xdc00 && unit < 0xe000;
        if (trails && lead != 0)
            append_code_point(out, 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00));
        else if (!leads && unit != 0xfeff)
            append_code_point(out, trails ? replacement : unit);
        lead = leads ? unit : 0;
    }
    return out;
}

/// Python writes NaN and Infinity, which are not JSON, as numbers.
inline std::string without_nan(std::string_view text)
{
    std::string out;
    bool in_text = false;
    for (std::size_t i = 0; i != text.size(); ++i) {
        std::string_view const rest = text.substr(i);
        std::size_t skip = 0;
        for (std::string_view const word : {"NaN", "Infinity", "-Infinity"})
            skip = !in_text && rest.starts_with(word) ? word.size() : skip;
        if (skip != 0) {
            out += "null";
            i += skip - 1;
            continue;
        }
        in_text = in_text != (text[i] == '"');
        out += text[i];
        if (in_text && text[i] == '\\' && i + 1 != text.size())
            out += text[++i];
    }
    return out;
}

inline boost::json::value parse_json(std::string_view text)
{
    boost::json::parse_options options;
    options.max_depth = 32;
    options.allow_invalid_utf8 = true;
    boost::system::error_code ec;
    auto parsed = boost::json::parse({text.data(), text.size()}, ec, {}, options);
    return ec ? boost::json::value{} : parsed;
}

/// The first event with JSON in a body that has the form of an event stream.
inline boost::json::value parse_first_event(std::string_view text)
{
    http::event_parser events;
    events.feed(text);
    events.feed("\n\n");
    for (http::event e; events.next(e);) {
        if (boost::json::value parsed = parse_json(e.data); parsed.is_object())
            return parsed;
    }
    return {};
}

FOUNDRY_DECL boost::json::value parse_error_text(std::string_view text)
{
    if (text.empty() || text.size() > longest_error)
        return {};
    bool const is_utf16 = text.size() >= 2 && (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
                                               (text[0] == '\0') != (text[1] == '\0'));
    std::string const converted = is_utf16 ? from_utf16(text) : std::string();
    if (is_utf16)
        text = converted;
    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    boost::json::value parsed = parse_json(text);
    if (parsed.is_null() && !text.starts_with('<'))
        parsed = parse_json(without_nan(text));
    return parsed.is_null() ? parse_first_event(text) : parsed;
}

inline boost::json::object const* object_in(boost::json::object const& in, std::string_view name)
{
    auto const* const value = in.if_contains(name);
    return value ? value->if_object() : nullptr;
}

inline std::string text_of(boost::json::string const& text) { return {text.data(), text.size()}; }

/// A text, or a whole number as text: services send codes as both.
inline std::string scalar_text(boost::json::value const& value)
{
    if (auto const* const text = value.if_string())
        return text_of(*text);
    boost::system::error_code ec;
    auto const number = value.to_number<std::int64_t>(ec);
    return ec ? std::string{} : std::to_string(number);
}

/// `["body", "messages", 0]` as `body.messages.0`.
inline std::string location_of(boost::json::object const& in)
{
    std::string path;
    auto const* const loc = in.if_contains("loc");
    if (!loc || !loc->is_array())
        return path;
    for (auto const& step : loc->get_array())
        append_separated(path, ".", scalar_text(step));
    return path;
}

/// The message in a value. Only members that are known to hold one are read: others repeat the request.
inline std::string sentence_in(boost::json::value const& value)
{
    std::string sentence;
    if (auto const* const text = value.if_string())
        return text_of(*text);
    if (auto const* const list = value.if_array())
        for (auto const& item : *list)
            append_separated(sentence, "; ", sentence_in(item));
    if (auto const* const object = value.if_object()) {
        sentence = location_of(*object);
        for (std::string_view const name :
             {"message", "msg", "error_message", "error_msg", "detail", "error_description", "error", "errors", "title",
              "status_msg", "base_resp", "status", "text"}) {
            bool const is_known =
                name != "text" || object->contains("error_code"); // without a code, the text may be the model's
            auto const* const member = is_known ? object->if_contains(name) : nullptr;
            auto const found = member ? sentence_in(*member) : std::string{};
            append_separated(sentence, ": ", found);
            if (!found.empty())
                break;
        }
    }
    return sentence;
}

/// The innermost value: the content of the wrappers `error`, `response` and `detail`, or the whole.
inline boost::json::value const& unwrap_error(boost::json::value const& whole)
{
    auto const* const list = whole.if_array();
    if (list && !list->empty())
        return unwrap_error(list->front());
    auto const* const object = whole.if_object();
    if (!object)
        return whole;
    if (object_in(*object, "error"))
        return object->at("error");
    if (object->contains("message"))
        return whole;
    for (std::string_view const wrapper : {"response", "detail", "base_resp"})
        if (object_in(*object, wrapper))
            return unwrap_error(object->at(wrapper));
    auto const* const errors = object->if_contains("errors");
    if (errors && errors->is_array() && !errors->get_array().empty() && errors->get_array().front().is_object())
        return errors->get_array().front();
    return whole;
}

inline boost::json::object const* inner_error(boost::json::object const& in)
{
    auto const* const inner = object_in(in, "innererror"); // as Azure sends it
    return inner ? inner : object_in(in, "inner_error");   // as Azure documents it
}

inline boost::json::object const* filter_in(boost::json::object const& in)
{
    auto const* const results = object_in(in, "content_filter_result");
    return results ? results : object_in(in, "content_filter_results");
}

/// The verdicts of the filter that blocked; if none did, of the first.
inline boost::json::object const* filter_in_list(boost::json::array const& filters)
{
    boost::json::object const* found = nullptr;
    for (auto const& item : filters) {
        auto const* const filter = item.if_object();
        auto const* const results = filter ? filter_in(*filter) : nullptr;
        auto const* const blocked = results ? filter->if_contains("blocked") : nullptr;
        if (blocked && *blocked == true)
            return results;
        if (!found)
            found = results;
    }
    return found;
}

inline boost::json::object const* find_filter(boost::json::object const& error)
{
    for (auto const* level = &error; level; level = inner_error(*level))
        if (auto const* const results = filter_in(*level))
            return results;
    auto const* const filters = error.if_contains("content_filters");
    return filters && filters->is_array() ? filter_in_list(filters->get_array()) : nullptr;
}

inline std::shared_ptr<filter_results const> read_filter(boost::json::object const* found)
{
    std::shared_ptr<filter_results> results(new filter_results);
    if (!found || !json::reader{}.read(*results, boost::json::serialize(*found)))
        return nullptr;
    return results;
}

/// A number from 400 to 599, or 0.
inline unsigned error_status(std::string_view text)
{
    auto const number = parse_count(text).value_or(0);
    return number >= 400 && number <= 599 ? static_cast<unsigned>(number) : 0;
}

/// Reads the members of an error, from its innermost object or from a wrapper.
inline void read_members(parsed_error& into, boost::json::object const& error, boost::json::object const& wrapper)
{
    auto const member = [&](std::string_view name) {
        for (auto const* const object : {&error, &wrapper})
            if (auto const* const value = object->if_contains(name); value && !value->is_null())
                return scalar_text(*value);
        return std::string{};
    };
    into.code = member("code");
    for (std::string_view const other : {"error_code", "status_code"})
        if (into.code.empty())
            into.code = member(other);
    into.type = member("type");
    if (into.type.empty())
        into.type = member("status"); // Google's word for the code
    into.param = member("param");
    if (auto const* const detail = object_in(wrapper, "detail"); detail && into.param.empty())
        into.param = location_of(*detail);
    if (auto const* const inner = inner_error(error); inner && inner->contains("code"))
        into.inner_code = scalar_text(inner->at("code"));
    for (auto const& status : {into.code, member("status"), member("statusCode")})
        if (into.status == 0)
            into.status = error_status(status);
    into.filter = read_filter(find_filter(error));
}

/// Reads a completion that the content filter blocked: it may have the status of an error.
inline void read_blocked_choice(parsed_error& into, boost::json::value const& body)
{
    auto const* const object = body.if_object();
    auto const* const choices = object ? object->if_contains("choices") : nullptr;
    if (!choices || !choices->is_array())
        return;
    for (auto const& item : choices->get_array()) {
        auto const* const choice = item.if_object();
        auto const* const reason = choice ? choice->if_contains("finish_reason") : nullptr;
        if (!reason || *reason != "content_filter")
            continue;
        into.code = "content_filter";
        auto const* const results = filter_in(*choice);
        into.filter = read_filter(results);
        auto const* const failed = results ? object_in(*results, "error") : nullptr;
        into.message = failed ? sentence_in(*failed) : "";
        if (into.message.empty())
            into.message = "the output was blocked by the content filter";
        return;
    }
}

FOUNDRY_DECL parsed_error parse_error_body(response_info const& info, boost::json::value const& body)
{
    parsed_error c;
    bool const has_status = info.status() != 0 && info.status() / 100 != 2 && info.status() != 101;
    c.status = has_status ? info.status() : 0;
    c.is_json = !body.is_null();
    auto const& error = unwrap_error(body);
    c.message = sentence_in(error);
    if (c.message.empty())
        c.message = sentence_in(body);
    if (auto const* const members = error.if_object()) {
        auto const* const wrapper = body.if_object();
        read_members(c, *members, wrapper ? *wrapper : *members);
    }
    if (c.message.empty())
        read_blocked_choice(c, body);
    if (c.code.empty())
        c.code = info.header("x-ms-error-code");
    return c;
}

FOUNDRY_DECL bool has_code(parsed_error const& c, std::string_view word)
{
    return http::iequals(c.code, word) || http::iequals(c.inner_code, word) || http::iequals(c.type, word);
}

FOUNDRY_DECL bool is_filtered(parsed_error const& c)
{
    if (!c.filter)
        return false;
    for (auto const& [category, verdict] : *c.filter) {
        if (verdict.filtered)
            return true;
    }
    return false;
}

FOUNDRY_DECL bool says_anything(boost::json::value const& value)
{
    switch (value.kind()) {
    case boost::json::kind::null:
        return false;
    case boost::json::kind::bool_:
        return value.get_bool();
    case boost::json::kind::string:
        return !value.get_string().empty();
    case boost::json::kind::array:
        return std::any_of(value.get_array().begin(), value.get_array().end(), &says_anything);
    case boost::json::kind::object:
        for (auto const& member : value.get_object()) {
            if (says_anything(member.value()))
                return true;
        }
        return false;
    default:
        return value != 0;
    }
}

/// Whether it has a member that only a response to a chat or an embedding request has.
inline bool has_answer(boost::json::object const& document)
{
    for (std::string_view const name : {"choices", "data", "output", "usage"}) {
        auto const* const value = document.if_contains(name);
        if (value && (value->is_array() ? !value->get_array().empty() : says_anything(*value)))
            return true;
    }
    return false;
}

FOUNDRY_DECL bool is_error_document(boost::json::value const& document)
{
    auto const* const object = document.if_object();
    if (!object)
        return false;
    auto const is = [object](std::string_view name, std::string_view text) {
        auto const* const value = object->if_contains(name);
        return value && value->is_string() && value->get_string() == text;
    };
    auto const* const error = object->if_contains("error");
    bool const reports = error && !error->is_null() && (says_anything(*error) || !has_answer(*object));
    return reports || is("type", "error") || is("object", "error") || is("type", "response.failed");
}

FOUNDRY_DECL bool looks_like_error(boost::json::value const& document)
{
    auto const* const object = document.if_object();
    if (!object || has_answer(*object))
        return false;
    auto const says = [object](std::string_view name) {
        auto const* const value = object->if_contains(name);
        return value && says_anything(*value);
    };
    auto const is = [object](std::string_view name, boost::json::value const& expected) {
        auto const* const value = object->if_contains(name);
        return value && *value == expected;
    };
    auto const* const base = object_in(*object, "base_resp");
    return says("detail") || says("errors") || says("error_code") || says("error_message") || says("error_msg") ||
           (says("message") && says("code")) || is("success", false) || is("status", "error") ||
           (base && says_anything(*base));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
