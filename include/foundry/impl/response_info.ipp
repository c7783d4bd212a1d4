// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/time_text.hpp>
#include <foundry/response_info.hpp>

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// No wait is reported as longer than a year, so that it can be added to the time of any clock.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours{365 * 24};

inline std::chrono::milliseconds to_wait(double milliseconds)
{
    auto const most = static_cast<double>(longest_wait.count());
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::clamp(milliseconds, 0.0, most) + 0.5)};
}

/// Takes digits, with or without a fraction, from the front of the text. Too many of them make infinity, which is
/// harmless.
inline std::optional<double> take_decimal(std::string_view& text)
{
    if (text.empty() || !is_digit(text.front()))
        return {};
    double value = 0;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
        value = value * 10 + (text.front() - '0');
    if (!text.starts_with('.'))
        return value;
    text.remove_prefix(1);
    for (double weight = 0.1; !text.empty() && is_digit(text.front()); text.remove_prefix(1), weight /= 10)
        value += weight * (text.front() - '0');
    return value;
}

/// A number and nothing else.
inline std::optional<std::chrono::milliseconds> parse_wait(std::string_view text, double milliseconds_each)
{
    auto const number = take_decimal(text);
    if (!number || !text.empty())
        return {};
    return to_wait(*number * milliseconds_each);
}

/// The length of a unit in milliseconds; 0 where there is no such unit.
inline double unit_length(std::string_view unit)
{
    constexpr std::pair<std::string_view, double> units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}};
    for (auto const& [name, length] : units) {
        if (name == unit)
            return length;
    }
    return 0;
}

/// `17ms`, `1.5s`, `1h2m`, or a plain number of seconds.
inline std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    if (auto const plain = parse_wait(text, 1000))
        return plain;
    double total = 0;
    do {
        auto const number = take_decimal(text);
        auto const unit = text.substr(0, text.find_first_of("0123456789"));
        auto const length = unit_length(unit);
        if (!number || length == 0)
            return {};
        total += *number * length;
        text.remove_prefix(unit.size());
    } while (!text.empty());
    return to_wait(total);
}

/// A count of something; nothing where it is negative or not a whole number.
inline std::optional<std::int64_t> parse_count(std::string_view text)
{
    std::optional<std::uint64_t> const count = whole_number(text, 10);
    if (!count || *count > INT64_MAX)
        return {};
    return static_cast<std::int64_t>(*count);
}

/// How long to wait until `then`. The answer's own `Date` is the better "now": the clock of this machine may be wrong.
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
    if (!limits.reset_tokens) // Azure has sent it with a hyphen too many
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
        longest = std::max(longest, detail::parse_wait(header(name), 1)); // nothing is less than any wait
    return longest;
}

} // namespace foundry::inline FOUNDRY_ABI
