// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/base/time_text.hpp>
#include <foundry/response_info.hpp>

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Time until `then`, from the `Date` of the response if there is one, because the clock of this machine may be wrong.
inline std::optional<std::chrono::milliseconds> parse_wait_until(std::string_view then, std::string_view date)
{
    auto const end = parse_http_date(then);
    if (!end)
        return {};
    auto const now = parse_http_date(date);
    return to_wait(1000.0 * static_cast<double>(*end - (now ? *now : std::time(nullptr))));
}

} // namespace detail

FOUNDRY_DECL response_info::response_info(unsigned status, response_headers headers, std::string client_request_id)
    : status_(status),
      headers_(std::move(headers)),
      client_request_id_(std::move(client_request_id))
{}

FOUNDRY_DECL std::string_view response_info::header(std::string_view name) const noexcept
{
    return headers_.find(name);
}

FOUNDRY_DECL std::string_view response_info::request_id() const noexcept
{
    auto const id = header("x-request-id");
    return id.empty() ? header("x-ms-request-id") : id;
}

FOUNDRY_DECL std::string_view response_info::apim_request_id() const noexcept { return header("apim-request-id"); }

FOUNDRY_DECL foundry::rate_limits response_info::rate_limits() const
{
    foundry::rate_limits limits;
    limits.limit_requests = detail::parse_count(header("x-ratelimit-limit-requests"));
    limits.limit_tokens = detail::parse_count(header("x-ratelimit-limit-tokens"));
    limits.remaining_requests = detail::parse_count(header("x-ratelimit-remaining-requests"));
    limits.remaining_tokens = detail::parse_count(header("x-ratelimit-remaining-tokens"));
    limits.reset_requests = detail::parse_duration(header("x-ratelimit-reset-requests"));
    limits.reset_tokens = detail::parse_duration(header("x-ratelimit-reset-tokens"));
    if (!limits.reset_tokens) // a spelling that Azure has sent
        limits.reset_tokens = detail::parse_duration(header("x-rate-limit-reset-tokens"));
    return limits;
}

FOUNDRY_DECL std::optional<std::chrono::milliseconds> response_info::retry_after() const
{
    auto const text = header("retry-after");
    auto longest = detail::parse_wait(text, 1000);
    if (!longest)
        longest = detail::parse_wait_until(text, header("date"));
    for (std::string_view const name : {"retry-after-ms", "x-ms-retry-after-ms"})
        longest = (std::max)(longest, detail::parse_wait(header(name), 1)); // an empty optional is less than any wait
    return longest;
}

} // namespace foundry::inline FOUNDRY_ABI
