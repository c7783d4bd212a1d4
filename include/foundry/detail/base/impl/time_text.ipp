// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/time_text.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace detail {

/// Whether the text has the form of `picture`, in which '9' stands for any digit and 'A' for any letter.
inline bool looks_like(std::string_view text, std::string_view picture)
{
    if (text.size() != picture.size())
        return false;
    for (std::size_t i = 0; i != text.size(); ++i) {
        char const form = picture[i];
        if (form == '9' ? !is_digit(text[i]) : form == 'A' ? !is_alpha(text[i]) : text[i] != form)
            return false;
    }
    return true;
}

/// Seconds from 1970 to a date and time in UTC; empty if there is none such. A leap second counts as the next one.
inline std::optional<std::int64_t> to_posix(std::tm const& f)
{
    // Not timegm(), which Windows has in another name and for fewer years.
    std::chrono::year_month_day const day{std::chrono::year{f.tm_year + 1900},
                                          std::chrono::month{static_cast<unsigned>(f.tm_mon + 1)},
                                          std::chrono::day{static_cast<unsigned>(f.tm_mday)}};
    if (!day.ok() || f.tm_hour > 23 || f.tm_min > 59 || f.tm_sec > 60)
        return {};
    std::int64_t const days = std::chrono::sys_days{day}.time_since_epoch().count();
    return ((days * 24 + f.tm_hour) * 60 + f.tm_min) * 60 + f.tm_sec;
}

FOUNDRY_DECL std::optional<std::int64_t> parse_http_date(std::string_view text)
{
    std::string_view const zone = text.substr(std::min<std::size_t>(text.size(), 26));
    if (!looks_like(text.substr(0, 26), "AAA, 99 AAA 9999 99:99:99 ") ||
        (zone != "GMT" && zone != "UTC" && zone != "+0000"))
        return {};
    auto const number = [text](std::size_t at, std::size_t digits) {
        int value = 0;
        for (char const c : text.substr(at, digits))
            value = value * 10 + (c - '0');
        return value;
    };
    std::string_view const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    auto const month = months.find(text.substr(8, 3));
    if (month == std::string_view::npos || month % 3 != 0)
        return {};
    std::tm date{};
    date.tm_year = number(12, 4) - 1900;
    date.tm_mon = static_cast<int>(month / 3);
    date.tm_mday = number(5, 2);
    date.tm_hour = number(17, 2);
    date.tm_min = number(20, 2);
    date.tm_sec = number(23, 2);
    return to_posix(date);
}

} // namespace detail

namespace entra::detail {

/// The fields of a date and time without a zone, and the text after them.
struct civil_time
{
    std::tm fields{};
    std::string_view rest;
};

/// Converts `1/9/2026 1:00:00 AM`, the form of .NET, to `01/09/2026 01:00:00`; returns any other text unchanged.
inline std::string with_two_digits(std::string_view text)
{
    std::string out;
    std::string_view rest = text;
    int hour = -1;
    for (char const separator : std::string_view("// :: ")) {
        std::size_t const digits = (std::min)(rest.find_first_not_of("0123456789"), rest.size());
        if (digits == 0 || digits > 4 || (rest.size() == digits ? separator != ' ' : rest[digits] != separator))
            return std::string(text);
        int number = 0;
        for (char const c : rest.substr(0, digits))
            number = number * 10 + (c - '0');
        hour = separator == ':' && hour < 0 ? number : hour;
        out.append(digits == 1 ? "0" : "").append(rest.substr(0, digits));
        if (rest.size() != digits)
            out += separator;
        rest.remove_prefix(std::min(digits + 1, rest.size()));
    }
    bool const afternoon = rest.starts_with("PM");
    if (!afternoon && !rest.starts_with("AM"))
        return std::string(text);
    if (hour < 1 || hour > 12)
        return {};
    int const of_day = hour % 12 + (afternoon ? 12 : 0);
    out[11] = static_cast<char>('0' + of_day / 10);
    out[12] = static_cast<char>('0' + of_day % 10);
    out.resize(19);
    return out.append(rest.substr(2));
}

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
    if (!foundry::detail::to_posix(f))
        return std::nullopt;
    t.rest = text.substr(length);
    if (t.rest.starts_with('.'))
        t.rest.remove_prefix(std::min(t.rest.find_first_not_of("0123456789", 1), t.rest.size()));
    return t;
}

/// The offset of a zone in seconds; positive if the zone is ahead of UTC.
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
    std::string const same = with_two_digits(text);
    auto t = take_civil_time(same);
    auto const offset = t ? parse_offset(t->rest) : std::nullopt;
    if (!offset)
        return std::nullopt;
    return from_posix(*foundry::detail::to_posix(t->fields) - *offset);
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

} // namespace entra::detail
} // namespace foundry::inline FOUNDRY_ABI
