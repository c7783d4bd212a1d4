// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/content_filter.hpp>
#include <foundry/detail/auth/challenge.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/event_parser.hpp>
#include <foundry/detail/json/reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

// An error comes in some twenty shapes, and one mistake has several codes. Reading it takes three steps:
// read_complaint() makes one form of all shapes, classify() finds the code for it, and advise() says what to do.

namespace foundry::inline FOUNDRY_ABI::detail {

/// No service writes a longer one; a longer text is not read as JSON.
inline constexpr std::size_t longest_error = 1024 * 1024;
// ---- Step one: one form for all shapes.

/// What an error says, whatever its shape.
struct complaint
{
    unsigned status = 0; ///< The HTTP status, or the one that an error in a body of status 200 names; 0 for none.
    bool is_json = false;
    std::string code;
    std::string inner_code;
    std::string type;
    std::string param;
    std::string message;
    std::shared_ptr<filter_results const> filter;
};

/// UTF-16 as UTF-8: with a byte order mark, or if its first character is ASCII.
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

/// JSON as Python writes it has numbers that are none.
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

/// The first event that is JSON, of a body that has the form of an event stream.
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

/// Null if it is not JSON, not even as an event, in UTF-16 or with numbers that JSON does not have.
inline boost::json::value parse_error_text(std::string_view text)
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

/// A text, or a whole number as one: codes come as both.
inline std::string scalar_text(boost::json::value const& value)
{
    if (auto const* const text = value.if_string())
        return text_of(*text);
    boost::system::error_code ec;
    auto const number = value.to_number<std::int64_t>(ec);
    return ec ? std::string{} : std::to_string(number);
}

inline void append_joined(std::string& text, std::string_view separator, std::string_view more)
{
    if (!text.empty() && !more.empty())
        text += separator;
    text += more;
}

/// `["body", "messages", 0]` as `body.messages.0`.
inline std::string location_of(boost::json::object const& in)
{
    std::string path;
    auto const* const loc = in.if_contains("loc");
    if (!loc || !loc->is_array())
        return path;
    for (auto const& step : loc->get_array())
        append_joined(path, ".", scalar_text(step));
    return path;
}

/// The sentence for a person in a value. Only members that are known to hold one are read: others repeat the request.
inline std::string sentence_in(boost::json::value const& value)
{
    std::string sentence;
    if (auto const* const text = value.if_string())
        return text_of(*text);
    if (auto const* const list = value.if_array())
        for (auto const& item : *list)
            append_joined(sentence, "; ", sentence_in(item));
    if (auto const* const object = value.if_object()) {
        sentence = location_of(*object);
        for (std::string_view const name :
             {"message", "msg", "error_message", "error_msg", "detail", "error_description", "error", "errors", "title",
              "status_msg", "base_resp", "status", "text"}) {
            bool const is_known =
                name != "text" || object->contains("error_code"); // else the model may have written it
            auto const* const member = is_known ? object->if_contains(name) : nullptr;
            auto const found = member ? sentence_in(*member) : std::string{};
            append_joined(sentence, ": ", found);
            if (!found.empty())
                break;
        }
    }
    return sentence;
}

/// The value that says most: what the wrappers `error`, `response` and `detail` hold, or the whole.
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

/// The verdicts of the one that blocked, or else of the first.
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

/// Reads the members of an error. What its innermost object lacks, a wrapper may have.
inline void read_members(complaint& into, boost::json::object const& error, boost::json::object const& wrapper)
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

/// A completion that the content filter holds back may come with the status of an error.
inline void read_blocked_choice(complaint& into, boost::json::value const& body)
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

inline complaint read_complaint(response_info const& info, boost::json::value const& body)
{
    complaint c;
    bool const has_status = info.status() != 0 && info.status() / 100 != 2;
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

// ---- Step two: one code for each.

struct known_word
{
    std::string_view word;
    errc meaning;
};

/// Codes and types that say more than the status does.
inline constexpr std::array<known_word, 21> known_error_words{{
    {"content_filter", errc::content_filter},
    {"ResponsibleAIPolicyViolation", errc::content_filter},
    {"unknown_model", errc::model_not_found},
    {"no_model_name", errc::model_not_found},
    {"DeploymentNotFound", errc::model_not_found},
    {"model_not_found", errc::model_not_found},
    {"tokens_limit_reached", errc::too_large},
    {"context_length_exceeded", errc::too_large},
    {"exceed_context_size_error", errc::too_large}, // llama.cpp
    {"insufficient_quota", errc::quota_exhausted},
    {"rate_limit_exceeded", errc::rate_limited},
    {"rate_limit_error", errc::rate_limited},
    {"rate_limited", errc::rate_limited},
    {"RateLimitReached", errc::rate_limited},
    {"too_many_requests", errc::rate_limited},
    {"Throttling", errc::rate_limited},
    {"throttling_error", errc::rate_limited},
    {"RESOURCE_EXHAUSTED", errc::rate_limited},
    {"overloaded_error", errc::service_error},
    {"too_many_tokens", errc::too_large},
    {"tokens_exceeded", errc::too_large},
}};

/// The same in prose, in lower case, for services that give no code.
inline constexpr std::array<known_word, 4> known_error_phrases{{
    {"the response was filtered", errc::content_filter},
    {"content management policy", errc::content_filter},
    {"maximum context length", errc::too_large},
    {"unexpected endpoint or method", errc::route_not_found}, // LM Studio
}};

inline bool says(complaint const& c, std::string_view word)
{
    return http::iequals(c.code, word) || http::iequals(c.inner_code, word) || http::iequals(c.type, word);
}

inline bool is_filtered(complaint const& c)
{
    if (!c.filter)
        return false;
    for (auto const& [category, verdict] : *c.filter) {
        if (verdict.filtered)
            return true;
    }
    return false;
}

/// errc{} where they say nothing.
inline errc classify_by_words(complaint const& c)
{
    for (auto const& [word, meaning] : known_error_words)
        if (says(c, word))
            return meaning;
    if (is_filtered(c))
        return errc::content_filter;
    auto const message = to_lower(c.message);
    for (auto const& [phrase, meaning] : known_error_phrases)
        if (message.find(phrase) != std::string::npos)
            return meaning;
    return errc{};
}

inline errc classify_by_status(unsigned status)
{
    switch (status) {
    case 401:
        return errc::unauthorized;
    case 403:
        return errc::forbidden;
    case 404:
    case 405:
    case 424:
    case 501:
        return errc::route_not_found;
    case 408:
    case 409:
        return errc::service_error;
    case 413:
    case 431:
        return errc::too_large;
    case 422:
        return errc::unprocessable;
    case 429:
        return errc::rate_limited;
    default:
        return status < 400 ? errc::unexpected_reply : status < 500 ? errc::bad_request : errc::service_error;
    }
}

/// Whether the words of a 404 are about the URL. A page that is not JSON comes from a server that does not know the
/// path.
inline bool blames_the_url(complaint const& c, std::string_view body, std::string_view gateway)
{
    if (!c.is_json)
        return !body.empty() || gateway.find("envoy") != gateway.npos;
    auto const message = to_lower(c.message);
    for (std::string_view const words : {"resource not found", "file not found", "page not found", "route not found",
                                         "no route", "could not route", "not found: /", "unknown url"}) {
        if (message.find(words) != message.npos)
            return true;
    }
    bool const names_verb = message.find("cannot post ") != message.npos ||
                            message.find("cannot get ") != message.npos ||
                            message.find("route post:") != message.npos || message.find("route get:") != message.npos;
    return names_verb || message == "not found" || message.starts_with("invalid url");
}

/// Whether the URL of the request is right for every model, so that a 404 without a reason means the model.
inline bool serves_any_model(asked const& what)
{
    auto const form = what.where ? what.where->form() : api_form::models;
    return (form == api_form::openai_v1 || form == api_form::compatible) &&
           (what.operation == "chat/completions" || what.operation == "embeddings");
}

inline errc classify(asked const& what, complaint const& c, std::string_view body, std::string_view gateway)
{
    errc const by_words = c.status == 0 || c.status >= 400 ? classify_by_words(c) : errc{};
    if (by_words != errc{} && (c.status < 500 || by_words == errc::content_filter))
        return by_words;
    if (c.status == 0)
        return says(c, "invalid_request_error") ? errc::bad_request : errc::service_error;
    if (c.status == 404 && serves_any_model(what) && !blames_the_url(c, body, gateway))
        return errc::model_not_found;
    return classify_by_status(c.status);
}

// ---- Step three: what to do about it.

/// Some failures have a known way out. `signs` all stand in the error's code, param and message, each on a line of its
/// own, in lower case.
struct known_remedy
{
    std::string_view signs[2];
    std::string_view advice;
};

inline constexpr known_remedy known_remedies[] = {
    {{"extra parameters", "not allowed"}, "set call_options.extra_parameters to pass_through, or unset the member"},
    {{"#/max_completion_tokens", "extra inputs"}, "set max_tokens instead"},
    {{"extra inputs are not permitted"}, "unset the member: this model does not take it"},
    {{"unsupported_parameter\nmax_tokens\n"}, "set max_completion_tokens instead"},
    {{"'max_tokens' is not supported"}, "set max_completion_tokens instead"},
    {{"unsupported_", "\ntemperature\n"}, "leave it unset for this model"},
    {{"unsupported_", "\ntop_p\n"}, "leave it unset for this model"},
    {{"unsupported value: 'temperature'"}, "leave it unset for this model"},
    {{"unsupported value: 'top_p'"}, "leave it unset for this model"},
    {{"streaming", "not currently supported"}, "use complete()"},
    {{"streaming is not supported"}, "use complete()"},
    {{"tool choice requires"},
     "the server was started without tool calling: start it with the options that it names, or send no tools"},
    {{"json_schema is enabled only for api versions"},
     "use an endpoint that ends in /openai/v1, or a newer api-version with set_api_version()"},
    {{"api-version query parameter is not allowed"}, "send no api-version: set_api_version(\"\") of the endpoint"},
};

inline std::string_view find_remedy(complaint const& c)
{
    auto const words = to_lower(joined({c.code, "\n", c.param, "\n", c.message}));
    for (auto const& remedy : known_remedies)
        if (words.find(remedy.signs[0]) != words.npos && words.find(remedy.signs[1]) != words.npos)
            return remedy.advice;
    return {};
}

/// One of Azure's own hosts, or a gateway before one.
inline bool is_azure(endpoint const* where)
{
    return where && where->kind() != host_kind::github && where->kind() != host_kind::other;
}

inline std::string advise_on_audience(endpoint const& where, std::string_view scope, std::string_view message)
{
    auto const named = named_audiences(message);
    if (named.empty() || !is_azure(&where))
        return {};
    std::string audiences;
    bool as_sent = false;
    for (auto const& audience : named) {
        append_joined(audiences, " or ", audience);
        as_sent = as_sent || scope == joined({audience, "/.default"});
    }
    std::string const advice = joined({"; the service takes tokens for ", audiences});
    return as_sent ? advice : joined({advice, ": set_scope(\"", named.front(), "/.default\") of the endpoint"});
}

inline std::string advise_on_credential(asked const& what, complaint const& c)
{
    endpoint const* const where = what.where;
    if (!where)
        return "check the credential";
    std::string_view const scope = what.scope.empty() ? std::string_view(where->scope()) : what.scope;
    return joined({"a key goes to this endpoint as ",
                   where->key_in_api_key_field() ? "api-key" : "Authorization: Bearer",
                   scope.empty()        ? ""
                   : what.scope.empty() ? ", a token has the scope "
                                        : ", the token had the scope ",
                   scope, "; check that it belongs to this resource and has not expired",
                   advise_on_audience(*where, scope, c.message)});
}

inline std::string advise_on_permission(endpoint const* where)
{
    if (!is_azure(where))
        return "the credential is known but may not do this";
    bool const openai = where->host().find(".openai.azure.") != std::string::npos;
    return joined({"give the identity the role ", openai ? "Cognitive Services OpenAI User" : "Cognitive Services User",
                   " on the resource and wait five minutes, or look for a network rule that keeps this machine out"});
}

inline std::string advise_on_model(asked const& what, complaint const& c)
{
    auto const fixed = what.where ? std::string_view{what.where->deployment()} : std::string_view{};
    auto const name = what.deployment.empty() ? fixed : what.deployment;
    if (name.empty() || says(c, "no_model_name"))
        return what.operation.ends_with("embeddings") ? "set the request's model or options.default_embedding_model"
                                                      : "set the request's model or options.default_model";
    return joined({"no deployment '", name, "' was found", what.where ? " at " : "",
                   what.where ? what.where->url() : std::string{},
                   is_azure(what.where)
                       ? "; write the name of the deployment, not of its model; a new one takes five minutes to work"
                       : "",
                   classify_by_words(c) != errc{} ? "" : "; if the name is right, check the path of the URL"});
}

inline std::string other_routes(asked const& what)
{
    auto const& where = *what.where;
    bool const foundry = where.kind() == host_kind::foundry;
    std::string const host = where.host_field();
    switch (where.form()) {
    case api_form::models:
        return foundry ? joined({"; write https://", host, "/openai/v1 or https://", host,
                                 "/models, or set another api-version"})
                       : "; check the target URI and the api-version";
    case api_form::dated:
        return foundry ? joined({"; check the host, the path, the api-version and the deployment, or write https://",
                                 host, "/openai/v1, which takes no api-version"})
                       : "; check the host, the path, the api-version and the deployment";
    case api_form::openai_v1:
        return "; check the path, and send no api-version";
    case api_form::compatible:
        break;
    }
    return "; check the path, which ends in /v1 on many servers";
}

inline std::string advise_on_route(asked const& what)
{
    if (!what.where)
        return "check the URL of the endpoint";
    auto const& version = what.where->api_version();
    return joined({what.where->url(), " does not serve ", what.operation.empty() ? "this operation" : what.operation,
                   version.empty() ? "" : " with api-version ", version, ", or the model does not",
                   other_routes(what)});
}

inline std::string advise_on_filter(complaint const& c)
{
    std::string categories;
    if (c.filter)
        for (auto const& [category, verdict] : *c.filter)
            if (verdict.filtered)
                append_joined(categories, ", ", category);
    return joined({"change the prompt", categories.empty() ? "" : ", which was blocked for ", categories});
}

inline std::string advise_on_size(complaint const& c)
{
    if (c.status == 431)
        return "send fewer headers: Azure takes ten of one's own";
    return "send less: fewer or shorter messages, or ask for fewer tokens";
}

inline std::string advise_on_value(complaint const& c)
{
    if (auto const remedy = find_remedy(c); !remedy.empty())
        return std::string{remedy};
    return c.param.empty() ? std::string{} : joined({"check '", c.param, "' in the request"});
}

/// Scheme and host of a URL. The rest may hold a secret.
inline std::string_view redirect_target(std::string_view url)
{
    for (std::string_view const scheme : {"https://", "http://"}) {
        if (!http::iequals(url.substr(0, scheme.size()), scheme))
            continue;
        auto const authority = url.substr(scheme.size(), url.find_first_of("/?#\\", scheme.size()) - scheme.size());
        return authority.find('@') == std::string_view::npos ? url.substr(0, scheme.size() + authority.size())
                                                             : std::string_view{};
    }
    return {};
}

inline std::string advise_on_reply(response_info const& info)
{
    if (info.status() / 100 != 3)
        return "the status is not one that this API has";
    auto const target = redirect_target(info.header("location"));
    return joined({"redirects are not followed", target.empty() ? "" : "; this one leads to ", target});
}

inline std::string advise(asked const& what, response_info const& info, complaint const& c, errc meaning)
{
    switch (meaning) {
    case errc::bad_request:
    case errc::unprocessable:
        return advise_on_value(c);
    case errc::unauthorized:
        return advise_on_credential(what, c);
    case errc::forbidden:
        return advise_on_permission(what.where);
    case errc::model_not_found:
        return advise_on_model(what, c);
    case errc::route_not_found:
        return advise_on_route(what);
    case errc::content_filter:
        return advise_on_filter(c);
    case errc::too_large:
        return advise_on_size(c);
    case errc::rate_limited:
        return "wait, for retry_after() where it is set, and send less often";
    case errc::quota_exhausted:
        return "waiting does not help: raise the quota";
    case errc::unexpected_reply:
        return advise_on_reply(info);
    default:
        return "try again later";
    }
}

// ---- All three.

/// A wait in prose: `45 seconds`, `1 minute` or `1.5s`. A number without a unit could be anything.
inline std::optional<std::chrono::milliseconds> read_wait(std::string_view words)
{
    auto length = words.substr(0, words.find(' '));
    auto const unit = words.substr(std::min(length.size() + 1, words.size()));
    if (unit.starts_with("second"))
        return parse_wait(length, 1000);
    if (unit.starts_with("minute"))
        return parse_wait(length, 60 * 1000);
    if (unit.starts_with("millisecond"))
        return parse_wait(length, 1);
    while (length.ends_with('.') || length.ends_with(','))
        length.remove_suffix(1);
    return parse_wait(length, 1000) ? std::nullopt : parse_duration(length);
}

/// The wait in "Please retry after 45 seconds." or "Please try again in 1.5s."
inline std::optional<std::chrono::milliseconds> find_wait(std::string_view message)
{
    auto const words = to_lower(message);
    for (std::string_view const lead : {"retry after ", "try again in ", "retry in "})
        if (auto const at = words.find(lead); at != std::string::npos)
            if (auto const wait = read_wait(std::string_view{words}.substr(at + lead.size())))
                return wait;
    return {};
}

/// The wait that a rate limit asks for where its head has no field for it.
inline std::optional<std::chrono::milliseconds> find_other_wait(response_info const& info, std::string_view message)
{
    auto const wait = find_wait(message);
    return wait || info.status() != 429 ? wait : parse_duration(info.header("x-rate-limit-reset-tokens"));
}

inline error build_service_error(asked const& what, response_info const& info, boost::json::value const& document,
                                 std::string_view body)
{
    auto c = read_complaint(info, document);
    auto const meaning = classify(what, c, body, info.header("server"));
    failure f;
    f.status = info.status();
    f.advice = advise(what, info, c, meaning);
    if (!c.is_json && !body.empty())
        append_joined(f.advice, "; ", "the answer is not JSON and may come from a proxy: see body()");
    f.request_id = info.request_id();
    f.apim_request_id = info.apim_request_id();
    f.client_request_id = info.client_request_id();
    f.retry_after = info.retry_after();
    if (!f.retry_after && meaning == errc::rate_limited)
        f.retry_after = find_other_wait(info, c.message);
    if (auto const wish = info.header("x-should-retry"); wish == "true" || wish == "false")
        f.should_retry = wish == "true";
    f.content_filter = std::move(c.filter);
    f.service_code = std::move(c.code);
    f.service_message = std::move(c.message);
    if (f.service_message.empty() && info.status() / 100 == 2)
        f.service_message = no_reason;
    f.body = body.substr(0, max_kept_body);
    return {make_error_code(meaning), std::move(f)};
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

/// Whether there is something in it that a chat or a request for vectors asks for.
inline bool has_answer(boost::json::object const& document)
{
    for (std::string_view const name : {"choices", "data", "output", "usage"}) {
        auto const* const value = document.if_contains(name);
        if (value && (value->is_array() ? !value->get_array().empty() : says_anything(*value)))
            return true;
    }
    return false;
}

/// Whether a document that came with status 200 is an error all the same.
inline bool is_error_document(boost::json::value const& document)
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

/// Whether a document that is no answer has the shape of an error of some service.
inline bool looks_like_error(boost::json::value const& document)
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

FOUNDRY_DECL error make_service_error(asked const& what, response_info const& info, std::string body)
{
    return build_service_error(what, info, parse_error_text(body), body);
}

FOUNDRY_DECL void throw_service_error_in(std::string_view text, asked const& what, response_info const& info,
                                         std::string_view event_type)
{
    bool const announced = event_type == "error";
    if (!announced && text.find("\"error\"") == std::string_view::npos)
        return; // nearly every event ends here, unparsed
    auto const document = parse_error_text(text);
    if (announced || is_error_document(document))
        throw build_service_error(what, info, document, text);
}

FOUNDRY_DECL void throw_any_error_in(std::string_view text, asked const& what, response_info const& info)
{
    auto const document = parse_error_text(text);
    if (is_error_document(document) || looks_like_error(document))
        throw build_service_error(what, info, document, text);
}

FOUNDRY_DECL error in_answer(error const& found, response_info const& info, std::string_view body)
{
    failure f = found.details();
    if (f.status == 0)
        f.status = info.status();
    if (f.request_id.empty())
        f.request_id = info.request_id();
    if (f.apim_request_id.empty())
        f.apim_request_id = info.apim_request_id();
    if (f.client_request_id.empty())
        f.client_request_id = info.client_request_id();
    if (f.body.empty())
        f.body = body.substr(0, max_kept_body);
    return {found.code(), std::move(f)};
}

} // namespace foundry::inline FOUNDRY_ABI::detail
