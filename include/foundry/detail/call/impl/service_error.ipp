// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/call/error_advice.hpp>
#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/call/error_code.hpp>
#include <foundry/detail/call/service_error.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A wait in words: `45 seconds`, `1 minute` or `1.5s`; nothing for a number without a unit.
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

/// The wait in a message such as "Please retry after 45 seconds." or "Please try again in 1.5s."
inline std::optional<std::chrono::milliseconds> find_wait(std::string_view message)
{
    auto const words = to_lower(message);
    for (std::string_view const lead : {"retry after ", "try again in ", "retry in "})
        if (auto const at = words.find(lead); at != std::string::npos)
            if (auto const wait = read_wait(std::string_view{words}.substr(at + lead.size())))
                return wait;
    return {};
}

/// The wait for a rate limit whose response has no field for it.
inline std::optional<std::chrono::milliseconds> find_other_wait(response_info const& info, std::string_view message)
{
    auto const wait = find_wait(message);
    return wait || info.status() != 429 ? wait : parse_duration(info.header("x-rate-limit-reset-tokens"));
}

inline error build_service_error(error_context const& what, response_info const& info,
                                 boost::json::value const& document, std::string_view body)
{
    auto c = parse_error_body(info, document);
    auto const meaning = classify_error(what, c, body, info.header("server"));
    failure f;
    f.info = info;
    f.status = info.status();
    f.advice = advise_on_error(what, info, c, meaning);
    if (!c.is_json && !body.empty())
        append_separated(f.advice, "; ", "the answer is not JSON and may come from a proxy: see body()");
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

FOUNDRY_DECL error make_service_error(error_context const& what, response_info const& info, std::string body)
{
    return build_service_error(what, info, parse_error_text(body), body);
}

FOUNDRY_DECL void throw_service_error_in(std::string_view text, error_context const& what, response_info const& info,
                                         std::string_view event_type)
{
    bool const announced = event_type == "error";
    if (!announced && text.find("\"error\"") == std::string_view::npos)
        return; // nearly every event returns here, unparsed
    auto const document = parse_error_text(text);
    if (announced || is_error_document(document))
        throw build_service_error(what, info, document, text);
}

FOUNDRY_DECL void throw_any_error_in(std::string_view text, error_context const& what, response_info const& info)
{
    auto const document = parse_error_text(text);
    if (is_error_document(document) || looks_like_error(document))
        throw build_service_error(what, info, document, text);
}

FOUNDRY_DECL error in_answer(error const& found, response_info const& info, std::string_view body)
{
    failure f = found.details();
    if (f.info.status() == 0)
        f.info = info;
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
