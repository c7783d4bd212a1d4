// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Dates, ends of tokens and waits, in all spellings: refused, or the time that the calendar of <chrono> says.

#include "fuzz.hpp"

#include <foundry/detail/base/time_text.hpp>
#include <foundry/response_info.hpp>

#include <chrono>
#include <cstdio>
#include <optional>

using foundry_fuzz::check;
using namespace std::chrono;
using foundry::entra::detail::parse_local_time;
using foundry::entra::detail::parse_time;

namespace {

/// A date and a time, mostly of those that there are.
struct civil
{
    explicit civil(foundry_fuzz::choices& from)
        : year(static_cast<int>(1970 + from.below(60))),
          month(static_cast<unsigned>(from.below(13))),
          day(static_cast<unsigned>(from.below(32))),
          hour(static_cast<unsigned>(from.below(25))),
          minute(static_cast<unsigned>(from.below(60))),
          second(static_cast<unsigned>(from.below(60)))
    {}

    std::optional<system_clock::time_point> time() const
    {
        year_month_day const date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
        if (!date.ok() || hour > 23)
            return std::nullopt;
        return sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
    }

    /// As a picture has it; each number with its width.
    std::string print(char const* picture, bool date_first) const
    {
        char text[80];
        int const y = year, m = static_cast<int>(month), d = static_cast<int>(day);
        std::snprintf(text, sizeof text, picture, date_first ? y : m, date_first ? m : d, date_first ? d : y, hour,
                      minute, second);
        return text;
    }

    int year;
    unsigned month, day, hour, minute, second;
};

void check_time(std::string const& text, std::optional<system_clock::time_point> const& right)
{
    auto const read = parse_time(text);
    check(read == right, "the time", text, read ? std::to_string(system_clock::to_time_t(*read)) : "none");
}

void check_waits(std::string_view text)
{
    foundry::response_headers fields{{"retry-after", text},
                                     {"retry-after-ms", text.substr(text.size() / 2)},
                                     {"date", text.substr(0, 29)},
                                     {"x-ratelimit-reset-requests", text},
                                     {"x-ratelimit-limit-tokens", text}};
    foundry::response_info const info(429, fields, "");
    auto const limits = info.rate_limits();
    for (auto const& wait : {info.retry_after(), limits.reset_requests, limits.reset_tokens})
        check(!wait || (wait->count() >= 0 && *wait <= hours{365 * 24}), "a wait", text);
    check(!limits.limit_tokens || *limits.limit_tokens >= 0, "a count", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    std::vector<char> const exact(in.text.begin(), in.text.end());
    std::string_view const text = foundry_fuzz::view(exact);
    check_waits(text);
    parse_local_time(text);
    if (auto const at = parse_time(text)) {
        char again[80];
        std::time_t const t = system_clock::to_time_t(*at);
        std::tm const* const fields = std::gmtime(&t);
        if (fields->tm_year >= -1900 && fields->tm_year <= 8099 &&
            std::strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", fields) == 20)
            check_time(again, at);
    }

    foundry_fuzz::choices from(text);
    civil const c(from);
    check_time(c.print("%04d-%02d-%02dT%02u:%02u:%02uZ", true), c.time());
    check_time(c.print("%04d-%02d-%02d %02u:%02u:%02u.123456", true), c.time());
    check_time(c.print("%02d/%02d/%04d %02u:%02u:%02u +00:00", false), c.time());
    auto const earlier = c.time() ? std::optional(*c.time() - minutes{330}) : std::nullopt;
    check_time(c.print("%04d-%02d-%02dT%02u:%02u:%02u+05:30", true), earlier);
    static constexpr char const* months[] = {"Foo", "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char date[40];
    std::snprintf(date, sizeof date, "Sun, %02u %s %04d %02u:%02u:%02u GMT", c.day, months[c.month], c.year, c.hour,
                  c.minute, c.second);
    check_time(date, c.time());
    return 0;
}
