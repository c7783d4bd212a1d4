// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/event_rules.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <boost/describe/class.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

inline std::string_view trim_any(std::string_view text, std::string_view what)
{
    std::size_t const first = text.find_first_not_of(what);
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(what) - first + 1);
}

FOUNDRY_DECL bool is_one_of(std::span<std::string_view const> names, std::string_view name) noexcept
{
    for (std::string_view const one : names) {
        if (http::iequals(one, name))
            return true;
    }
    return false;
}

FOUNDRY_DECL bool is_end_marker(std::string_view data) noexcept
{
    return data.size() < 32 && http::iequals(trim_any(data, " \t\""), "[DONE]");
}

FOUNDRY_DECL bool is_bare_end_marker(std::string_view data) noexcept
{
    return data.size() < 32 && http::iequals(trim_any(data, " \t\""), "DONE");
}

FOUNDRY_DECL bool is_keep_alive_name(std::string_view type) noexcept
{
    static constexpr std::string_view names[] = {"ping", "keepalive", "keep-alive", "keep_alive", "heartbeat"};
    return is_one_of(names, type);
}

FOUNDRY_DECL bool is_keep_alive(http::event const& e) noexcept
{
    static constexpr std::string_view nothing[] = {"", "null", "\"\"", "[]", "{}", "ping", "\"ping\""};
    return is_keep_alive_name(e.type) ||
           (e.type != "error" && e.data.size() < 32 && is_one_of(nothing, trim_any(e.data, " \t")));
}

/// What is read of an event to know its type.
struct typed_event
{
    typed_event() = default;

    std::string type;
};
BOOST_DESCRIBE_STRUCT(typed_event, (), (type))

FOUNDRY_DECL std::string type_of_event(http::event const& e)
{
    if (e.type == "message" && e.data.find("\"type\"") != e.data.npos) {
        typed_event named;
        if (json::reader{}.read(named, e.data) && !named.type.empty())
            return std::move(named.type);
    }
    return std::string(e.type);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
