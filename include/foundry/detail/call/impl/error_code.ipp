// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/error_code.hpp>

#include <array>

namespace foundry::inline FOUNDRY_ABI::detail {

struct known_word
{
    std::string_view word;
    errc meaning;
};

/// Codes and types that say more than the status does.
inline constexpr std::array<known_word, 23> known_error_words{{
    {"content_filter", errc::content_filter},       {"ResponsibleAIPolicyViolation", errc::content_filter},
    {"unknown_model", errc::model_not_found},       {"no_model_name", errc::model_not_found},
    {"DeploymentNotFound", errc::model_not_found},  {"model_not_found", errc::model_not_found},
    {"tokens_limit_reached", errc::too_large},      {"context_length_exceeded", errc::too_large},
    {"exceed_context_size_error", errc::too_large}, // llama.cpp
    {"insufficient_quota", errc::quota_exhausted},  {"token_limit_exceeded", errc::queue_full},
    {"rate_limit_exceeded", errc::rate_limited},    {"rate_limit_error", errc::rate_limited},
    {"rate_limited", errc::rate_limited},           {"RateLimitReached", errc::rate_limited},
    {"too_many_requests", errc::rate_limited},      {"Throttling", errc::rate_limited},
    {"throttling_error", errc::rate_limited},       {"RESOURCE_EXHAUSTED", errc::rate_limited},
    {"overloaded_error", errc::service_error},      {"too_many_tokens", errc::too_large},
    {"tokens_exceeded", errc::too_large},           {"invalid_api_key", errc::unauthorized},
}};

/// The same as parts of a message, in lower case, for services that send no code.
inline constexpr std::array<known_word, 4> known_error_phrases{{
    {"the response was filtered", errc::content_filter},
    {"content management policy", errc::content_filter},
    {"maximum context length", errc::too_large},
    {"unexpected endpoint or method", errc::route_not_found}, // LM Studio
}};

FOUNDRY_DECL errc classify_by_words(parsed_error const& c)
{
    for (auto const& [word, meaning] : known_error_words)
        if (has_code(c, word))
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

/// Whether a 404 is about the URL. A page that is not JSON comes from a server that does not know the path.
inline bool mentions_url(parsed_error const& c, std::string_view body, std::string_view gateway)
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

/// Whether the URL is the same for every model, so that a 404 without a reason is about the model.
inline bool serves_any_model(error_context const& what)
{
    auto const form = what.endpoint ? what.endpoint->form() : api_form::models;
    return (form == api_form::openai_v1 || form == api_form::compatible) &&
           (what.what == &operations::chat || what.what == &operations::embeddings);
}

FOUNDRY_DECL errc classify_error(error_context const& what, parsed_error const& c, std::string_view body,
                                 std::string_view gateway)
{
    errc const by_words = c.status == 0 || c.status >= 400 ? classify_by_words(c) : errc{};
    if (by_words != errc{} && (c.status < 500 || by_words == errc::content_filter))
        return by_words;
    if (c.status == 0)
        return has_code(c, "invalid_request_error") ? errc::bad_request : errc::service_error;
    if (c.status == 404 && serves_any_model(what) && !mentions_url(c, body, gateway))
        return errc::model_not_found;
    return classify_by_status(c.status);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
