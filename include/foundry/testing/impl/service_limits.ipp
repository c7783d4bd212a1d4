// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

inline constexpr std::size_t bytes_per_token = 4;

/// The size of the text in a part of a prompt. A token that is sent as a number is as large as one in a text.
FOUNDRY_DECL std::size_t text_size(json::value const& part)
{
    if (auto const* const text = part.if_string())
        return text->size();
    std::size_t size = part.is_number() ? bytes_per_token : 0;
    if (auto const* const items = part.if_array()) {
        for (auto const& item : *items)
            size += text_size(item);
    }
    if (auto const* const object = part.if_object()) {
        for (char const* const name : {"content", "text", "arguments", "output"}) {
            if (auto const* const inner = object->if_contains(name))
                size += text_size(*inner);
        }
    }
    return size;
}

/// The tokens that a request counts for before it runs, as on Azure: an estimate of the prompt, and all that the response may have.
FOUNDRY_DECL std::uint64_t estimated_tokens(json::object const& body)
{
    std::size_t size = 0;
    for (char const* const name : {"messages", "instructions", "prompt", "input"}) {
        if (auto const* const part = body.if_contains(name))
            size += text_size(*part);
    }
    std::uint64_t tokens = (size + bytes_per_token - 1) / bytes_per_token;
    for (char const* const name : {"max_tokens", "max_completion_tokens", "max_output_tokens"})
        tokens += count_of(body, name).value_or(0);
    return tokens;
}

/// Azure's name of an operation.
FOUNDRY_DECL std::string_view operation_id(std::string_view operation)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> names = {
        {{"chat/completions", "ChatCompletions_Create"},
         {"completions", "Completions_Create"},
         {"embeddings", "Embeddings_Create"},
         {"responses", "Responses_Create"},
         {"images/generations", "ImageGenerations_Create"},
         {"audio/speech", "Audio_Speech"},
         {"audio/transcriptions", "Audio_Transcriptions"},
         {"audio/translations", "Audio_Translations"}}};
    for (auto const& [known, name] : names) {
        if (operation == known)
            return name;
    }
    return operation;
}

FOUNDRY_DECL std::int64_t whole_seconds(std::chrono::milliseconds time)
{
    return std::chrono::ceil<std::chrono::seconds>(time).count();
}

FOUNDRY_DECL std::string in_seconds(std::chrono::milliseconds time)
{
    auto const seconds = whole_seconds(time);
    return std::to_string(seconds) + (seconds == 1 ? " second" : " seconds");
}

/// A time as OpenAI writes it: `17ms`, `8.640s` or `6m0s`.
FOUNDRY_DECL std::string as_duration(std::chrono::milliseconds time)
{
    auto const count = time.count();
    if (count < 1000)
        return std::to_string(count) + "ms";
    auto const fraction = std::to_string(1000 + count % 1000).substr(1);
    return (count < 60000 ? std::string() : std::to_string(count / 60000) + "m") + std::to_string(count / 1000 % 60) +
           (fraction == "000" ? "s" : "." + fraction + "s");
}

/// Azure's message of a limit that is exceeded.
FOUNDRY_DECL std::string azure_limit_message(std::string const& deployment, route const& target,
                                             rate_decision const& decision)
{
    auto const version = target.parameter("api-version");
    std::string made = "Your requests to " + deployment + " for " + deployment + " in " + std::string(region_name) +
                       " have exceeded the ";
    made += decision.exceeds_tokens() ? "token" : "call";
    made += " rate limit for your current OpenAI S0 pricing tier. This request was for ";
    made += operation_id(target.operation);
    made += version ? " under Azure OpenAI API version " + *version : " under OpenAI Language Model Instance API";
    return made + ". Please retry after " + in_seconds(decision.retry_after) +
           ". To increase your default rate limit, visit: https://aka.ms/oai/quotaincrease.";
}

/// OpenAI's message of a limit that is exceeded.
FOUNDRY_DECL std::string openai_limit_message(std::string const& model, std::uint64_t tokens,
                                              rate_decision const& decision, rate_limits const& limits)
{
    auto const start = "Rate limit reached for " + model + " in organization org-emulator on ";
    auto const end = ". Please try again in " + as_duration(decision.retry_after) +
                     ". Visit https://platform.openai.com/account/rate-limits to learn more.";
    if (!decision.exceeds_tokens())
        return start + "requests per min (RPM): Limit " + std::to_string(limits.requests) + ", Used " +
               std::to_string(limits.requests) + ", Requested 1" + end;
    return start + "tokens per min (TPM): Limit " + std::to_string(limits.tokens) + ", Used " +
           std::to_string(decision.used_tokens) + ", Requested " + std::to_string(tokens) + end;
}

FOUNDRY_DECL std::string github_limit_message(rate_decision const& decision, rate_limits const& limits)
{
    bool const by_tokens = decision.exceeds_tokens();
    return "Rate limit of " + std::to_string(by_tokens ? limits.tokens : limits.requests) + " per " +
           std::to_string(whole_seconds(limits.window)) + "s exceeded for UserByModelByMinute" +
           (by_tokens ? "Tokens" : "") + ". Please wait " + in_seconds(decision.retry_after) + " before retrying.";
}

FOUNDRY_DECL std::string limit_message(std::string const& deployment, std::uint64_t tokens, route const& target,
                                       rate_decision const& decision, rate_limits const& limits)
{
    if (target.kind == form::compatible)
        return openai_limit_message(deployment, tokens, decision, limits);
    if (target.kind == form::github)
        return github_limit_message(decision, limits);
    if (speaks_openai(target.kind))
        return azure_limit_message(deployment, target, decision);
    auto place = lower(region_name);
    std::erase(place, ' ');
    return "Your requests to " + deployment + " for " + deployment + " in " + place + " have exceeded rate limit.";
}

/// The deployment that a request names. The request counts towards its limits, unless it is a row of a batch.
FOUNDRY_DECL std::string service::admit(json::object const& body, recorded_request const& request, route const& target,
                                        std::vector<std::string> const& deployments)
{
    auto model = find_model(body, request, target, deployments);
    bool const is_row_of_batch = request.connection == 0;
    if (!limits_.is_set() || is_row_of_batch)
        return model;
    auto const tokens = estimated_tokens(body);
    rate_ = shared_.admit(model, tokens, std::chrono::steady_clock::now());
    if (rate_->is_admitted())
        return model;
    throw refusal(429, error_writer(target.kind)
                           .service_error("RateLimitReached", limit_message(model, tokens, target, *rate_, limits_),
                                          rate_->exceeds_tokens() ? "tokens" : "requests", "rate_limit_exceeded"));
}

/// Adds what the deployment still admits and, if it has refused the request, the time to wait. Foundry Models reports only the latter.
FOUNDRY_DECL void service::add_rate_headers(reply& r, form kind) const
{
    if (!rate_)
        return;
    if (!rate_->is_admitted()) {
        if (limits_.window >= std::chrono::seconds(1))
            r.set_header("retry-after", std::to_string(whole_seconds(rate_->retry_after)));
        r.set_header("retry-after-ms", std::to_string(rate_->retry_after.count()));
        if (!speaks_openai(kind))
            return;
    }
    auto const seconds = std::chrono::floor<std::chrono::seconds>(rate_->reset).count();
    auto const reset = kind == form::compatible ? as_duration(rate_->reset) : std::to_string(seconds);
    auto const add = [&](std::string const& unit, std::uint64_t limit, std::uint64_t remaining) {
        if (limit == 0)
            return;
        r.set_header("x-ratelimit-limit-" + unit, std::to_string(limit));
        r.set_header("x-ratelimit-remaining-" + unit, std::to_string(remaining));
        r.set_header("x-ratelimit-reset-" + unit, reset);
    };
    add("requests", limits_.requests, rate_->remaining_requests);
    add("tokens", limits_.tokens, rate_->remaining_tokens);
}

FOUNDRY_DECL std::string outage_message(unsigned status)
{
    if (status == 429)
        return "The system is currently experiencing high demand and cannot process your request.";
    return status == 500 ? "The server had an error while processing your request. Sorry about that!"
                         : "The service is temporarily unable to process your request. Please try again later.";
}

FOUNDRY_DECL reply service::fail(recorded_request const& request, outage_reader const& failure)
{
    auto const target = find_route(request.target, request.host);
    auto const status = failure.status();
    auto made = reply_to(
        refusal(status, error_writer(target.kind)
                            .service_error(std::to_string(status), outage_message(status), "server_error", nullptr)),
        target.kind);
    if (auto const time = failure.retry_after())
        made.set_header("retry-after", std::to_string(time->count()));
    made.head = request.method == "HEAD";
    add_headers(made, request);
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
