// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/entra/detail/time_text.hpp>
#include <foundry/impl/response_info.ipp>

#include <cstdio>
#include <ctime>
#include <string>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// The fields of a date and time without a zone, and what stands behind them.
struct civil_time
{
    std::tm fields{};
    std::string_view rest;
};

inline std::optional<civil_time> take_civil_time(std::string_view text)
{
    constexpr std::size_t length = 19;
    std::string const lead(text.substr(0, length));
    civil_time t;
    std::tm& f = t.fields;
    bool const year_first = foundry::detail::looks_like(lead, "9999-99-99 99:99:99") ||
                            foundry::detail::looks_like(lead, "9999-99-99T99:99:99");
    if (year_first)
        std::sscanf(lead.c_str(), "%4d-%2d-%2d%*c%2d:%2d:%2d", &f.tm_year, &f.tm_mon, &f.tm_mday, &f.tm_hour, &f.tm_min,
                    &f.tm_sec);
    else if (foundry::detail::looks_like(lead, "99/99/9999 99:99:99"))
        std::sscanf(lead.c_str(), "%2d/%2d/%4d %2d:%2d:%2d", &f.tm_mon, &f.tm_mday, &f.tm_year, &f.tm_hour, &f.tm_min,
                    &f.tm_sec);
    else
        return std::nullopt;
    f.tm_year -= 1900;
    f.tm_mon -= 1;
    std::tm same = f;
    if (timegm(&same) == -1 || same.tm_mday != f.tm_mday || same.tm_mon != f.tm_mon || f.tm_hour > 23 ||
        f.tm_min > 59 || f.tm_sec > 60)
        return std::nullopt;
    t.rest = text.substr(length);
    if (t.rest.starts_with('.'))
        t.rest.remove_prefix(std::min(t.rest.find_first_not_of("0123456789", 1), t.rest.size()));
    return t;
}

/// How far the zone is ahead of UTC, in seconds.
inline std::optional<long> parse_offset(std::string_view text)
{
    if (text.empty() || text == "Z" || text == "z")
        return 0;
    if (text.starts_with(' '))
        text.remove_prefix(1);
    if (!foundry::detail::looks_like(text.substr(std::min<std::size_t>(text.size(), 1)), "99:99"))
        return std::nullopt;
    auto const two = [text](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    long const seconds = two(1) * 3600L + two(4) * 60L;
    if (text[0] == '+')
        return seconds;
    return text[0] == '-' ? std::optional<long>(-seconds) : std::nullopt;
}

FOUNDRY_DECL std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text)
{
    if (auto const date = foundry::detail::parse_http_date(text))
        return from_posix(*date);
    auto t = take_civil_time(text);
    auto const offset = t ? parse_offset(t->rest) : std::nullopt;
    if (!offset)
        return std::nullopt;
    return from_posix(timegm(&t->fields) - *offset);
}

FOUNDRY_DECL std::optional<std::chrono::system_clock::time_point> parse_local_time(std::string_view text)
{
    auto const t = take_civil_time(text);
    if (!t || !t->rest.empty())
        return std::nullopt;
    std::optional<std::time_t> earliest;
    for (int const summer : {-1, 0, 1}) {
        std::tm fields = t->fields;
        fields.tm_isdst = summer;
        std::time_t const at = std::mktime(&fields);
        bool const as_written = fields.tm_hour == t->fields.tm_hour && fields.tm_min == t->fields.tm_min;
        if (at != -1 && (as_written || summer == -1) && (!earliest || (as_written && at < *earliest)))
            earliest = at;
    }
    if (!earliest)
        return std::nullopt;
    return from_posix(*earliest);
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
